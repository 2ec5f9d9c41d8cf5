/* UTF-8. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/* Well-formed UTF-8 (no surrogates, no overlong forms, nothing above U+10FFFF). */
bool utf8_valid(struct str s);
/* Code points of well-formed UTF-8. AWS counts lengths so. */
size_t utf8_count(struct str s);
/* The longest prefix length that does not end inside a character. */
size_t utf8_floor(struct str s);
/* Appends `s` with every invalid byte replaced by U+FFFD. */
void utf8_add_valid(struct buf *b, struct str s);
/* Length of the well-formed character at the start of `s` (1 to 4), or 0. */
size_t utf8_char(struct str s, uint32_t *ret_code_point);
