/* What the operations ask of calculations. */
#include "core/internal.h"

#include "base/random.h"

#define STATE(x) ATHENA_CALCULATION_EXECUTION_STATE_##x

static int not_found(struct err *err, struct str id)
{
    return err_set(err, ERR_INVALID_REQUEST, "Calculation %.*s does not exist", STR_ARG(id));
}

/* --- StartCalculationExecution --- */

struct starting {
    struct calculation *calculation;
    calculation_state_fn *fn;
    void *ctx;
};

/* The commit failed: nobody saw the calculation, the session is as it was. */
static void take_back(struct calculation *c)
{
    struct session *s = c->session;
    map_remove(&c->core->calculation_by_id, c->id);
    c->core->stats.calculations_running--;
    timer_stop(c->core->p.timers, &c->deadline);
    s->calculation = NULL;
    session_set_state(s, ATHENA_SESSION_STATE_IDLE, NULL);
    calculation_unref(c);
}

/* Its driver has died, or its session is being ended: a later commit has it, and brings it to its end. */
static bool is_ending(const struct calculation *c)
{
    return c->outcome || c->state != STATE(CREATING);
}

static void on_start_stored(void *ctx, const struct err *err)
{
    struct starting *g = ctx;
    struct calculation *c = g->calculation;
    g->fn(g->ctx, err ? STR_NULL : c->id, STATE(CREATING), err);
    if (err && !is_ending(c))
        take_back(c);
    free(g);
}

static void refuse(struct str state, calculation_state_fn *fn, void *ctx)
{
    struct err e;
    err_set(&e, ERR_INVALID_REQUEST, "Session is in the %.*s state; needs to be IDLE to accept Calculations.",
            STR_ARG(state));
    fn(ctx, STR_NULL, STATE(ABSENT), &e);
}

static void begin(struct session *s, const struct calculation_request *r, calculation_state_fn *fn, void *ctx)
{
    struct core *core = s->core;
    CLEANUP_ARENA struct arena *a = arena_new(64 * 1024);
    char id[UUID_TEXT_LEN + 1];
    random_uuid(id);
    struct calculation_record record = {
        .id = str_from(id),
        .description = r->description,
        .working_directory = arena_printf(a, "%.*s/%s", STR_ARG(s->output_location), id),
        .state = calculation_state_text(STATE(CREATING)),
        .submitted_ms = core_now_ms(core),
    };
    session_set_state(s, ATHENA_SESSION_STATE_BUSY, NULL);
    struct calculation *c = calculation_new(s, &record);
    c->code = arena_str(c->arena, r->code);
    calculation_set_deadline(c);
    struct store_batch *batch = store_batch_new(core->p.store);
    store_put_code(batch, c->id, c->code);
    for (size_t i = 0; i < r->token_count; i++) {
        struct token_record token = r->tokens[i];
        token.resource_id = c->id;
        store_add_token(batch, &token);
    }
    struct starting *g = mem_new(sizeof *g);
    *g = (struct starting){c, fn, ctx};
    session_commit(s, c, batch, on_start_stored, g);
}

struct refusing {
    calculation_state_fn *fn;
    void *ctx;
};

static void on_ended_session(void *ctx, const struct session_record *r, const struct err *err)
{
    struct refusing *g = ctx;
    if (err)
        g->fn(g->ctx, STR_NULL, STATE(ABSENT), err);
    else
        refuse(r->state, g->fn, g->ctx);
    free(g);
}

/* The state that an answer names: IDLE where one may start. */
static enum athena_session_state state_for_start(const struct session *s)
{
    bool busy = s->state == ATHENA_SESSION_STATE_IDLE && (s->unverified || s->calculation);
    return busy ? ATHENA_SESSION_STATE_BUSY : s->state;
}

bool calculation_may_start(const struct core *c, struct str session_id)
{
    const struct session *s = session_find(c, session_id);
    return s && s->committed && state_for_start(s) == ATHENA_SESSION_STATE_IDLE;
}

void calculation_start(struct core *c, const struct calculation_request *r, calculation_state_fn *fn,
                       void *ctx)
{
    struct session *s = session_find(c, r->session_id);
    if (!s || !s->committed) {
        struct refusing *g = mem_new(sizeof *g);
        *g = (struct refusing){fn, ctx};
        session_get(c, r->session_id, on_ended_session, g);
    } else if (!calculation_may_start(c, r->session_id)) {
        refuse(session_state_text(state_for_start(s)), fn, ctx);
    } else {
        begin(s, r, fn, ctx);
    }
}

/* --- reading --- */

struct reading {
    calculation_view_fn *fn;
    void *ctx;
    char id[UUID_TEXT_LEN + 1];
};

static void on_read(void *ctx, const struct calculation_record *r, const struct err *err)
{
    struct reading *g = ctx;
    struct err e;
    if (!r && !err) {
        not_found(&e, str_from(g->id));
        err = &e;
    }
    g->fn(g->ctx, err ? NULL : r, err);
    free(g);
}

/* Progress and time of a running one are telemetry: shown as they are, not as they were committed. */
static void view_of(const struct calculation *c, struct calculation_record *ret)
{
    *ret = c->committed->record;
    if (calculation_state_ended(calculation_state_from(ret->state)))
        return;
    ret->progress = str_from(c->progress);
    if (ret->started_ms)
        ret->dpu_ms = calculation_dpu_ms(c);
}

void calculation_get(struct core *core, struct str id, calculation_view_fn *fn, void *ctx)
{
    struct calculation *c = calculation_find(core, id);
    if (c && c->committed) {
        struct calculation_record view;
        view_of(c, &view);
        fn(ctx, &view, NULL);
        return;
    }
    if (!uuid_valid(id)) {
        struct err e;
        not_found(&e, id);
        fn(ctx, NULL, &e);
        return;
    }
    struct reading *g = mem_new(sizeof *g);
    *g = (struct reading){.fn = fn, .ctx = ctx};
    memcpy(g->id, id.p, id.n);
    store_get_calculation(core->p.store, id, on_read, g);
}

/* --- StopCalculationExecution --- */

struct stopping {
    struct session *session; /* of the commit */
    calculation_state_fn *fn;
    void *ctx;
    char id[UUID_TEXT_LEN + 1];
};

static void on_stop_stored(void *ctx, const struct err *err)
{
    struct stopping *g = ctx;
    if (err)
        session_save_later(g->session);
    g->fn(g->ctx, str_from(g->id), STATE(CANCELING), err);
    free(g);
}

static void on_found(void *ctx, const struct calculation_record *r, const struct err *err)
{
    struct stopping *g = ctx;
    g->fn(g->ctx, r ? r->id : STR_NULL, r ? calculation_state_from(r->state) : STATE(ABSENT), err);
    free(g);
}

static bool can_stop(const struct calculation *c)
{
    return c && c->committed && !c->outcome && !calculation_state_ended(c->state) &&
           c->state != STATE(CANCELING);
}

void calculation_stop(struct core *core, struct str id, calculation_state_fn *fn, void *ctx)
{
    struct calculation *c = calculation_find(core, id);
    struct stopping *g = mem_new(sizeof *g);
    *g = (struct stopping){.fn = fn, .ctx = ctx};
    if (id.n <= UUID_TEXT_LEN)
        memcpy(g->id, id.p, id.n);
    if (!can_stop(c)) {
        calculation_get(core, id, on_found, g);
        return;
    }
    calculation_set_state(c, STATE(CANCELING), "The calculation was stopped per request.");
    g->session = c->session;
    session_commit(c->session, c, store_batch_new(core->p.store), on_stop_stored, g);
}
