#include "store/queue.h"

/* Appends all nodes of `from` to `to` and leaves `from` empty. */
static void splice(struct list *to, struct list *from)
{
    if (list_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

void queue_init(struct queue *q, void (*poke)(void *ctx), void *ctx)
{
    *q = (struct queue){.poke = poke, .ctx = ctx};
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->bell, NULL);
    list_init(&q->jobs);
}

void queue_done(struct queue *q)
{
    REQUIRE(list_empty(&q->jobs));
    pthread_cond_destroy(&q->bell);
    pthread_mutex_destroy(&q->lock);
}

void queue_push(struct queue *q, struct job *j)
{
    struct list one;
    list_init(&one);
    list_append(&one, &j->link);
    queue_push_all(q, &one);
}

void queue_push_all(struct queue *q, struct list *jobs)
{
    void (*poke)(void *ctx) = q->poke;
    void *ctx = q->ctx;
    pthread_mutex_lock(&q->lock);
    splice(&q->jobs, jobs);
    pthread_cond_signal(&q->bell);
    pthread_mutex_unlock(&q->lock);
    if (poke)
        poke(ctx);
}

bool queue_wait(struct queue *q, struct list *ret)
{
    list_init(ret);
    pthread_mutex_lock(&q->lock);
    while (list_empty(&q->jobs) && !q->closed)
        pthread_cond_wait(&q->bell, &q->lock);
    splice(ret, &q->jobs);
    pthread_mutex_unlock(&q->lock);
    return !list_empty(ret);
}

bool queue_poll(struct queue *q, struct list *ret)
{
    list_init(ret);
    pthread_mutex_lock(&q->lock);
    splice(ret, &q->jobs);
    pthread_mutex_unlock(&q->lock);
    return !list_empty(ret);
}

void queue_close(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_signal(&q->bell);
    pthread_mutex_unlock(&q->lock);
}
