#include "core/internal.h"

#include "core/recover.h"
#include "core/retention.h"
#include "core/workgroup.h"

struct core *core_new(const struct core_parts *parts)
{
    struct core *c = mem_new(sizeof *c);
    c->p = *parts;
    list_init(&c->sessions);
    map_init(&c->session_by_id);
    map_init(&c->calculation_by_id);
    map_init(&c->workgroups);
    map_init(&c->tokens);
    return c;
}

int core_load(struct core *c, struct err *err)
{
    if (workgroups_load(c, err) < 0 || recover_sessions(c, err) < 0)
        return -1;
    retention_start(c);
    return 0;
}

void core_detach(struct core *c)
{
    c->detached = true;
    timer_stop(c->p.timers, &c->retention);
    LIST_EACH(node, &c->sessions) {
        struct session *s = CONTAINER_OF(node, struct session, link);
        timer_stop(c->p.timers, &s->deadline);
        timer_stop(c->p.timers, &s->lifetime);
        timer_stop(c->p.timers, &s->save_timer);
        if (s->calculation) {
            timer_stop(c->p.timers, &s->calculation->deadline);
            calculation_deliver_stop(s->calculation);
        }
        if (s->driver)
            c->p.runner->ops->detach(s->driver);
        s->driver = NULL;
    }
}

void core_end_sessions(struct core *c, loop_fn *done, void *ctx)
{
    c->ending = true;
    if (list_empty(&c->sessions)) {
        done(ctx);
        return;
    }
    c->all_ended = done;
    c->all_ended_ctx = ctx;
    LIST_EACH_SAFE(node, &c->sessions) {
        struct session *s = CONTAINER_OF(node, struct session, link);
        if (session_state_ended(s->state))
            continue;
        session_end(s, SESSION_END_SERVER, "Session was terminated: the server was stopped");
        session_save(s);
    }
}

/* What is still referenced by a commit under way is freed by its answer, which store_close brings before
 * this. */
void core_free(struct core *c)
{
    LIST_EACH_SAFE(node, &c->sessions) {
        struct session *s = CONTAINER_OF(node, struct session, link);
        struct calculation *calculation = TAKE(s->calculation);
        if (calculation)
            calculation_unref(calculation);
        session_unref(s);
    }
    workgroups_free(c);
    map_done(&c->session_by_id);
    map_done(&c->calculation_by_id);
    map_done(&c->workgroups);
    map_done(&c->tokens);
    free(c);
}

struct deliveries *core_deliveries(const struct core *c)
{
    return c->p.deliveries;
}

struct remotes *core_remotes(const struct core *c)
{
    return c->p.deliveries ? deliveries_remotes(c->p.deliveries) : NULL;
}

void core_watch_ended(struct core *c, core_ended_fn *fn, void *ctx)
{
    c->session_ended = fn;
    c->session_ended_ctx = ctx;
}

void core_watch_own(struct core *c, core_own_fn *fn, void *ctx)
{
    c->own = fn;
    c->own_ctx = ctx;
}

const struct core_config *core_config_of(const struct core *c)
{
    return c->p.config;
}

struct store *core_store(const struct core *c)
{
    return c->p.store;
}

int64_t core_now_ms(const struct core *c)
{
    return clock_wall_ms(c->p.clock);
}

void core_get_stats(const struct core *c, struct core_stats *ret)
{
    *ret = c->stats;
}

size_t core_live_sessions(const struct core *c, struct str *ret, size_t max)
{
    size_t n = 0;
    LIST_EACH(node, &c->sessions) {
        if (n < max)
            ret[n] = CONTAINER_OF(node, struct session, link)->id;
        n++;
    }
    return n;
}

struct str core_workgroup_arn(const struct core *c, struct arena *a, struct str group)
{
    const struct core_config *g = c->p.config;
    return arena_printf(a, "arn:%.*s:athena:%.*s:%.*s:workgroup/%.*s", STR_ARG(g->partition),
                        STR_ARG(g->region), STR_ARG(g->account), STR_ARG(group));
}

struct str core_session_arn(const struct core *c, struct arena *a, struct str group, struct str session_id)
{
    return arena_printf(a, "%.*s/session/%.*s", STR_ARG(core_workgroup_arn(c, a, group)),
                        STR_ARG(session_id));
}
