/* Output that waits for buckets that live elsewhere: what could not be brought there before the end of what
 * made it was shown (delivery.h) is here as objects of the same bucket and key, beside a row of the store
 * each, and is brought there later. Bringing an object twice is harmless, so a crash anywhere only repeats
 * work. Loop thread. */
#pragma once

#include "base/arena.h"
#include "objects/objects.h"
#include "remote/delivery/ledger.h"
#include "remote/remote.h"

/* Durations in milliseconds. Read whenever they count: a reload changes them in place. */
struct deliveries_config {
    int64_t wait_ms;     /* longest that the end of what made it waits for its delivery */
    int64_t space_bytes; /* of all that waits */
    int64_t retry_ms;    /* longest time between two attempts */
    size_t parallel;     /* uploads of what waits at a time */
};

struct deliveries;

/* All is borrowed and outlives it. */
struct deliveries *deliveries_new(struct loop *loop, struct objects *objects, struct remotes *remotes,
                                  const struct clock *clock, const struct deliveries_config *config);
/* Ends what is under way; before the store closes. NULL is allowed. */
void deliveries_free(struct deliveries *d);
/* Loads what waits from before and goes on with it. Blocks. */
int deliveries_load(struct deliveries *d, struct err *err) MUST_CHECK;

/* The settings have changed: all that waits is tried now. */
void deliveries_try_now(struct deliveries *d);

struct remotes *deliveries_remotes(const struct deliveries *d);
struct ledger *deliveries_ledger(const struct deliveries *d);

/* Whether this much more may wait; ERR_INTERNAL with the reason. */
int deliveries_check_room(const struct deliveries *d, int64_t bytes, size_t objects,
                          struct err *err) MUST_CHECK;
/* Space of the server's disk for a content on its way to another store, beside what waits: as much in all as
 * may wait. ERR_INVALID_REQUEST if it never fits, ERR_UNAVAILABLE if not now. Given back when the content has
 * gone. */
int deliveries_take_space(struct deliveries *d, int64_t bytes, struct err *err) MUST_CHECK;
void deliveries_give_space(struct deliveries *d, int64_t bytes);
/* Adds the row to the batch that adds the object; with its commit the object waits. */
void deliveries_add(struct deliveries *d, struct store_batch *batch, const struct delivery_record *r);
/* --- What waits (waiting.c) --- */

/* The reason of a state as its readers see it: with a sentence that says so while output of the owner waits.
 * In the arena, or `reason` itself. `d` NULL: nothing waits. */
struct str deliveries_shown_reason(const struct deliveries *d, struct arena *a, struct str owner_id,
                                   struct str reason);
/* The object waits here. */
bool deliveries_has(const struct deliveries *d, struct str bucket, struct str key);
/* Its entity tag, without quotes; absent: none waits there. */
struct str deliveries_etag(const struct deliveries *d, struct str bucket, struct str key);
/* What waits in the bucket under keys with the prefix, above `after`: key, size, entity tag and time, in the
 * keys' order; how many. The array is the caller's (free), its strings are only valid until the
 * next turn of the loop. */
size_t deliveries_below(const struct deliveries *d, struct str bucket, struct str prefix, struct str after,
                        struct object_record **ret);

struct deliveries_stats {
    size_t waiting;
    int64_t waiting_bytes;
    int64_t oldest_ms;  /* wall clock of the oldest that waits; 0: none */
    uint64_t delivered; /* since the start; those that did not have to wait included */
    uint64_t failures;  /* attempts that failed */
};
void deliveries_get_stats(const struct deliveries *d, struct deliveries_stats *ret);

/* --- Writers of a key for which something waits (deliveries.c) --- */

/* Somebody writes or deletes an object that waits: it is not delivered meanwhile. NULL: none waits there. End
 * it with one of both. */
struct waiting;
struct waiting *deliveries_hold(struct deliveries *d, struct str bucket, struct str key);
/* Nothing has come of it: the object waits on. */
void deliveries_unhold(struct waiting *w);
/* The bucket has something newer under the key, or nothing any more: what waited goes. `fn` after the commit,
 * later; not if the deliveries end before. */
void deliveries_overtake(struct waiting *w, store_done_fn *fn, void *ctx);
