/* Between the files of the deliveries. */
#pragma once

#include "base/map.h"
#include "remote/delivery/deliveries.h"
#include "remote/delivery/upload.h"
#include "remote/remote_private.h"

/* A calculation or a statement of whose output something waits. */
struct waiting_output {
    char *owner_id;
    size_t objects;
    char *bucket;
    char *error;
};

/* An object that waits. */
struct waiting {
    struct deliveries *all;
    struct list link;
    char *place; /* bucket, NUL, key: the map's key */
    struct str at;
    struct str bucket;
    struct str key;
    struct waiting_output *output;
    char *etag;
    int64_t size;
    int64_t created_ms;
    int64_t next_ms;
    int64_t attempts;
    unsigned refs; /* the list's, and answers that are to come */
    bool busy;     /* its object is being read, sent or removed */
    unsigned held; /* by writers of its key */
    bool gone;     /* no longer in the list */
    struct upload *upload;
};

struct deliveries {
    struct loop *loop;
    struct objects *objects;
    struct store *store;
    struct remotes *remotes;
    struct ledger *ledger;
    const struct clock *clock;
    const struct deliveries_config *config;
    struct list waiting; /* the oldest first */
    struct map by_place;
    struct map by_owner;
    size_t count;
    size_t busy;
    int64_t bytes;
    int64_t passing_bytes; /* deliveries_take_space */
    struct timer timer;
    struct deliveries_stats stats;
    unsigned answers; /* of the store, that are to come */
    bool freed;
};

/* waiting.c: what waits, in memory */
struct waiting *waiting_add(struct deliveries *d, const struct delivery_record *r);
struct waiting *waiting_find(const struct deliveries *d, struct str bucket, struct str key);
void waiting_remove(struct waiting *w);
/* What tells its row from others. */
struct delivery_record waiting_record(const struct waiting *w);
void waiting_set_error(struct waiting *w, const char *error);
struct waiting *waiting_ref(struct waiting *w);
void waiting_unref(struct waiting *w);

/* worker.c: brings them away */
void worker_wake(struct deliveries *d);
/* Ends the upload under way. */
void worker_stop(struct waiting *w);

/* deliveries.c: frees it when it has ended and nothing will answer any more */
void deliveries_release(struct deliveries *d);
