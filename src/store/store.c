#include "store/backend.h"

static void finish_all(struct list *jobs)
{
    LIST_EACH_SAFE(node, jobs) {
        struct job *j = CONTAINER_OF(node, struct job, link);
        list_remove(node);
        j->finish(j);
    }
}

static void on_wake(uv_async_t *wake)
{
    struct answers *a = wake->data;
    struct list jobs;
    if (queue_poll(&a->queue, &jobs))
        finish_all(&jobs);
}

static void wake_loop(void *ctx)
{
    struct answers *a = ctx;
    uv_async_send(&a->wake);
}

void store_init(struct store *s, const struct store_ops *ops, struct loop *loop)
{
    struct answers *a = mem_new(sizeof *a);
    queue_init(&a->queue, wake_loop, a);
    REQUIRE(uv_async_init(loop_uv(loop), &a->wake, on_wake) == 0);
    a->wake.data = a;
    s->ops = ops;
    s->answers = a;
}

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}

void store_done(struct store *s)
{
    queue_done(&s->answers->queue);
    uv_close((uv_handle_t *)&s->answers->wake, on_closed);
}

void store_answer(struct store *s, struct list *jobs)
{
    queue_push_all(&s->answers->queue, jobs);
}

void store_close(struct store *s)
{
    if (!s)
        return;
    struct list jobs;
    while (s->pending > 0 && queue_wait(&s->answers->queue, &jobs))
        finish_all(&jobs);
    s->ops->stop(s);
}

void store_get_stats(const struct store *s, struct store_stats *ret)
{
    *ret = (struct store_stats){.queued = s->pending_batches, .reads = s->reads};
    s->ops->get_stats(s, ret);
}
