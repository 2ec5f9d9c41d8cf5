/* Brings away what waits: the oldest first, a few at a time, each again after a while that grows. */
#include "remote/delivery/deliveries_private.h"

#include "base/log.h"
#include "base/random.h"
#include "base/utf8.h"
#include "remote/backoff.h"
#include "store/pieces.h"

#include <stdio.h>

enum { FIRST_WAIT_MS = 1000, ERROR_MAX = 500 };

static int64_t now_ms(const struct deliveries *d)
{
    return clock_wall_ms(d->clock);
}

/* --- The end of an attempt --- */

static void free_hands(struct waiting *w)
{
    struct deliveries *d = w->all;
    w->busy = false;
    d->busy--;
    worker_wake(d);
}

struct answer {
    struct deliveries *deliveries;
    struct waiting *waiting;
};

static struct answer *answer_new(struct waiting *w)
{
    struct answer *a = mem_new(sizeof *a);
    *a = (struct answer){w->all, waiting_ref(w)};
    w->all->answers++;
    return a;
}

/* False: the deliveries have ended meanwhile. */
static bool answer_take(struct answer *a, struct waiting **ret, struct deliveries **ret_all)
{
    bool live = !a->deliveries->freed;
    *ret = a->waiting;
    *ret_all = a->deliveries;
    a->deliveries->answers--;
    free(a);
    return live;
}

static void on_postponed(void *ctx, const struct err *err)
{
    (void)ctx;
    if (err)
        log_warn("remote", "when a delivery is tried again could not be noted", F_ERR(err));
}

static void note(struct waiting *w, const char *error)
{
    struct store_batch *batch = store_batch_new(w->all->store);
    struct delivery_record r = waiting_record(w);
    r.attempts = w->attempts;
    r.next_ms = w->next_ms;
    r.error = str_from(error);
    store_note_delivery(batch, &r);
    store_commit(w->all->store, batch, on_postponed, NULL);
}

/* A store that does not answer is asked for one object, not for all that wait for it. */
static void hold_others(const struct waiting *w)
{
    LIST_EACH(node, &w->all->waiting) {
        struct waiting *other = CONTAINER_OF(node, struct waiting, link);
        if (str_eq(other->bucket, w->bucket) && other->next_ms < w->next_ms)
            other->next_ms = w->next_ms;
    }
}

static void release_others(const struct waiting *w)
{
    LIST_EACH(node, &w->all->waiting) {
        struct waiting *other = CONTAINER_OF(node, struct waiting, link);
        if (str_eq(other->bucket, w->bucket))
            other->next_ms = 0;
    }
}

static void postpone(struct waiting *w, const struct err *err)
{
    struct deliveries *d = w->all;
    char text[ERROR_MAX];
    uint32_t random;
    random_bytes(&random, sizeof random);
    struct str cut = str_sub(str_from(err->text), 0, sizeof text - 1);
    snprintf(text, sizeof text, "%.*s", (int)utf8_floor(cut), cut.p);
    w->attempts++;
    w->next_ms = now_ms(d) + backoff_ms(FIRST_WAIT_MS, d->config->retry_ms,
                                        (unsigned)(w->attempts < 30 ? w->attempts : 30), random);
    d->stats.failures++;
    waiting_set_error(w, text);
    log_warn("remote", "output could not be delivered, it waits", F_STR("bucket", w->bucket),
             F_STR("key", w->key), F_INT("attempts", w->attempts), F_CSTR("reason", text));
    note(w, text);
    if (err->code == ERR_UNAVAILABLE)
        hold_others(w);
}

static void on_ended(void *ctx, const struct err *err)
{
    struct waiting *w;
    struct deliveries *d;
    if (answer_take(ctx, &w, &d)) {
        if (!err) {
            release_others(w);
            waiting_remove(w);
            objects_sweep(d->objects);
        } else if (!w->gone) {
            postpone(w, err);
        }
        free_hands(w);
    }
    waiting_unref(w);
    deliveries_release(d);
}

