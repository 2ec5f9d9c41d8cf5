/* A calculation's pending version: its states, its times, its deadline. */
#include "core/internal.h"

#include "base/log.h"

#include <stdio.h>

enum {
    ARENA_MAX = 2 * 1024 * 1024,
    ADOPTED_WAIT_MS = 1000, /* after a restart: for the end that the shim may still tell */
};

#define STATE(x) ATHENA_CALCULATION_EXECUTION_STATE_##x

static int64_t wall(const struct calculation *c)
{
    return clock_wall_ms(c->core->p.clock);
}

struct calculation *calculation_new(struct session *s, const struct calculation_record *r)
{
    struct calculation *c = mem_new(sizeof *c);
    struct arena *a = arena_new(ARENA_MAX);
    c->core = s->core;
    c->session = s;
    c->refs = 1;
    c->arena = a;
    c->id = arena_str(a, r->id);
    c->description = arena_str(a, r->description);
    c->working_directory = arena_str(a, r->working_directory);
    c->seq = r->seq;
    c->submitted_ms = r->submitted_ms;
    c->state = calculation_state_from(r->state);
    c->started_ms = r->started_ms;
    text_set_str(&c->reason, r->reason);
    text_set_str(&c->progress, r->progress);
    session_ref(s);
    s->calculation = c;
    map_put(&s->core->calculation_by_id, c->id, c);
    s->core->stats.calculations_running++;
    return c;
}

void calculation_ref(struct calculation *c)
{
    c->refs++;
}

void calculation_unref(struct calculation *c)
{
    if (--c->refs)
        return;
    timer_stop(c->core->p.timers, &c->deadline);
    timer_stop(c->core->p.timers, &c->retry);
    calculation_outputs_clear(c);
    calculation_snapshot_free(c->committed);
    free(c->reason);
    free(c->progress);
    free(c->result_type);
    free(c->outcome_reason);
    free(c->limit_reason);
    free(c->bodies_error);
    free(c->delivery_error);
    buf_done(&c->own_result);
    session_unref(c->session);
    arena_free(c->arena);
    free(c);
}

struct calculation *calculation_find(const struct core *c, struct str id)
{
    return map_get(&c->calculation_by_id, id);
}

/* One DPU, the coordinator's, from the start of the code to its end; at least one millisecond once it ran. */
int64_t calculation_dpu_ms(const struct calculation *c)
{
    if (!c->started_ms)
        return 0;
    int64_t ms = (c->completed_ms ? c->completed_ms : wall(c)) - c->started_ms;
    return ms > 0 ? ms : 1;
}

void calculation_record_of(const struct calculation *c, struct calculation_record *ret)
{
    *ret = (struct calculation_record){
        .id = c->id,
        .seq = c->seq,
        .session_id = c->session->id,
        .workgroup = c->session->workgroup,
        .description = c->description,
        .working_directory = c->working_directory,
        .state = calculation_state_text(c->state),
        .reason = str_from(c->reason),
        .progress = str_from(c->progress),
        .result_type = str_from(c->result_type),
        .submitted_ms = c->submitted_ms,
        .started_ms = c->started_ms,
        .completed_ms = c->completed_ms,
        .dpu_ms = calculation_dpu_ms(c),
    };
}

static void on_cancel_overdue(struct timer *t)
{
    struct calculation *c = t->ctx;
    char text[200];
    snprintf(text, sizeof text,
             "The code could not be interrupted within %lld seconds of the request to stop it; the session "
             "was ended.",
             (long long)(c->core->p.config->cancel_ms / 1000));
    session_fail(c->session, SESSION_END_CANCEL, text);
}

static void on_overdue(struct timer *t)
{
    struct calculation *c = t->ctx;
    char text[200];
    snprintf(text, sizeof text,
             "The calculation was stopped: it reached the longest time of a calculation, %lld seconds.",
             (long long)(c->core->p.config->calculation_longest_ms / 1000));
    text_set(&c->limit_reason, text);
    calculation_set_state(c, STATE(CANCELING), text);
    session_save(c->session);
}

void calculation_set_deadline(struct calculation *c)
{
    struct timers *t = c->core->p.timers;
    const struct core_config *config = c->core->p.config;
    if (calculation_state_ended(c->state) || c->outcome)
        timer_stop(t, &c->deadline);
    else if (c->state == STATE(CANCELING))
        timer_start(t, &c->deadline, config->cancel_ms, on_cancel_overdue, c);
    else
        timer_start(t, &c->deadline, c->submitted_ms + config->calculation_longest_ms - wall(c), on_overdue,
                    c);
}

void calculation_set_state(struct calculation *c, enum athena_calculation_execution_state to,
                           const char *reason)
{
    enum athena_calculation_execution_state from = c->state;
    REQUIRE(calculation_edge_legal(from, to));
    c->state = to;
    text_set(&c->reason, reason);
    if (to == STATE(RUNNING))
        c->started_ms = wall(c);
    if (calculation_state_ended(to)) {
        c->completed_ms = wall(c);
        c->core->stats.calculations_running--;
        c->core->stats.calculations_ended[to]++;
    }
    calculation_set_deadline(c);
    log_info("core", "calculation state", F_STR("calculation_id", c->id), F_STR("session_id", c->session->id),
             F_STR("from", calculation_state_text(from)), F_STR("to", calculation_state_text(to)),
             F_CSTR("reason", reason ? reason : ""));
}

void calculation_end_otherwise(struct calculation *c, enum athena_calculation_execution_state to,
                               const char *reason)
{
    REQUIRE(calculation_state_ended(c->state) && calculation_state_ended(to));
    text_set(&c->reason, reason);
    c->core->stats.calculations_ended[c->state]--;
    c->core->stats.calculations_ended[to]++;
    c->state = to;
}

static void run_with(struct calculation *c, struct str code)
{
    struct err err;
    if (c->core->p.runner->ops->run(c->session->driver, c->id, code, &err) < 0)
        calculation_finish(c, STATE(FAILED), err.text);
}

static void on_code(void *ctx, struct str code, const struct err *err)
{
    struct calculation *c = ctx;
    bool wanted = !c->outcome && c->session->driver && !c->session->driver_exited && !c->core->detached;
    if (wanted && c->state == STATE(CANCELING)) /* stopped meanwhile; the driver does not know it */
        calculation_finish(c, STATE(CANCELED), c->reason);
    else if (wanted && !err && code.p)
        run_with(c, code);
    else if (wanted)
        calculation_finish(c, STATE(FAILED), err ? err->text : "The calculation's code is not in the store.");
    calculation_unref(c);
}

void calculation_run_on(struct calculation *c)
{
    c->run_sent = true;
    if (c->code.p) {
        run_with(c, c->code);
        return;
    }
    calculation_ref(c);
    store_get_code(c->core->p.store, c->id, on_code, c);
}

/* It was stopped before it ran. */
static void on_never_run(struct timer *t)
{
    struct calculation *c = t->ctx;
    if (!c->outcome && !c->run_sent && !c->core->detached)
        calculation_finish(c, STATE(CANCELED), c->reason);
}

void calculation_cancel_on(struct calculation *c)
{
    if (c->cancel_sent)
        return;
    if (!c->run_sent && c->adopted) {
        if (!timer_active(&c->retry))
            timer_start(c->core->p.timers, &c->retry, ADOPTED_WAIT_MS, on_never_run, c);
        return;
    }
    if (!c->run_sent) {
        calculation_finish(c, STATE(CANCELED), c->reason);
        return;
    }
    c->cancel_sent = true;
    c->core->p.runner->ops->cancel(c->session->driver, c->id);
}
