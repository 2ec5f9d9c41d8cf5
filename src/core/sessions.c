/* What the operations ask of sessions. */
#include "core/internal.h"

#include "base/random.h"

#define STATE(x) ATHENA_SESSION_STATE_##x
#define UNVERIFIED_REASON "The server was restarted; the session's driver is being verified."

/* --- StartSession --- */

struct starting {
    struct session *session;
    session_state_fn *fn;
    void *ctx;
};

static void on_start_stored(void *ctx, const struct err *err)
{
    struct starting *g = ctx;
    struct session *s = g->session;
    if (err) {
        struct core *c = s->core;
        c->stats.sessions[s->state]--;
        c->stats.memory_reserved_bytes -= s->memory_bytes;
        c->stats.dpus--;
        session_drop(s);
        g->fn(g->ctx, STR_NULL, STATE(ABSENT), err);
    } else {
        s->core->stats.sessions_started++;
        g->fn(g->ctx, s->id, STATE(CREATING), NULL);
    }
    free(g);
}

static void add_tags(struct store_batch *batch, const struct core *c, struct arena *a,
                     const struct session *s, const struct session_request *r)
{
    struct str arn = core_session_arn(c, a, s->workgroup, s->id);
    for (size_t i = 0; i < r->tag_count; i++)
        store_put_tag(batch, arn, &(struct tag_record){r->tags[i].key, r->tags[i].value});
}

void session_start(struct core *c, const struct session_request *r, session_state_fn *fn, void *ctx)
{
    CLEANUP_ARENA struct arena *a = arena_new(64 * 1024);
    int64_t now = core_now_ms(c);
    struct session_record record = {
        .id = r->id,
        .workgroup = r->workgroup,
        .description = r->description,
        .engine_version = r->engine_version,
        .principal = r->principal,
        .detail = r->detail,
        .state = session_state_text(STATE(CREATING)),
        .idle_timeout_ms = r->idle_timeout_ms,
        .created_ms = now,
        .modified_ms = now,
        .memory_bytes = c->p.config->memory_per_session_bytes,
        .max_dpus = r->max_dpus,
    };
    struct session *s = session_new(c, &record);
    s->output_location = arena_str(s->arena, r->output_location);
    s->execution_role = arena_str(s->arena, r->execution_role);
    struct store_batch *batch = store_batch_new(c->p.store);
    add_tags(batch, c, a, s, r);
    for (size_t i = 0; i < r->token_count; i++) {
        struct token_record token = r->tokens[i];
        token.resource_id = s->id;
        store_add_token(batch, &token);
    }
    session_arm(s);
    struct starting *g = mem_new(sizeof *g);
    *g = (struct starting){s, fn, ctx};
    session_commit(s, NULL, batch, on_start_stored, g);
}

/* --- reading --- */

static int not_found(struct err *err, struct str id)
{
    return err_set(err, ERR_INVALID_REQUEST, "Session %.*s does not exist", STR_ARG(id));
}

/* The committed version with what time changes. */
static void view_of(struct session *s, struct session_record *ret)
{
    *ret = s->committed->record;
    if (!session_state_ended(session_state_from(ret->state)))
        ret->dpu_ms = session_dpu_ms(s);
    if (s->unverified && str_is(ret->state, "IDLE")) {
        ret->state = STR("BUSY");
        ret->reason = STR(UNVERIFIED_REASON);
        ret->idle_since_ms = 0;
    }
}

struct reading {
    session_view_fn *fn;
    void *ctx;
    char id[UUID_TEXT_LEN + 1];
};

static void on_read(void *ctx, const struct session_record *r, const struct err *err)
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

