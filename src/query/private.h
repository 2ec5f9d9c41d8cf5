/* Between the files of this folder. */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "query/query.h"
#include "remote/delivery/delivery.h"

#define QUERY_CONTENT_TYPE "text/plain"
#define QUERY_QUEUED "QUEUED"
#define QUERY_RUNNING "RUNNING"
#define QUERY_SUCCEEDED "SUCCEEDED"
#define QUERY_FAILED "FAILED"
#define QUERY_CANCELLED "CANCELLED"

enum { QUERY_ARENA_MAX = 16 * 1024 * 1024, QUERY_REASON_MAX = 2000 };

/* A statement that has not ended. */
struct query {
    struct queries *queries;
    struct list link; /* in `waiting` or `ending`; in none while it is `active` */
    struct arena *arena;
    struct query_record r;
    struct str statement;
    struct str kind; /* substatement type */
    struct str database;
    struct str location; /* s3://... of the result object; absent: none is made */
    bool stopped;        /* by StopQueryExecution */
    bool unsure;         /* after a restart: a calculation of it may exist */
    struct timer retry;  /* of the commit of its end */
    /* Its end, until that is stored. */
    struct str columns; /* JSON; absent: it has no result */
    struct str rows;
    struct object_body *body;
    bool answering; /* its result is being read */
    bool elsewhere; /* the location's bucket is a remote's */
    struct delivery_item object;
    struct delivery *delivery; /* under way */
    struct str delivery_error;
    void (*delivered)(struct query *g);
};

struct queries {
    struct core *core;
    struct objects *objects;
    struct loop *loop;
    struct timers *timers;
    const struct query_config *config;
    struct list waiting; /* the oldest first */
    struct list ending;  /* their end is being stored, and they are not `active` */
    struct query *active;
    struct timer pump;
    struct timer again;     /* a session could not be started: try again */
    bool starting;          /* a session's start is being stored */
    unsigned failed_starts; /* in a row; of sessions that are not ready, or never were */
    int64_t start_after_ms; /* no other one before; while there are failed ones */
    struct err start_failure;
    bool detached;
};

/* queries.c */
void query_free(struct query *g);
/* A heap-free way to keep a text for the record: in the query's arena, cut to QUERY_REASON_MAX. */
void query_set_reason(struct query *g, struct str reason);
void queries_pump_soon(struct queries *q);

/* run.c */
void queries_on_pump(struct timer *t);
void queries_on_own(void *ctx, const struct session_record *s, const struct calculation_record *c);

/* finish.c */
void query_succeed(struct query *g, struct str columns, struct str rows);
/* `reason` may be absent. */
void query_end(struct query *g, const char *state, struct str reason);

/* deliver.c */
/* Brings the body of a location elsewhere there, then calls `done`. False: the location is here. */
bool query_deliver(struct query *g, void (*done)(struct query *g));
void query_deliver_stop(struct query *g);
/* ERR_INTERNAL: too much waits already. */
int query_check_room(const struct query *g, struct err *err) MUST_CHECK;
/* The body, which ends here; to the batch if it has to be stored here. */
void query_add_object(struct query *g, struct store_batch *batch);

/* answer.c: the driver's result document. */
struct query_answer {
    struct str columns; /* JSON list of names */
    struct str rows;
    struct str failure; /* absent: it has succeeded */
};
/* In the arena. ERR_INTERNAL for a document that is none, ERR_TOO_LARGE for too many rows. */
int query_answer_read(struct arena *a, struct str document, struct query_answer *ret,
                      struct err *err) MUST_CHECK;
