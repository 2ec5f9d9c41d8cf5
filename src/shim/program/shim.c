#include "shim/program/shim.h"

#include "base/utf8.h"

int64_t shim_now_ms(const struct shim *s)
{
    return clock_mono_ms(s->reactor.timers.clock);
}

void shim_copy_text(char *to, size_t size, struct str text)
{
    struct str fit = text.n < size ? text : str_sub(text, 0, utf8_floor(str_sub(text, 0, size - 1)));
    memcpy(to, fit.p ? fit.p : "", fit.n);
    to[fit.n] = '\0';
}
