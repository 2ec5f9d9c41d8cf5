/* Hexadecimal, base64 and percent encoding. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* Lower-case hexadecimal; `ret` has 2 * n + 1 bytes and is terminated. */
void hex_encode(const void *p, size_t n, char *ret);
/* Of a digit of either case; -1 if it is none. */
int hex_value(char c);
/* Exactly `n` bytes from 2 * n hexadecimal digits of either case. */
bool hex_decode(struct str s, void *ret, size_t n);

/* Base64 with padding, as in headers. */
void base64_add(struct buf *b, const void *p, size_t n);
/* Strict decoding with padding: one text for each value. False when malformed or larger than `max`; `ret` may
 * have been written to then. */
bool base64_decode(struct str s, void *ret, size_t max, size_t *ret_n);

/* AWS's URI encoding: all but A-Z a-z 0-9 - . _ ~ as %XX; '/' is kept if `keep_slash`. */
void uri_encode_add(struct buf *b, struct str s, bool keep_slash);
/* Decodes %XX (and '+' as a space if `plus`). False when malformed. The result lies in the arena. */
bool uri_decode(struct arena *a, struct str s, bool plus, struct str *ret);
