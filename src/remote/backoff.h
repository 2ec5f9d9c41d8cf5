/* How long to wait before a request is sent again: full jitter, as in "Exponential Backoff and Jitter" of the
 * AWS Architecture Blog. Many clients of a store that comes back do not come at once. */
#pragma once

#include <stdint.h>

/* Evenly in [0, min(most_ms, first_ms * 2^attempt)]; `random` is any 32 bits. `attempt` counts from 0. */
int64_t backoff_ms(int64_t first_ms, int64_t most_ms, unsigned attempt, uint32_t random);
