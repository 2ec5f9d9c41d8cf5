/* A session's pending version: its states, its times, its deadline. */
#include "core/internal.h"

#include "base/log.h"

#include <stdio.h>

enum { ARENA_MAX = 4 * 1024 * 1024, END_RETRY_MS = 10000 };

#define STATE(x) ATHENA_SESSION_STATE_##x

static int64_t wall(const struct session *s)
{
    return clock_wall_ms(s->core->p.clock);
}

struct session *session_new(struct core *c, const struct session_record *r)
{
    struct session *s = mem_new(sizeof *s);
    struct arena *a = arena_new(ARENA_MAX);
    s->core = c;
    s->refs = 1;
    s->arena = a;
    s->id = arena_str(a, r->id);
    s->workgroup = arena_str(a, r->workgroup);
    s->description = arena_str(a, r->description);
    s->engine_version = arena_str(a, r->engine_version);
    s->principal = arena_str(a, r->principal);
    s->detail = arena_str(a, r->detail);
    s->seq = r->seq;
    s->idle_timeout_ms = r->idle_timeout_ms;
    s->memory_bytes = r->memory_bytes;
    s->max_dpus = r->max_dpus;
    s->created_ms = r->created_ms;
    s->state = session_state_from(r->state);
    text_set_str(&s->reason, r->reason);
    s->ready_ms = r->ready_ms;
    s->modified_ms = r->modified_ms;
    s->idle_since_ms = r->idle_since_ms;
    s->dpu_floor_ms = r->dpu_ms;
    list_append(&c->sessions, &s->link);
    map_put(&c->session_by_id, s->id, s);
    c->stats.sessions[s->state]++;
    c->stats.memory_reserved_bytes += s->memory_bytes;
    c->stats.dpus++;
    return s;
}

void session_ref(struct session *s)
{
    s->refs++;
}

void session_unref(struct session *s)
{
    if (--s->refs)
        return;
    struct timers *t = s->core->p.timers;
    timer_stop(t, &s->deadline);
    timer_stop(t, &s->lifetime);
    timer_stop(t, &s->save_timer);
    session_snapshot_free(s->committed);
    free(s->reason);
    free(s->exit_reason);
    free(s->exit_log_tail);
    free(s->fail_reason);
    arena_free(s->arena);
    free(s);
}

struct session *session_find(const struct core *c, struct str id)
{
    return map_get(&c->session_by_id, id);
}

int64_t session_dpu_ms(struct session *s)
{
    int64_t until = s->ended_ms ? s->ended_ms : wall(s);
    int64_t ms = s->ready_ms && until > s->ready_ms ? until - s->ready_ms : 0;
    if (ms > s->dpu_floor_ms)
        s->dpu_floor_ms = ms;
    return s->dpu_floor_ms;
}

void session_record_of(struct session *s, struct session_record *ret)
{
    *ret = (struct session_record){
        .id = s->id,
        .seq = s->seq,
        .workgroup = s->workgroup,
        .description = s->description,
        .engine_version = s->engine_version,
        .principal = s->principal,
        .detail = s->detail,
        .state = session_state_text(s->state),
        .reason = str_from(s->reason),
        .end_kind = session_state_ended(s->state) ? str_from(s->end_kind) : STR_NULL,
        .idle_timeout_ms = s->idle_timeout_ms,
        .created_ms = s->created_ms,
        .ready_ms = s->ready_ms,
        .modified_ms = s->modified_ms,
        .idle_since_ms = s->idle_since_ms,
        .ended_ms = s->ended_ms,
        .dpu_ms = session_dpu_ms(s),
        .memory_bytes = s->memory_bytes,
        .max_dpus = s->max_dpus,
    };
}

static void start_overdue(struct session *s)
{
    char text[160];
    snprintf(text, sizeof text,
             "The session did not become ready within %lld seconds; its log (glaux logs) shows why.",
             (long long)(s->core->p.config->session_start_ms / 1000));
    session_fail(s, SESSION_END_START, text);
}

static void idle_overdue(struct session *s)
{
    char text[160];
    snprintf(text, sizeof text,
             "Session was terminated by its idle timeout: no calculation ran for %lld minutes.",
             (long long)(s->idle_timeout_ms / 60000));
    session_end(s, SESSION_END_IDLE, text);
    session_save(s);
}