/* It is there, or there is nothing to bring: the object and its row go in one commit. */
static void end_delivery(struct waiting *w)
{
    struct store_batch *batch = store_batch_new(w->all->store);
    struct delivery_record r = waiting_record(w);
    store_end_delivery(batch, &r);
    store_commit(w->all->store, batch, on_ended, answer_new(w));
}

static void on_uploaded(void *ctx, struct str etag, const struct err *err)
{
    struct waiting *w = ctx;
    (void)etag;
    w->upload = NULL;
    if (err) {
        postpone(w, err);
        free_hands(w);
    } else {
        w->all->stats.delivered++;
        log_info("remote", "output that waited was delivered", F_STR("bucket", w->bucket),
                 F_STR("key", w->key));
        end_delivery(w);
    }
    waiting_unref(w);
}

/* --- An attempt --- */

/* What a calculation left is one blob, or bytes in its row. */
static int source_of(const struct deliveries *d, const struct object_record *r, struct upload_source *ret,
                     struct err *err)
{
    struct object_piece piece;
    struct str rest = r->pieces;
    *ret = (struct upload_source){.bytes = r->body.p ? r->body : STR(""), .fd = -1, .size = r->size};
    if (!pieces_next(&rest, &piece))
        return 0;
    if ((int64_t)piece.length != r->size)
        return err_set(err, ERR_INTERNAL, "the object that waits is not one blob");
    ret->bytes = STR_NULL;
    ret->offset = (int64_t)piece.offset;
    ret->fd = objects_open_blob(d->objects, piece.blob_id, err);
    return ret->fd < 0 ? -1 : 0;
}

static void upload(struct waiting *w, const struct object_record *r)
{
    struct deliveries *d = w->all;
    struct upload_source source;
    struct http_header type = {STR("Content-Type"), r->content_type};
    struct upload_target target = {w->bucket, w->key, &type, 1};
    struct remote *remote = remotes_find(d->remotes, w->bucket);
    struct err err;
    if (!remote)
        err_set(&err, ERR_INVALID_REQUEST, "no [remote] of the settings names this bucket any more");
    else if (source_of(d, r, &source, &err) == 0) {
        w->upload = upload_start(remote, d->ledger, &target, &source, on_uploaded, waiting_ref(w));
        return;
    }
    postpone(w, &err);
    free_hands(w);
}

static void on_object(void *ctx, const struct object_record *r, const struct err *err)
{
    struct waiting *w;
    struct deliveries *d;
    if (answer_take(ctx, &w, &d)) {
        if (w->gone || w->held) {
            free_hands(w);
        } else if (r) {
            upload(w, r);
        } else if (err && err->code != ERR_NO_SUCH_BUCKET) {
            postpone(w, err);
            free_hands(w);
        } else {
            end_delivery(w);
        }
    }
    waiting_unref(w);
    deliveries_release(d);
}

static void on_timer(struct timer *t)
{
    worker_wake(t->ctx);
}

static void begin(struct waiting *w)
{
    w->busy = true;
    w->all->busy++;
    store_get_object(w->all->store, w->bucket, w->key, on_object, answer_new(w));
}

void worker_wake(struct deliveries *d)
{
    int64_t now = now_ms(d), next = INT64_MAX;
    LIST_EACH(node, &d->waiting) {
        struct waiting *w = CONTAINER_OF(node, struct waiting, link);
        if (d->busy >= d->config->parallel)
            break;
        if (w->busy || w->held)
            continue;
        if (w->next_ms <= now)
            begin(w);
        else if (w->next_ms < next)
            next = w->next_ms;
    }
    if (d->busy < d->config->parallel && next != INT64_MAX)
        timer_start(loop_timers(d->loop), &d->timer, next - now, on_timer, d);
}

void worker_stop(struct waiting *w)
{
    if (!w->upload)
        return;
    upload_cancel(TAKE(w->upload));
    waiting_unref(w);
    free_hands(w);
}
