#include "shim/program/spool.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

enum { READ_STEP_BYTES = 64 * 1024 };

void spool_init(struct spool *s)
{
    *s = (struct spool){.watch.fd = -1, .file = -1};
}

static void store(struct spool *s, struct str bytes)
{
    int64_t room = s->max_bytes - s->size;
    if ((int64_t)bytes.n > room) {
        s->truncated = true;
        bytes = str_sub(bytes, 0, (size_t)room);
    }
    while (bytes.n > 0) {
        ssize_t n = write(s->file, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) { /* a full disk: what is there stays, the rest is dropped */
            s->truncated = true;
            s->max_bytes = s->size;
            return;
        }
        s->size += n;
        bytes = str_sub(bytes, (size_t)n, bytes.n);
    }
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

int spool_open(struct spool *s, struct reactor *r, int folder, const char *name, int64_t max_bytes,
               int *ret_write_end, struct err *err)
{
    spool_init(s);
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

void spool_finish(struct spool *s)
{
    int waiting = 0;
    if (s->watch.fd >= 0)
        ioctl(s->watch.fd, FIONREAD, &waiting);
    while (s->watch.fd >= 0 && waiting > 0) {
        ssize_t n = take(s, (size_t)waiting);
        if (n <= 0)
            break;
        waiting -= (int)n;
    }
    if (s->file >= 0)
        close(s->file);
    s->file = -1;
}

void spool_close(struct spool *s)
{
    watch_close(&s->watch);
    if (s->file >= 0)
        close(s->file);
    s->file = -1;
}
