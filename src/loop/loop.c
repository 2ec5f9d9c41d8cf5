#include "loop/loop.h"

#include "base/mem.h"

#include <pthread.h>
#include <signal.h>

struct post {
    struct post *next;
    loop_fn *fn;
    void *ctx;
};

struct loop {
    uv_loop_t uv;
    uv_timer_t timer;
    uv_async_t wake;
    struct timers timers;
    pthread_mutex_t lock; /* guards the posts */
    struct post *first;
    struct post **last;
    unsigned works; /* on the pool, or done and not told */
};

struct work {
    uv_work_t uv;
    struct loop *loop;
    loop_fn *work;
    loop_fn *done;
    void *ctx;
};

static void on_timer(uv_timer_t *t)
{
    struct loop *l = t->data;
    timers_run_due(&l->timers);
}

static void rearm(struct timers *ts)
{
    struct loop *l = ts->rearm_ctx;
    int64_t ms = timers_next_ms(ts);
    if (ms < 0) {
        uv_timer_stop(&l->timer);
        return;
    }
    uv_update_time(&l->uv);
    uv_timer_start(&l->timer, on_timer, (uint64_t)ms, 0);
}

static struct post *take_posts(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct post *list = l->first;
    l->first = NULL;
    l->last = &l->first;
    pthread_mutex_unlock(&l->lock);
    return list;
}

static void on_wake(uv_async_t *a)
{
    struct loop *l = a->data;
    for (struct post *p = take_posts(l), *next; p; p = next) {
        next = p->next;
        p->fn(p->ctx);
        free(p);
    }
}

struct loop *loop_new(void)
{
    struct loop *l = mem_new(sizeof *l);
    signal(SIGPIPE, SIG_IGN); /* libuv writes without MSG_NOSIGNAL */
    REQUIRE(uv_loop_init(&l->uv) == 0);
    REQUIRE(uv_timer_init(&l->uv, &l->timer) == 0);
    REQUIRE(uv_async_init(&l->uv, &l->wake, on_wake) == 0);
    l->timer.data = l->wake.data = l;
    l->last = &l->first;
    pthread_mutex_init(&l->lock, NULL);
    timers_init(&l->timers, &clock_system);
    l->timers.rearm = rearm;
    l->timers.rearm_ctx = l;
    return l;
}

void loop_free(struct loop *l)
{
    uv_close((uv_handle_t *)&l->timer, NULL);
    uv_close((uv_handle_t *)&l->wake, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    uv_loop_close(&l->uv);
    for (struct post *p = take_posts(l), *next; p; p = next) {
        next = p->next;
        free(p);
    }
    timers_done(&l->timers);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

uv_loop_t *loop_uv(struct loop *l)
{
    return &l->uv;
}

struct timers *loop_timers(struct loop *l)
{
    return &l->timers;
}

void loop_run(struct loop *l)
{
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *l)
{
    uv_stop(&l->uv);
}

void loop_post(struct loop *l, loop_fn *fn, void *ctx)
{
    struct post *p = mem_new(sizeof *p);
    *p = (struct post){NULL, fn, ctx};
    pthread_mutex_lock(&l->lock);
    *l->last = p;
    l->last = &p->next;
    pthread_mutex_unlock(&l->lock);
    uv_async_send(&l->wake);
}

static void run_work(uv_work_t *uv)
{
    struct work *w = CONTAINER_OF(uv, struct work, uv);
    w->work(w->ctx);
}

static void end_work(uv_work_t *uv, int status)
{
    struct work *w = CONTAINER_OF(uv, struct work, uv);
    (void)status;
    w->loop->works--;
    w->done(w->ctx);
    free(w);
}

void loop_work(struct loop *l, loop_fn *work, loop_fn *done, void *ctx)
{
    struct work *w = mem_new(sizeof *w);
    w->loop = l;
    w->work = work;
    w->done = done;
    w->ctx = ctx;
    l->works++;
    REQUIRE(uv_queue_work(&l->uv, &w->uv, run_work, end_work) == 0);
}

void loop_finish_work(struct loop *l)
{
    while (l->works)
        uv_run(&l->uv, UV_RUN_ONCE);
}
