/* Commits: the pending version of a session and its calculation goes to the store; once durable it is what
 * readers see, and only then the driver is told. */
#include "core/internal.h"

#include "base/log.h"

enum { SAVE_SOON_MS = 20, SAVE_RETRY_MS = 1000 };

struct save {
    struct session *session;
    struct calculation *calculation;
    struct session_snapshot *session_version;
    struct calculation_snapshot *calculation_version;
    saved_fn *fn;
    void *ctx;
};

static void publish(struct save *v)
{
    session_snapshot_free(v->session->committed);
    v->session->committed = v->session_version;
    if (!v->calculation)
        return;
    calculation_snapshot_free(v->calculation->committed);
    v->calculation->committed = v->calculation_version;
}

static void discard(struct save *v)
{
    session_snapshot_free(v->session_version);
    calculation_snapshot_free(v->calculation_version);
}

static void on_committed(void *ctx, const struct err *err)
{
    struct save *v = ctx;
    struct session *s = v->session;
    s->commits--;
    if (err)
        discard(v);
    else
        publish(v);
    if (v->fn)
        v->fn(v->ctx, err);
    if (!err)
        session_tell_own(s, v->calculation);
    session_reconcile(s);
    if (v->calculation)
        calculation_unref(v->calculation);
    session_unref(s);
    free(v);
}

/* What ends a session or its calculation has to be stored on a full disk, too: it makes room. */
static bool is_end(const struct session *s, const struct calculation *c)
{
    return s->state == ATHENA_SESSION_STATE_TERMINATING || session_state_ended(s->state) ||
           (c &&
            (c->state == ATHENA_CALCULATION_EXECUTION_STATE_CANCELING || calculation_state_ended(c->state)));
}

void session_commit(struct session *s, struct calculation *c, struct store_batch *batch, saved_fn *fn,
                    void *ctx)
{
    struct save *v = mem_new(sizeof *v);
    struct session_record sr;
    session_record_of(s, &sr);
    store_put_session(batch, &sr);
    *v = (struct save){
        .session = s, .calculation = c, .session_version = session_snapshot_new(&sr), .fn = fn, .ctx = ctx};
    if (c) {
        struct calculation_record cr;
        calculation_record_of(c, &cr);
        store_put_calculation(batch, &cr);
        v->calculation_version = calculation_snapshot_new(&cr);
        calculation_ref(c);
    }
    if (is_end(s, c))
        store_batch_urgent(batch);
    session_ref(s);
    s->commits++;
    timer_stop(s->core->p.timers, &s->save_timer);
    store_commit(s->core->p.store, batch, on_committed, v);
}

static void on_save_timer(struct timer *t)
{
    session_save(t->ctx);
}

void session_save_later(struct session *s)
{
    if (!s->core->detached)
        timer_start(s->core->p.timers, &s->save_timer, SAVE_RETRY_MS, on_save_timer, s);
}

struct calculation *session_open_calculation(const struct session *s)
{
    return s->calculation && !s->calculation->outcome ? s->calculation : NULL;
}

static void on_saved(void *ctx, const struct err *err)
{
    struct session *s = ctx;
    if (!err)
        return;
    log_error("core", "a session's change could not be stored, trying again", F_STR("session_id", s->id),
              F_ERR(err));
    session_save_later(s);
}

void session_save(struct session *s)
{
    session_commit(s, session_open_calculation(s), store_batch_new(s->core->p.store), on_saved, s);
}

void session_save_soon(struct session *s)
{
    if (!timer_active(&s->save_timer))
        timer_start(s->core->p.timers, &s->save_timer, SAVE_SOON_MS, on_save_timer, s);
}

static bool committed_in(const struct session *s, enum athena_session_state state)
{
    return str_eq(s->committed->record.state, session_state_text(state));
}

static void reconcile_calculation(struct session *s)
{
    const enum athena_calculation_execution_state canceling = ATHENA_CALCULATION_EXECUTION_STATE_CANCELING;
    struct calculation *c = session_open_calculation(s);
    if (!c || !c->committed || !s->driver_usable)
        return;
    if (c->state != canceling && !c->run_sent)
        calculation_run_on(c);
    else if (c->state == canceling && str_eq(c->committed->record.state, calculation_state_text(canceling)))
        calculation_cancel_on(c);
}

static void reconcile_end(struct session *s)
{
    if (s->driver && !s->driver_exited) {
        if (!s->stop_sent)
            s->core->p.runner->ops->stop(s->driver, s->core->p.config->stop_grace_ms);
        s->stop_sent = true;
    } else if (!s->driver) {
        session_driver_gone(s);
    }
}

void session_drop(struct session *s)
{
    struct core *c = s->core;
    map_remove(&c->session_by_id, s->id);
    list_remove(&s->link);
    if (list_empty(&c->sessions) && c->all_ended)
        TAKE(c->all_ended)(c->all_ended_ctx);
    session_unref(s);
}

/* The end is durable: nothing of the session stays in memory. */
static void bury(struct session *s)
{
    struct core *c = s->core;
    if (s->driver)
        c->p.runner->ops->forget(s->driver, NULL, NULL);
    s->driver = NULL;
    if (c->session_ended)
        c->session_ended(c->session_ended_ctx, s->id);
    session_drop(s);
}

void session_reconcile(struct session *s)
{
    if (!s->committed || s->core->detached || !map_get(&s->core->session_by_id, s->id))
        return;
    if (s->state == ATHENA_SESSION_STATE_CREATING && !s->driver && !s->driver_exited)
        session_launch(s);
    else if (s->state == ATHENA_SESSION_STATE_TERMINATING &&
             committed_in(s, ATHENA_SESSION_STATE_TERMINATING))
        reconcile_end(s);
    if (session_state_ended(s->state) && !s->commits && !s->calculation && committed_in(s, s->state))
        bury(s);
    else
        reconcile_calculation(s);
}
