#include "http/transfer.h"

#include "base/list.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SENDERS = 2,
    SLICE_BYTES = 1024 * 1024, /* of one transfer before the next one's turn */
    EVENTS_MAX = 64,
};

struct http_transfer {
    struct list link; /* its sender's: incoming, or ready; in none while it waits for the client */
    struct sender *sender;
    int socket; /* a duplicate; closed on the loop */
    uint64_t left;
    atomic_uint_fast64_t sent;
    struct http_pieces pieces;
    struct http_piece piece;
    int error;
    bool abandoned; /* the loop's */
    http_transfer_fn *done;
    void *ctx;
};

struct sender {
    struct http_transfers *transfers;
    pthread_t thread;
    int poll;
    int wake;
    size_t count; /* the loop's */
    struct list ready;
    pthread_mutex_t lock; /* guards the rest */
    struct list incoming;
    bool stop;
};

struct http_transfers {
    struct loop *loop;
    struct sender senders[SENDERS];
    size_t running; /* of the senders, the first ones */
    size_t count;
    loop_fn *ended;
    void *ctx;
};

/* --- Sending, on a sender's thread --- */

static bool open_next(struct http_transfer *t)
{
    fd_close_p(&t->piece.fd);
    t->piece.fd = -1;
    return t->pieces.next(t->pieces.ctx, &t->piece);
}

enum step { STEP_SENT, STEP_WAIT, STEP_END };

static enum step fail(struct http_transfer *t, int error)
{
    t->error = error ? error : ENODATA;
    return STEP_END;
}

static enum step send_some(struct http_transfer *t, size_t max, size_t *ret_n)
{
    errno = 0;
    while (t->piece.length == 0)
        if (!open_next(t))
            return fail(t, errno);
    size_t n = t->piece.length < max ? (size_t)t->piece.length : max;
    off_t at = (off_t)t->piece.offset;
    ssize_t sent = sendfile(t->socket, t->piece.fd, &at, n < t->left ? n : (size_t)t->left);
    if (sent < 0 && errno == EINTR)
        return STEP_SENT;
    if (sent < 0)
        return errno == EAGAIN ? STEP_WAIT : fail(t, errno);
    if (sent == 0)
        return fail(t, ENODATA);
    *ret_n = (size_t)sent;
    return STEP_SENT;
}

/* Sends until the slice is used up, the client has to take what it was sent, or the end. */
static enum step send_slice(struct http_transfer *t)
{
    for (size_t room = SLICE_BYTES; room && t->left;) {
        size_t n = 0;
        enum step step = send_some(t, room, &n);
        if (step != STEP_SENT)
            return step;
        t->piece.offset += n;
        t->piece.length -= n;
        t->left -= n;
        room -= n;
        atomic_fetch_add_explicit(&t->sent, n, memory_order_relaxed);
    }
    return t->left ? STEP_SENT : STEP_END;
}

static void on_ended(void *ctx)
{
    struct http_transfer *t = ctx;
    struct http_transfers *ts = t->sender->transfers;
    close(t->socket);
    t->sender->count--;
    ts->count--;
    t->pieces.done(t->pieces.ctx);
    if (!t->abandoned)
        t->done(t->ctx, t->error);
    free(t);
    ts->ended(ts->ctx);
}

static void end(struct http_transfer *t)
{
    list_remove(&t->link);
    epoll_ctl(t->sender->poll, EPOLL_CTL_DEL, t->socket, NULL);
    fd_close_p(&t->piece.fd);
    loop_post(t->sender->transfers->loop, on_ended, t);
}

static void send_ready(struct sender *s)
{
    LIST_EACH_SAFE(link, &s->ready) {
        struct http_transfer *t = CONTAINER_OF(link, struct http_transfer, link);
        switch (send_slice(t)) {
        case STEP_SENT: break;
        case STEP_WAIT: list_remove(&t->link); break;
        case STEP_END: end(t); break;
        }
    }
}

static void admit(struct sender *s, struct http_transfer *t)
{
    struct epoll_event e = {.events = EPOLLOUT | EPOLLET, .data.ptr = t};
    list_append(&s->ready, &t->link);
    if (epoll_ctl(s->poll, EPOLL_CTL_ADD, t->socket, &e) == 0)
        return;
    t->error = errno;
    end(t);
}

