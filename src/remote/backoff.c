#include "remote/backoff.h"

int64_t backoff_ms(int64_t first_ms, int64_t most_ms, unsigned attempt, uint32_t random)
{
    int64_t bound = first_ms;
    while (attempt-- > 0 && bound < most_ms)
        bound *= 2;
    if (bound > most_ms)
        bound = most_ms;
    return bound > 0 ? (int64_t)((uint64_t)random % ((uint64_t)bound + 1)) : 0;
}
