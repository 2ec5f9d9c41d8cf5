#include "shim/program/spool.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

enum { READ_STEP_BYTES = 64 * 1024, RETRY_MS = 100 };

void spool_init(struct spool *s)
{
    *s = (struct spool){.watch.fd = -1, .file = -1, .left = INT64_MAX, .patience_ms = SPOOL_PATIENCE_MS};
    buf_init(&s->held, READ_STEP_BYTES);
}

static int64_t now_ms(const struct spool *s)
{
    return clock_mono_ms(s->reactor->timers.clock);
}

/* 0, or errno; `*bytes` is then what is left. */
static int write_file(struct spool *s, struct str *bytes)
{
    while (bytes->n > 0) {
        ssize_t n = write(s->file, bytes->p, bytes->n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : ENOSPC;
        s->size += n;
        *bytes = str_sub(*bytes, (size_t)n, bytes->n);
    }
    return 0;
}

static void on_retry(struct timer *t);

/* True: the bytes are kept until there is room. */
static bool hold(struct spool *s, struct str bytes, int failure)
{
    if (!errno_is_no_space(failure) || s->patience_ms == 0)
        return false;
    s->held_until_ms = now_ms(s) + s->patience_ms;
    buf_add_str(&s->held, bytes);
    watch_pause(s->reactor, &s->watch);
    timer_start(&s->reactor->timers, &s->retry, RETRY_MS, on_retry, s);
    return true;
}

static void give_up(struct spool *s, int failure)
{
    s->truncated = true;
    s->failure = failure;
}

static void store(struct spool *s, struct str bytes)
{
    if (s->failure)
        return;
    int64_t room = s->max_bytes - s->size;
    if ((int64_t)bytes.n > room) {
        s->truncated = true;
        bytes = str_sub(bytes, 0, (size_t)room);
    }
    int failure = write_file(s, &bytes);
    if (failure && !hold(s, bytes, failure))
        give_up(s, failure);
}

/* Reads once, at most `limit` bytes; what read(2) returned. */
static ssize_t take(struct spool *s, size_t limit)
{
    static char bytes[READ_STEP_BYTES];
    ssize_t n = read(s->watch.fd, bytes, limit < sizeof bytes ? limit : sizeof bytes);
    if (n > 0)
        store(s, str_of(bytes, (size_t)n));
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        watch_close(&s->watch);
    return n;
}

static void on_event(struct watch *w, uint32_t events)
{
    (void)events;
    take(w->ctx, SIZE_MAX);
}

static void close_file(struct spool *s)
{
    if (s->file >= 0)
        close(s->file);
    s->file = -1;
}

/* What is left of a spool that finishes; false: it waits for room. */
static bool take_rest(struct spool *s)
{
    while (s->watch.fd >= 0 && s->held.n == 0 && s->left > 0) {
        ssize_t n = take(s, (size_t)s->left);
        if (n <= 0)
            break;
        s->left -= n;
    }
    if (s->held.n > 0)
        return false;
    close_file(s);
    return true;
}

/* Nothing is held any more. */
static void go_on(struct spool *s)
{
    buf_clear(&s->held);
    if (!s->finished)
        watch_resume(s->reactor, &s->watch);
    else if (take_rest(s))
        s->finished(s->ctx);
}

static void on_retry(struct timer *t)
{
    struct spool *s = t->ctx;
    struct str bytes = buf_str(&s->held);
    int failure = write_file(s, &bytes);
    if (failure && now_ms(s) < s->held_until_ms) {
        buf_consume(&s->held, s->held.n - bytes.n);
        timer_start(&s->reactor->timers, t, RETRY_MS, on_retry, s);
        return;
    }
    if (failure)
        give_up(s, failure);
    go_on(s);
}

int spool_open(struct spool *s, struct reactor *r, int folder, const char *name, int64_t max_bytes,
               int *ret_write_end, struct err *err)
{
    spool_init(s);
    s->reactor = r;
    s->max_bytes = max_bytes;
    s->file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->file < 0)
        return err_set_errno(err, errno, "The file for a calculation's %s cannot be made", name);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set_errno(err, errno, "The pipe for a calculation's %s cannot be made", name);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    watch_open(r, &s->watch, ends[0], EPOLLIN, on_event, s);
    *ret_write_end = ends[1];
    return 0;
}

bool spool_finish(struct spool *s, spool_fn *finished, void *ctx)
{
    int waiting = 0;
    if (s->watch.fd >= 0) {
        ioctl(s->watch.fd, FIONREAD, &waiting);
        watch_pause(s->reactor, &s->watch);
    }
    s->left = waiting;
    s->finished = finished;
    s->ctx = ctx;
    return take_rest(s);
}

void spool_hurry(struct spool *s)
{
    s->patience_ms = 0;
    if (!timer_active(&s->retry))
        return;
    s->held_until_ms = now_ms(s);
    timer_stop(&s->reactor->timers, &s->retry);
    on_retry(&s->retry);
}

void spool_close(struct spool *s)
{
    if (s->reactor)
        timer_stop(&s->reactor->timers, &s->retry);
    watch_close(&s->watch);
    close_file(s);
    buf_done(&s->held);
}
