/* Work between threads: a locked list of jobs with a bell. Any thread may push; one takes. */
#pragma once

#include "base/list.h"

#include <pthread.h>

/* A piece of work and its answer; lies first in what it carries. */
struct job {
    struct list link;
    void (*finish)(struct job *j); /* on the loop thread; frees the job */
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t bell;
    struct list jobs;
    bool closed;
    void (*poke)(void *ctx); /* called after each push, on the pushing thread; may be NULL */
    void *ctx;
};

void queue_init(struct queue *q, void (*poke)(void *ctx), void *ctx);
void queue_done(struct queue *q); /* it must be empty */
void queue_push(struct queue *q, struct job *j);
/* Moves all jobs of the list, in order, under one lock. */
void queue_push_all(struct queue *q, struct list *jobs);
/* Waits until there is a job, then moves all to `ret` in order. False when the queue is closed and empty. */
bool queue_wait(struct queue *q, struct list *ret);
/* As queue_wait without waiting: false if there is none. */
bool queue_poll(struct queue *q, struct list *ret);
/* No push follows; who waits gets what is left, then false. */
void queue_close(struct queue *q);
