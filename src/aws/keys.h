/* The server's view of the access keys: a table in memory that follows DIR/keys.json. The file is looked at
 * once a second at most, and at once when a key is unknown or disabled: a new key works immediately, a
 * disabled one ends within a second. Loop thread. */
#pragma once

#include "aws/key_file.h"
#include "aws/sigv4.h"
#include "base/clock.h"

struct keys;

/* Loads DIR/keys.json. `clock` must outlive the table. NULL with a sentence on failure. */
struct keys *keys_open(const char *dir, const struct clock *clock, struct err *err) MUST_CHECK;
void keys_free(struct keys *k); /* zeroes the secrets; NULL is allowed */
/* Reads the file again now, for SIGHUP. On failure the keys stay as they were. */
int keys_reload(struct keys *k, struct err *err) MUST_CHECK;

/* The active key that a request without a session token claims. ERR_UNRECOGNIZED_CLIENT if it is unknown or
 * disabled. The key is valid until the next call of any function of the table. */
const struct access_key *keys_find(struct keys *k, enum sigv4_style style, const struct sigv4_auth *auth,
                                   struct err *err) MUST_CHECK;
