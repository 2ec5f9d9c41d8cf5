#include "core/recover.h"

#include "core/internal.h"
#include "core/spec.h"

#include "base/log.h"
#include "model/model.h"

static void take_configuration(struct session *s)
{
    CLEANUP_ARENA struct arena *a = arena_new(SPEC_ARENA_MAX);
    struct athena_get_session_response detail = {0};
    struct err err;
    if (model_decode_stored(&athena_shape_get_session_response, s->detail, a, &detail, &err) < 0) {
        log_error("core", "a stored session cannot be read", F_STR("session_id", s->id), F_ERR(&err));
        return;
    }
    if (!detail.session_configuration)
        return;
    s->output_location = arena_str(s->arena, detail.session_configuration->working_directory);
    s->execution_role = arena_str(s->arena, detail.session_configuration->execution_role);
}

static void on_sessions(void *ctx, const struct session_record *r, size_t count, const struct err *err)
{
    struct core *c = ctx;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        struct session *s = session_new(c, &r[i]);
        s->committed = session_snapshot_new(&r[i]);
        s->unverified = true;
        if (s->state == ATHENA_SESSION_STATE_TERMINATING)
            s->end_kind = SESSION_END_REQUEST;
        take_configuration(s);
    }
}

static void on_calculations(void *ctx, const struct calculation_record *r, size_t count,
                            const struct err *err)
{
    struct core *c = ctx;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        struct session *s = session_find(c, r[i].session_id);
        if (!s)
            continue;
        struct calculation *calculation = calculation_new(s, &r[i]);
        calculation->committed = calculation_snapshot_new(&r[i]);
        calculation->adopted = true;
    }
}

static void on_verify_overdue(struct timer *t)
{
    struct session *s = t->ctx;
    if (!s->unverified)
        return;
    s->unverified = false;
    session_fail(s, SESSION_END_LOST, "The session's driver did not answer after a restart of the server.");
}

static void adopt(struct session *s)
{
    struct core *c = s->core;
    s->driver = c->p.runner->ops->adopt(c->p.runner, s->id, &session_driver_events, s);
    timer_start(c->p.timers, &s->deadline, c->p.config->verify_ms, on_verify_overdue, s);
}

int recover_sessions(struct core *c, struct err *err)
{
    if (store_load_live_sessions(c->p.store, on_sessions, c, err) < 0 ||
        store_load_live_calculations(c->p.store, on_calculations, c, err) < 0)
        return -1;
    LIST_EACH(node, &c->sessions)
        adopt(CONTAINER_OF(node, struct session, link));
    return 0;
}
