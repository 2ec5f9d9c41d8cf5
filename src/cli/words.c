#include "cli/words.h"

#include "base/mem.h"

#include <stdio.h>

void words_bytes(int64_t bytes, char ret[WORDS_MAX])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
        value /= 1024;
        unit++;
    }
    snprintf(ret, WORDS_MAX, value == (double)(int64_t)value ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

void words_duration(int64_t seconds, char ret[WORDS_MAX])
{
    long long s = seconds < 0 ? 0 : seconds;
    if (s < 60)
        snprintf(ret, WORDS_MAX, "%lld s", s);
    else if (s < 3600)
        snprintf(ret, WORDS_MAX, "%lld min %lld s", s / 60, s % 60);
    else if (s < 86400)
        snprintf(ret, WORDS_MAX, "%lld h %lld min", s / 3600, s / 60 % 60);
    else
        snprintf(ret, WORDS_MAX, "%lld d %lld h", s / 86400, s / 3600 % 24);
}
