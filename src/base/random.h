/* Randomness from the kernel. From any thread; a process must not go on using it after a fork without an
 * exec, as both sides would draw the same bytes. */
#pragma once

#include "base/str.h"

enum { UUID_TEXT_LEN = 36 };

void random_bytes(void *p, size_t n);
/* A random UUID (version 4), lower case, terminated by NUL. */
void random_uuid(char ret[UUID_TEXT_LEN + 1]);
/* `n` characters of the alphabet, terminated by NUL; ret has n + 1 bytes. */
void random_text(char *ret, size_t n, const char *alphabet);
/* 8-4-4-4-12 lower-case hexadecimal. */
bool uuid_valid(struct str s);
