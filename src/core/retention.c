#include "core/retention.h"

#include "core/internal.h"

#include "base/log.h"

enum { FIRST_MS = 60 * 1000, EVERY_MS = 60 * 1000, PORTION = 500, UPLOADS_PORTION = 100 };

static void on_time(struct timer *t);

static void on_purged(void *ctx, const struct err *err)
{
    (void)ctx;
    if (err)
        log_error("core", "old records could not be removed", F_ERR(err));
}

static void on_time(struct timer *t)
{
    struct core *c = t->ctx;
    int64_t now = core_now_ms(c);
    struct store_batch *batch = store_batch_new(c->p.store);
    store_purge(batch, &(struct store_purge){
                           .before_ms = now - c->p.config->retention_ms,
                           .tokens_before_ms = now - c->p.config->token_ms,
                           .limit = PORTION,
                           .results = c->p.config->purge_results,
                       });
    store_purge_uploads(batch, now - c->p.config->upload_ms, UPLOADS_PORTION);
    store_commit(c->p.store, batch, on_purged, NULL);
    objects_sweep(c->p.objects);
    timer_start(c->p.timers, t, EVERY_MS, on_time, c);
}

void retention_start(struct core *c)
{
    timer_start(c->p.timers, &c->retention, FIRST_MS, on_time, c);
}