/* The driver was told to end and has not: the runner is asked again, now without grace. */
static void end_overdue(struct timer *t)
{
    struct session *s = t->ctx;
    if (s->driver_exited || !s->driver)
        return;
    s->core->p.runner->ops->stop(s->driver, 0);
    timer_start(s->core->p.timers, t, END_RETRY_MS, end_overdue, s);
}

static void on_deadline(struct timer *t)
{
    struct session *s = t->ctx;
    if (s->state == STATE(IDLE))
        idle_overdue(s);
    else if (s->state == STATE(CREATING) || s->state == STATE(CREATED))
        start_overdue(s);
}

static void on_lifetime(struct timer *t)
{
    struct session *s = t->ctx;
    char text[160];
    snprintf(text, sizeof text,
             "Session was terminated: it reached the longest time of a session, %lld minutes.",
             (long long)(s->core->p.config->session_longest_ms / 60000));
    session_end(s, SESSION_END_LIMIT, text);
    session_save(s);
}

static void arm_lifetime(struct session *s)
{
    int64_t longest = s->core->p.config->session_longest_ms;
    if (longest && !timer_active(&s->lifetime))
        timer_start(s->core->p.timers, &s->lifetime, s->created_ms + longest - wall(s), on_lifetime, s);
}

void session_arm(struct session *s)
{
    struct timers *t = s->core->p.timers;
    const struct core_config *config = s->core->p.config;
    if (session_state_ended(s->state)) {
        timer_stop(t, &s->deadline);
        timer_stop(t, &s->lifetime);
        return;
    }
    if (s->unverified)
        return;
    arm_lifetime(s);
    if (s->fail_reason || s->state == STATE(TERMINATING))
        timer_start(t, &s->deadline, config->stop_grace_ms + END_RETRY_MS, end_overdue, s);
    else if (s->state == STATE(IDLE))
        timer_start(t, &s->deadline, s->idle_since_ms + s->idle_timeout_ms - wall(s), on_deadline, s);
    else if (s->state == STATE(CREATING) || s->state == STATE(CREATED))
        timer_start(t, &s->deadline, s->created_ms + config->session_start_ms - wall(s), on_deadline, s);
    else
        timer_stop(t, &s->deadline);
}

static void log_state(const struct session *s, enum athena_session_state from)
{
    log_info("core", "session state", F_STR("session_id", s->id), F_STR("from", session_state_text(from)),
             F_STR("to", session_state_text(s->state)), F_CSTR("reason", s->reason ? s->reason : ""));
}

void session_set_state(struct session *s, enum athena_session_state to, const char *reason)
{
    enum athena_session_state from = s->state;
    struct core_stats *stats = &s->core->stats;
    REQUIRE(session_edge_legal(from, to));
    int64_t now = wall(s);
    s->state = to;
    text_set(&s->reason, reason);
    s->modified_ms = now;
    s->idle_since_ms = to == STATE(IDLE) ? now : 0;
    if (to == STATE(IDLE) && !s->ready_ms)
        s->ready_ms = now;
    stats->sessions[from]--;
    if (session_state_ended(to)) {
        s->ended_ms = now;
        stats->sessions_ended[to == STATE(FAILED)]++;
        stats->memory_reserved_bytes -= s->memory_bytes;
        stats->dpus--;
    } else {
        stats->sessions[to]++;
    }
    session_arm(s);
    log_state(s, from);
}

static const char *end_kind_of(enum driver_exit_kind kind)
{
    switch (kind) {
    case DRIVER_EXIT_STOPPED: return SESSION_END_REQUEST;
    case DRIVER_EXIT_START_FAILED: return SESSION_END_START;
    case DRIVER_EXIT_CODE:
    case DRIVER_EXIT_SIGNAL: return SESSION_END_CRASH;
    case DRIVER_EXIT_MEMORY: return SESSION_END_MEMORY;
    case DRIVER_EXIT_ORPHANED:
    case DRIVER_EXIT_LOST: return SESSION_END_LOST;
    }
    return SESSION_END_LOST;
}

void session_set_final(struct session *s)
{
    if (s->state == STATE(TERMINATING)) {
        CLEANUP_FREE char *reason = mem_strdup(s->reason);
        session_set_state(s, STATE(TERMINATED), reason);
        return;
    }
    s->end_kind = s->fail_kind ? s->fail_kind : end_kind_of(s->exit_kind);
    const char *reason = s->fail_reason ? s->fail_reason : s->exit_reason;
    session_set_state(s, STATE(FAILED),
                      reason ? reason : "The session's driver ended for an unknown reason.");
}
