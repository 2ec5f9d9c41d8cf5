/* Reading JSON: jansson behind a few strict helpers. Duplicate keys, invalid UTF-8, trailing bytes and
 * nesting over the library's depth are refused. `json_t` is jansson's; `json_auto_t` releases it at the end
 * of the scope. */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* NULL with ERR_SERIALIZATION on failure. The caller owns the reference. U+0000 in strings is allowed. */
json_t *json_parse(struct str text, struct err *err) MUST_CHECK;

/* At least as many values as the text can have, found without parsing it. */
size_t json_count(struct str text);

/* Members of an object; views live as long as the object. Absent, null or of another type gives STR_NULL /
 * fallback. */
struct str json_member_str(const json_t *object, const char *key);
int64_t json_member_int(const json_t *object, const char *key, int64_t fallback);
bool json_member_bool(const json_t *object, const char *key, bool fallback);
/* A string value's bytes. */
struct str json_text(const json_t *value);