/* False: the thread is to end. */
static bool take_incoming(struct sender *s)
{
    uint64_t count;
    struct list arrived;
    list_init(&arrived);
    if (read(s->wake, &count, sizeof count) < 0 && errno != EAGAIN)
        return true;
    pthread_mutex_lock(&s->lock);
    for (struct list *first; (first = list_first(&s->incoming));) {
        list_remove(first);
        list_append(&arrived, first);
    }
    bool stop = s->stop;
    pthread_mutex_unlock(&s->lock);
    for (struct list *first; (first = list_first(&arrived));) {
        list_remove(first);
        admit(s, CONTAINER_OF(first, struct http_transfer, link));
    }
    return !stop;
}

static void mark_ready(struct sender *s, struct http_transfer *t)
{
    list_remove(&t->link);
    list_append(&s->ready, &t->link);
}

static void *run(void *ctx)
{
    struct sender *s = ctx;
    struct epoll_event events[EVENTS_MAX];
    for (bool more = true; more;) {
        int n = epoll_wait(s->poll, events, EVENTS_MAX, list_empty(&s->ready) ? -1 : 0);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                mark_ready(s, events[i].data.ptr);
            else
                more = take_incoming(s);
        }
        send_ready(s);
    }
    return NULL;
}

/* --- Threads --- */

struct http_transfers *http_transfers_new(struct loop *l, loop_fn *ended, void *ctx)
{
    struct http_transfers *ts = mem_new(sizeof *ts);
    ts->loop = l;
    ts->ended = ended;
    ts->ctx = ctx;
    return ts;
}

/* False: the process has no descriptor or thread left. */
static bool start_sender(struct http_transfers *ts, struct sender *s)
{
    struct epoll_event e = {.events = EPOLLIN};
    s->transfers = ts;
    list_init(&s->ready);
    list_init(&s->incoming);
    s->poll = epoll_create1(EPOLL_CLOEXEC);
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&s->lock, NULL);
    if (s->poll >= 0 && s->wake >= 0 && epoll_ctl(s->poll, EPOLL_CTL_ADD, s->wake, &e) == 0 &&
        pthread_create(&s->thread, NULL, run, s) == 0) {
        pthread_setname_np(s->thread, "http-sender");
        return true;
    }
    pthread_mutex_destroy(&s->lock);
    fd_close_p(&s->poll);
    fd_close_p(&s->wake);
    return false;
}

/* Signals are the main thread's. */
static void start_senders(struct http_transfers *ts)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (ts->running < SENDERS && start_sender(ts, &ts->senders[ts->running]))
        ts->running++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void wake(struct sender *s)
{
    const uint64_t one = 1;
    ssize_t n = write(s->wake, &one, sizeof one);
    (void)n; /* a counter that is full wakes it as well */
}

static void stop_sender(struct sender *s)
{
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_mutex_unlock(&s->lock);
    wake(s);
    pthread_join(s->thread, NULL);
    pthread_mutex_destroy(&s->lock);
    close(s->poll);
    close(s->wake);
}

void http_transfers_free(struct http_transfers *ts)
{
    if (!ts)
        return;
    REQUIRE(ts->count == 0);
    for (size_t i = 0; i < ts->running; i++)
        stop_sender(&ts->senders[i]);
    free(ts);
}

size_t http_transfers_count(const struct http_transfers *ts)
{
    return ts->count;
}

/* --- One transfer, on the loop --- */

static struct sender *least_busy(struct http_transfers *ts)
{
    struct sender *least = &ts->senders[0];
    for (size_t i = 1; i < ts->running; i++)
        if (ts->senders[i].count < least->count)
            least = &ts->senders[i];
    return least;
}

static void hand_over(struct sender *s, struct http_transfer *t)
{
    s->count++;
    s->transfers->count++;
    pthread_mutex_lock(&s->lock);
    list_append(&s->incoming, &t->link);
    pthread_mutex_unlock(&s->lock);
    wake(s);
}

struct http_transfer *http_transfer_start(struct http_transfers *ts, int socket, uint64_t length,
                                          const struct http_pieces *pieces, http_transfer_fn *done, void *ctx)
{
    int own = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return NULL;
    if (ts->running < SENDERS)
        start_senders(ts);
    if (!ts->running) {
        close(own);
        return NULL;
    }
    struct http_transfer *t = mem_new(sizeof *t);
    t->sender = least_busy(ts);
    t->socket = own;
    t->left = length;
    t->pieces = *pieces;
    t->piece.fd = -1;
    t->done = done;
    t->ctx = ctx;
    hand_over(t->sender, t);
    return t;
}

uint64_t http_transfer_sent(const struct http_transfer *t)
{
    return atomic_load_explicit(&t->sent, memory_order_relaxed);
}

void http_transfer_abandon(struct http_transfer *t)
{
    t->abandoned = true;
    shutdown(t->socket, SHUT_RDWR); /* the sender finds it broken */
}
