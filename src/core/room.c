/* Room for one more session on this machine. Where there is none, idle sessions that nobody comes back to are
 * ended for it: dbt starts sessions for each of its runs and ends none. */
#include "core/internal.h"

#include "base/glob.h"
#include "base/log.h"

#define STATE(x) ATHENA_SESSION_STATE_##x
#define GIVEN_UP_REASON                                                                                      \
    "Session was terminated: it was idle, another session needed its memory, and session.expendable fits "   \
    "its description."

/* Its client is about to use it: it has started and run nothing yet. */
static bool is_awaited(const struct session *s)
{
    return s->idle_since_ms <= s->ready_ms &&
           core_now_ms(s->core) - s->ready_ms < s->core->p.config->expendable_after_ms;
}

static bool is_expendable(const struct session *s)
{
    const struct core_config *config = s->core->p.config;
    if (s->state != STATE(IDLE) || s->unverified || s->fail_reason || !s->committed || is_awaited(s))
        return false;
    struct str rest = config->expendable;
    while (rest.n) {
        struct str pattern = str_trim(str_cut(&rest, ','));
        if (pattern.n && glob_fits(pattern, s->description))
            return true;
    }
    return false;
}

/* The one that has been idle for longest, and the memory of all of them. */
static struct session *find_expendable(const struct core *c, int64_t *bytes)
{
    struct session *ret = NULL;
    *bytes = 0;
    LIST_EACH(node, &c->sessions) {
        struct session *s = CONTAINER_OF(node, struct session, link);
        if (!is_expendable(s))
            continue;
        *bytes += s->memory_bytes;
        if (!ret || s->idle_since_ms < ret->idle_since_ms)
            ret = s;
    }
    return ret;
}

/* Memory of the sessions that were given up and whose processes are ending: `session.stop_grace` at most. */
static int64_t given_up_bytes(const struct core *c)
{
    int64_t ret = 0;
    LIST_EACH(node, &c->sessions) {
        const struct session *s = CONTAINER_OF(node, struct session, link);
        if (s->given_up && !session_state_ended(s->state))
            ret += s->memory_bytes;
    }
    return ret;
}

static int64_t missing_bytes(const struct core *c)
{
    const struct core_config *config = c->p.config;
    return c->stats.memory_reserved_bytes - given_up_bytes(c) + config->memory_per_session_bytes -
           config->memory_room_bytes;
}

static bool make_room(struct core *c)
{
    int64_t expendable;
    struct session *s = find_expendable(c, &expendable);
    if (missing_bytes(c) > expendable)
        return false;
    while (missing_bytes(c) > 0) {
        log_info("core", "session is given up for another one", F_STR("session_id", s->id));
        s->given_up = true;
        session_end(s, SESSION_END_IDLE, GIVEN_UP_REASON);
        session_save(s);
        s = find_expendable(c, &expendable);
    }
    return true;
}

int session_make_room(struct core *c, int64_t max_dpus, struct err *err)
{
    const struct core_config *config = c->p.config;
    if (c->ending)
        return err_set(err, ERR_UNAVAILABLE, "The server is ending; it starts no more sessions.");
    if (max_dpus > config->session_dpus)
        return err_set(
            err, ERR_INVALID_REQUEST,
            "MaxConcurrentDpus of %lld exceeds the limit of %lld DPUs per session (limits.session_dpus).",
            (long long)max_dpus, (long long)config->session_dpus);
    if (c->stats.dpus + 1 > config->account_dpus)
        return err_set(
            err, ERR_TOO_MANY_REQUESTS,
            "Maximum allowed sessions reached: %lld DPUs are in use and the account's limit is %lld "
            "(limits.account_dpus).",
            (long long)c->stats.dpus, (long long)config->account_dpus);
    if (make_room(c))
        return 0;
    return err_set(
        err, ERR_INVALID_REQUEST,
        "Failed to Provision session due to required capacity not being available: %lld MiB of %lld MiB "
        "are reserved by live sessions, and a session needs %lld MiB. Idle ones end by TerminateSession or "
        "at their idle timeout (session.idle_timeout); engine.memory is what each reserves.",
        (long long)(c->stats.memory_reserved_bytes >> 20), (long long)(config->memory_room_bytes >> 20),
        (long long)(config->memory_per_session_bytes >> 20));
}
