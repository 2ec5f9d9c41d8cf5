/* What waits to be delivered: the store's rows in memory, by place and by owner. */
#include "remote/delivery/deliveries_private.h"

#include "base/buf.h"

#include <stdio.h>

enum { PLACE_MAX = 64 + 1 + OBJECT_KEY_MAX };

/* --- One --- */

struct waiting *waiting_ref(struct waiting *w)
{
    REQUIRE(w->refs);
    w->refs++;
    return w;
}

void waiting_unref(struct waiting *w)
{
    if (--w->refs)
        return;
    free(w->place);
    free(w->etag);
    free(w);
}

static char *place_of(struct str bucket, struct str key)
{
    char *p = mem_new(bucket.n + 1 + key.n + 1);
    memcpy(p, bucket.p, bucket.n);
    memcpy(p + bucket.n + 1, key.p, key.n);
    return p;
}

static char *copy(struct str s)
{
    char *p = mem_new(s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

static struct waiting_output *output_of(struct deliveries *d, const struct delivery_record *r)
{
    struct waiting_output *o = map_get(&d->by_owner, r->owner_id);
    if (o)
        return o;
    o = mem_new(sizeof *o);
    o->owner_id = copy(r->owner_id);
    o->bucket = copy(r->bucket);
    map_put(&d->by_owner, str_from(o->owner_id), o);
    return o;
}

static void drop_output(struct deliveries *d, struct waiting_output *o)
{
    if (--o->objects)
        return;
    map_remove(&d->by_owner, str_from(o->owner_id));
    free(o->owner_id);
    free(o->bucket);
    free(o->error);
    free(o);
}

struct waiting *waiting_find(const struct deliveries *d, struct str bucket, struct str key)
{
    char place[PLACE_MAX];
    if (!bucket.n || !key.n || bucket.n + 1 + key.n > sizeof place)
        return NULL;
    memcpy(place, bucket.p, bucket.n);
    place[bucket.n] = '\0';
    memcpy(place + bucket.n + 1, key.p, key.n);
    return map_get(&d->by_place, str_of(place, bucket.n + 1 + key.n));
}

/* The newer one took its place in the store, too. */
static void replace(struct deliveries *d, const struct delivery_record *r)
{
    struct waiting *old = waiting_find(d, r->bucket, r->key);
    if (!old)
        return;
    waiting_ref(old);
    waiting_remove(old);
    worker_stop(old);
    waiting_unref(old);
}

struct waiting *waiting_add(struct deliveries *d, const struct delivery_record *r)
{
    replace(d, r);
    struct waiting *w = mem_new(sizeof *w);
    w->all = d;
    w->refs = 1;
    w->place = place_of(r->bucket, r->key);
    w->at = str_of(w->place, r->bucket.n + 1 + r->key.n);
    w->bucket = str_of(w->place, r->bucket.n);
    w->key = str_of(w->place + r->bucket.n + 1, r->key.n);
    w->output = output_of(d, r);
    w->output->objects++;
    w->etag = copy(r->etag);
    w->size = r->size;
    w->created_ms = r->created_ms;
    w->next_ms = r->next_ms;
    w->attempts = r->attempts;
    list_append(&d->waiting, &w->link);
    map_put(&d->by_place, w->at, w);
    d->count++;
    d->bytes += r->size;
    if (r->error.n) {
        char *error = copy(r->error);
        waiting_set_error(w, error);
        free(error);
    }
    return w;
}

void waiting_remove(struct waiting *w)
{
    struct deliveries *d = w->all;
    if (w->gone)
        return;
    w->gone = true;
    list_remove(&w->link);
    map_remove(&d->by_place, w->at);
    d->count--;
    d->bytes -= w->size;
    drop_output(d, TAKE(w->output));
    waiting_unref(w);
}

struct delivery_record waiting_record(const struct waiting *w)
{
    return (struct delivery_record){
        .bucket = w->bucket, .key = w->key, .etag = str_from(w->etag), .created_ms = w->created_ms};
}

void waiting_set_error(struct waiting *w, const char *error)
{
    if (!w->output)
        return;
    free(w->output->error);
    w->output->error = mem_strdup(error);
}

/* --- All --- */

struct str deliveries_shown_reason(const struct deliveries *d, struct arena *a, struct str owner_id,
                                   struct str reason)
{
    const struct waiting_output *o = d ? map_get(&d->by_owner, owner_id) : NULL;
    if (!o)
        return reason;
    return arena_printf(a, "%.*s%sThe output waits on this server for s3://%s: %s", STR_ARG(reason),
                        reason.n ? " " : "", o->bucket,
                        o->error ? o->error : "it has not been delivered yet");
}

static bool is_below(const struct waiting *w, struct str bucket, struct str prefix, struct str after)
{
    return str_eq(w->bucket, bucket) && str_starts(w->key, prefix) && str_cmp(w->key, after) > 0;
}

static int compare_keys(const void *a, const void *b)
{
    const struct object_record *x = a, *y = b;
    return str_cmp(x->key, y->key);
}

size_t deliveries_below(const struct deliveries *d, struct str bucket, struct str prefix, struct str after,
                        struct object_record **ret)
{
    size_t n = 0, room = 0;
    struct object_record *items = NULL;
    LIST_EACH(node, &d->waiting) {
        const struct waiting *w = CONTAINER_OF(node, struct waiting, link);
        if (!is_below(w, bucket, prefix, after))
            continue;
        if (n == room) {
            room = room ? room * 2 : 64;
            items = mem_grow(items, room, sizeof *items);
        }
        items[n++] = (struct object_record){.bucket = bucket,
                                            .key = w->key,
                                            .size = w->size,
                                            .etag = str_from(w->etag),
                                            .modified_ms = w->created_ms};
    }
    if (n)
        qsort(items, n, sizeof *items, compare_keys);
    *ret = items;
    return n;
}

bool deliveries_has(const struct deliveries *d, struct str bucket, struct str key)
{
    return waiting_find(d, bucket, key) != NULL;
}

struct str deliveries_etag(const struct deliveries *d, struct str bucket, struct str key)
{
    const struct waiting *w = waiting_find(d, bucket, key);
    return w ? str_from(w->etag) : STR_NULL;
}

void deliveries_get_stats(const struct deliveries *d, struct deliveries_stats *ret)
{
    struct list *first = list_first(&d->waiting);
    *ret = d->stats;
    ret->waiting = d->count;
    ret->waiting_bytes = d->bytes;
    ret->oldest_ms = first ? CONTAINER_OF(first, struct waiting, link)->created_ms : 0;
}
