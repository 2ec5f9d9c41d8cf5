#include "shim/program/shim.h"

#include "base/utf8.h"

#include <errno.h>
#include <unistd.h>

enum { LOG_READ_BYTES = 32 * 1024 };

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

void shim_log_pipe(struct watch *w, uint32_t events)
{
    (void)events;
    struct shim *s = w->ctx;
    char bytes[LOG_READ_BYTES];
    ssize_t n = read(w->fd, bytes, sizeof bytes);
    if (n > 0)
        logfile_write(&s->log, str_of(bytes, (size_t)n));
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        watch_close(w);
}
