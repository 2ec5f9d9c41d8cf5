/* A session and its driver: the start, what the driver tells, the end. */
#include "core/internal.h"
#include "core/spec.h"

#include "base/log.h"
#include "base/utf8.h"

enum { PROGRESS_MAX = 1024 };

#define STATE(x) ATHENA_SESSION_STATE_##x

void session_launch(struct session *s)
{
    struct core *c = s->core;
    CLEANUP_ARENA struct arena *a = arena_new(SPEC_ARENA_MAX);
    struct runner_spec spec;
    struct err err;
    if (session_spec(s, a, &spec, &err) == 0)
        s->driver = c->p.runner->ops->start(c->p.runner, &spec, &session_driver_events, s, &err);
    if (s->driver)
        return;
    s->driver_exited = true;
    s->exit_kind = DRIVER_EXIT_START_FAILED;
    text_set(&s->exit_reason, err.text);
    session_driver_gone(s);
}

static void stop_driver(struct session *s, int64_t grace_ms)
{
    if (!s->driver || s->driver_exited)
        return;
    s->stop_sent = true;
    s->core->p.runner->ops->stop(s->driver, grace_ms);
}

void session_fail(struct session *s, const char *kind, const char *reason)
{
    if (session_state_ended(s->state) || s->fail_reason)
        return;
    s->fail_kind = kind;
    text_set(&s->fail_reason, reason);
    log_warn("core", "session fails", F_STR("session_id", s->id), F_CSTR("reason", reason));
    session_arm(s);
    if (s->driver && !s->driver_exited)
        stop_driver(s, 0);
    else
        session_driver_gone(s);
}

void session_end(struct session *s, const char *kind, const char *reason)
{
    if (session_state_ended(s->state) || s->state == STATE(TERMINATING))
        return;
    s->end_kind = kind;
    session_set_state(s, STATE(TERMINATING), reason);
    struct calculation *c = session_open_calculation(s);
    if (c && c->state != ATHENA_CALCULATION_EXECUTION_STATE_CANCELING)
        calculation_set_state(c, ATHENA_CALCULATION_EXECUTION_STATE_CANCELING, reason);
}

static enum athena_calculation_execution_state outcome_of_exit(const struct session *s,
                                                               const struct calculation *c)
{
    bool asked = s->state == STATE(TERMINATING) || c->state == ATHENA_CALCULATION_EXECUTION_STATE_CANCELING;
    return asked ? ATHENA_CALCULATION_EXECUTION_STATE_CANCELED : ATHENA_CALCULATION_EXECUTION_STATE_FAILED;
}

void session_driver_gone(struct session *s)
{
    struct calculation *c = s->calculation;
    if (session_state_ended(s->state))
        return;
    s->driver_usable = false;
    if (c && c->outcome) {
        calculation_exit_known(c);
    } else if (c) {
        const char *reason = s->state == STATE(TERMINATING) ? s->reason
                             : s->fail_reason               ? s->fail_reason
                                                            : s->exit_reason;
        calculation_finish(c, outcome_of_exit(s, c), reason);
    } else {
        session_set_final(s);
        session_save(s);
    }
}

/* --- events --- */

static void verified(struct session *s)
{
    if (!s->unverified)
        return;
    s->unverified = false;
    log_info("core", "session adopted", F_STR("session_id", s->id));
    session_arm(s);
    if (s->calculation)
        calculation_set_deadline(s->calculation);
}

static struct calculation *current(struct session *s, struct str id)
{
    struct calculation *c = s->calculation;
    return c && str_eq(c->id, id) && !c->outcome ? c : NULL;
}

static void on_status(void *ctx, const struct driver_status *status)
{
    struct session *s = ctx;
    struct calculation *c = current(s, status->running);
    if (c)
        c->run_sent = true;
    if (status->state != DRIVER_ENDED) /* how it ended comes next */
        verified(s);
    if (s->state == STATE(CREATING) && status->state == DRIVER_STARTING) {
        session_set_state(s, STATE(CREATED), NULL);
        session_save(s);
    }
    if (status->state == DRIVER_READY)
        session_driver_events.ready(s);
}

static void on_ready(void *ctx)
{
    struct session *s = ctx;
    verified(s);
    s->driver_usable = true;
    if (!s->fail_reason && (s->state == STATE(CREATING) || s->state == STATE(CREATED))) {
        session_set_state(s, STATE(IDLE), NULL);
        session_save(s);
        return;
    }
    session_reconcile(s);
}

static void on_started(void *ctx, struct str id)
{
    struct session *s = ctx;
    struct calculation *c = current(s, id);
    if (!c || c->state != ATHENA_CALCULATION_EXECUTION_STATE_CREATING)
        return;
    calculation_set_state(c, ATHENA_CALCULATION_EXECUTION_STATE_RUNNING, NULL);
    session_save_soon(s);
}

static void on_progress(void *ctx, struct str id, struct str text)
{
    struct calculation *c = current(ctx, id);
    if (c && text.n)
        text_set_str(&c->progress, str_sub(text, 0, utf8_floor(str_sub(text, 0, PROGRESS_MAX))));
}

static void on_done(void *ctx, const struct driver_done *done)
{
    struct session *s = ctx;
    struct calculation *c = s->calculation;
    if (!c || !str_eq(c->id, done->calculation_id))
        s->core->p.runner->ops->ack(s->driver, done->calculation_id);
    else if (!c->outcome)
        calculation_driver_done(c, done);
    else
        c->from_driver = true; /* decided before the word came: it is acknowledged with the end */
}

static void on_usage(void *ctx, int64_t memory_bytes)
{
    const struct session *s = ctx;
    log_debug("core", "session memory", F_STR("session_id", s->id), F_INT("bytes", memory_bytes));
}

static void on_forgotten(void *ctx)
{
    struct session *s = ctx;
    if (!s->core->detached && s->state == STATE(CREATING)) {
        s->driver_exited = false;
        log_info("core", "session started anew", F_STR("session_id", s->id));
        session_launch(s);
    }
    session_unref(s);
}

/* An answered StartSession whose server died before the driver was there: the session is started anew, once
 * what the first start left has been removed. */
static bool relaunch(struct session *s, const struct driver_exit *e)
{
    if (!s->unverified || s->relaunched || e->kind != DRIVER_EXIT_LOST || s->state != STATE(CREATING))
        return false;
    s->relaunched = true;
    s->unverified = false;
    s->driver_exited = true;
    session_ref(s);
    s->core->p.runner->ops->forget(TAKE(s->driver), on_forgotten, s);
    session_arm(s);
    return true;
}

static void on_exited(void *ctx, const struct driver_exit *e)
{
    struct session *s = ctx;
    if (relaunch(s, e))
        return;
    s->unverified = false;
    s->driver_exited = true;
    s->exit_kind = e->kind;
    text_set_str(&s->exit_reason, e->reason);
    text_set_str(&s->exit_log_tail, e->log_tail);
    log_info("core", "driver ended", F_STR("session_id", s->id), F_INT("kind", e->kind),
             F_INT("code", e->code), F_INT("signal", e->signal), F_STR("reason", e->reason));
    session_driver_gone(s);
}

const struct driver_events session_driver_events = {
    .status = on_status,
    .ready = on_ready,
    .started = on_started,
    .progress = on_progress,
    .done = on_done,
    .usage = on_usage,
    .exited = on_exited,
};