void session_get(struct core *c, struct str id, session_view_fn *fn, void *ctx)
{
    struct session *s = session_find(c, id);
    if (s && s->committed) {
        struct session_record view;
        view_of(s, &view);
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
    store_get_session(c->p.store, id, on_read, g);
}

struct listing {
    struct core *core;
    struct store_list query;
    store_sessions_fn *fn;
    void *ctx;
};

static bool wanted(const struct store_list *q, struct str state)
{
    for (size_t i = 0; i < q->state_count; i++)
        if (str_eq(q->states[i], state))
            return true;
    return false;
}

/* Sessions that are not verified yet are shown as GetSession shows them. The page keeps its rows, so that its
 * token stays right. */
static void on_list(void *ctx, const struct session_record *r, size_t count, const struct err *err)
{
    struct listing *g = ctx;
    CLEANUP_FREE struct session_record *shown = mem_new_array(count, sizeof *shown);
    for (size_t i = 0; i < count; i++) {
        struct session *s = session_find(g->core, r[i].id);
        shown[i] = r[i];
        if (s && s->unverified && s->committed)
            view_of(s, &shown[i]);
        if (!wanted(&g->query, shown[i].state))
            shown[i].state = r[i].state;
    }
    g->fn(g->ctx, shown, count, err);
    free(g);
}

void session_list(struct core *c, const struct store_list *q, store_sessions_fn *fn, void *ctx)
{
    static const enum athena_session_state active[] = {STATE(CREATING), STATE(CREATED), STATE(IDLE),
                                                       STATE(BUSY), STATE(DEGRADED)};
    struct listing *g = mem_new(sizeof *g);
    *g = (struct listing){c, *q, fn, ctx};
    if (!q->state_count)
        for (size_t i = 0; i < ARRAY_SIZE(active); i++)
            g->query.states[g->query.state_count++] = session_state_text(active[i]);
    store_list_sessions(c->p.store, &g->query, on_list, g);
}

/* --- TerminateSession --- */

struct terminating {
    struct session *session; /* of the commit */
    session_state_fn *fn;
    void *ctx;
    char id[UUID_TEXT_LEN + 1];
};

static void on_end_stored(void *ctx, const struct err *err)
{
    struct terminating *g = ctx;
    if (err)
        session_save_later(g->session);
    g->fn(g->ctx, str_from(g->id), STATE(TERMINATING), err);
    free(g);
}

static void on_found_ended(void *ctx, const struct session_record *r, const struct err *err)
{
    struct terminating *g = ctx;
    g->fn(g->ctx, r ? r->id : STR_NULL, r ? session_state_from(r->state) : STATE(ABSENT), err);
    free(g);
}

static struct terminating *terminating_new(struct str id, session_state_fn *fn, void *ctx)
{
    struct terminating *g = mem_new(sizeof *g);
    *g = (struct terminating){.fn = fn, .ctx = ctx};
    if (id.n <= UUID_TEXT_LEN)
        memcpy(g->id, id.p, id.n);
    return g;
}

void session_terminate(struct core *c, struct str id, session_state_fn *fn, void *ctx)
{
    struct session *s = session_find(c, id);
    if (!s || !s->committed || session_state_ended(s->state)) {
        session_get(c, id, on_found_ended, terminating_new(id, fn, ctx));
        return;
    }
    session_end(s, SESSION_END_REQUEST, "Session was terminated per request");
    struct terminating *g = terminating_new(id, fn, ctx);
    g->session = s;
    session_commit(s, session_open_calculation(s), store_batch_new(c->p.store), on_end_stored, g);
}

bool session_owner_of(const struct core *c, struct str id, struct session_owner *ret)
{
    const struct session *s = session_find(c, id);
    if (!s || !s->committed || session_state_ended(s->state) || s->state == STATE(TERMINATING))
        return false;
    *ret = (struct session_owner){s->workgroup, s->execution_role, s->output_location};
    return true;
}

bool session_any_in(const struct core *c, struct str workgroup, struct session_record *ret)
{
    LIST_EACH(node, &c->sessions) {
        struct session *s = CONTAINER_OF(node, struct session, link);
        if (!str_eq(s->workgroup, workgroup) || !s->committed || session_state_ended(s->state))
            continue;
        view_of(s, ret);
        return true;
    }
    return false;
}

size_t session_count_in(const struct core *c, struct str workgroup)
{
    size_t n = 0;
    LIST_EACH(node, &c->sessions) {
        const struct session *s = CONTAINER_OF(node, struct session, link);
        n += str_eq(s->workgroup, workgroup) && !session_state_ended(s->state);
    }
    return n;
}

void session_end_in(struct core *c, struct str workgroup)
{
    LIST_EACH(node, &c->sessions) {
        struct session *s = CONTAINER_OF(node, struct session, link);
        if (!str_eq(s->workgroup, workgroup) || session_state_ended(s->state))
            continue;
        session_end(s, SESSION_END_REQUEST, "Session was terminated: its workgroup was deleted");
        session_save(s);
    }
}
