/* Numbers as people read them. */
#pragma once

#include <stdint.h>

enum { WORDS_MAX = 48 };

/* "512 MiB", "2.5 GiB". */
void words_bytes(int64_t bytes, char ret[WORDS_MAX]);
/* "45 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
void words_duration(int64_t seconds, char ret[WORDS_MAX]);
