/* What listings of keys share: where a scan begins, and how keys roll up. */
#pragma once

#include "base/arena.h"

struct str str_with_byte(struct arena *a, struct str s, unsigned char byte);
/* The least key above all that begin with `prefix`; absent if there is none. */
struct str key_after_prefix(struct arena *a, struct str prefix);
/* The part of the key up to the first delimiter behind the asked prefix; absent if there is none. */
struct str key_common_prefix(struct str prefix, struct str delimiter, struct str key);
