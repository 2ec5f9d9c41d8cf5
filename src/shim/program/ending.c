/* How a driver ends: asked, then SIGTERM, then SIGKILL for all that is left of its tree. As the subreaper the
 * shim is the parent of whatever loses its own, so no child left means that nothing of the tree is. */
#include "shim/program/shim.h"

#include "base/file.h"
#include "shim/program/tree.h"
#include "shim/uids.h"
#include "shim/user.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>

enum {
    KILL_AGAIN_MS = 20, /* processes may have been made meanwhile */
    GIVE_UP_MS = 4000,  /* for processes that the kernel cannot end */
    RECORD_MAX_BYTES = 16 * 1024,
    LOG_READ_BYTES = 64 * 1024,
};

void ending_init(struct shim *s)
{
    buf_init(&s->ending.record, RECORD_MAX_BYTES);
}

bool ending_finished(const struct shim *s)
{
    return s->ending.stage == STAGE_FINISHED;
}

static void step(struct shim *s);

static void on_timer(struct timer *t)
{
    step(t->ctx);
}

static void step_at(struct shim *s, int64_t when_ms)
{
    timer_start(&s->reactor.timers, &s->ending.timer, when_ms - shim_now_ms(s), on_timer, s);
}

static void signal_tree(int signal)
{
    CLEANUP_TREE struct tree t;
    tree_read(&t, getpid());
    tree_signal(&t, signal);
}

/* Stopped first, so that a process cannot make others faster than they are found. */
static void kill_tree(struct shim *s)
{
    if (cgroup_exists(&s->group))
        cgroup_kill(&s->group);
    signal_tree(SIGSTOP);
    signal_tree(SIGKILL);
    if (s->spec->uid != 0)
        user_kill(s->spec->uid);
}

static bool reap_all(struct shim *s);
static void finish(struct shim *s);

static void step_kill(struct shim *s)
{
    struct ending *e = &s->ending;
    int64_t now = shim_now_ms(s);
    if (e->stage != STAGE_KILLED) {
        e->stage = STAGE_KILLED;
        e->forced |= !e->driver_gone;
        e->give_up_ms = now + GIVE_UP_MS;
    }
    kill_tree(s);
    bool nobody = reap_all(s);
    if (nobody || now >= e->give_up_ms) {
        e->survived = !nobody;
        if (e->survived)
            logfile_note(&s->log, "some processes of the session could not be ended");
        finish(s);
        return;
    }
    step_at(s, now + KILL_AGAIN_MS);
}

/* What is due of the ladder. */
static void step(struct shim *s)
{
    struct ending *e = &s->ending;
    int64_t now = shim_now_ms(s);
    if (e->stage == STAGE_FINISHED)
        return;
    if (e->driver_gone || now >= e->kill_ms || e->stage == STAGE_KILLED) {
        step_kill(s);
        return;
    }
    if (now >= e->terminate_ms && e->stage != STAGE_TERMINATED) {
        e->stage = STAGE_TERMINATED;
        e->forced = true;
        signal_tree(SIGTERM);
    }
    step_at(s, e->stage == STAGE_TERMINATED ? e->kill_ms : e->terminate_ms);
}

static void plan(struct shim *s, int64_t grace_ms)
{
    struct ending *e = &s->ending;
    int64_t now = shim_now_ms(s), grace = grace_ms < 0 ? 0 : grace_ms;
    bool first = e->stage == STAGE_RUNNING;
    if (first || now + grace < e->kill_ms) {
        e->kill_ms = now + grace;
        e->terminate_ms = now + grace - grace / 3;
    }
    if (first) {
        e->stage = STAGE_ASKED;
        link_send_exit(s);
    }
}

void ending_begin(struct shim *s, enum cause cause, int64_t grace_ms, const char *fmt, ...)
{
    struct ending *e = &s->ending;
    if (e->stage == STAGE_FINISHED)
        return;
    calc_hurry(s);
    if (e->cause == CAUSE_NONE) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(e->reason, sizeof e->reason, fmt, ap);
        va_end(ap);
        e->cause = cause;
        logfile_note(&s->log, "ending the driver: %s", e->reason);
    }
    plan(s, grace_ms);
    step_at(s, e->driver_gone || grace_ms <= 0 ? shim_now_ms(s) : e->terminate_ms);
}

/* True: there is no child left. */
static bool reap_all(struct shim *s)
{
    struct ending *e = &s->ending;
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid <= 0)
            return pid < 0 && errno == ECHILD;
        if (pid == s->process.pid && !e->driver_gone) {
            e->driver_gone = true;
            e->wait_status = status;
        }
    }
}

void ending_reap(struct shim *s)
{
    bool knew = s->ending.driver_gone;
    reap_all(s);
    if (s->ending.stage == STAGE_FINISHED || !s->ending.driver_gone)
        return;
    if (!knew)
        channel_drain(&s->link); /* it may have told its end */
    step(s);
}

static const char *kind_by_status(const struct ending *e)
{
    return WIFSIGNALED(e->wait_status) ? "signal" : "exit";
}

/* A driver that ended by itself after it closed its link simply ended. */
static bool own_end(const struct ending *e)
{
    return e->cause == CAUSE_NONE || (e->cause == CAUSE_LINK && !e->forced);
}

static void tell_status(const struct shim *s, char *to, size_t size)
{
    const char *when = s->link_state == LINK_STARTING ? " before it was ready" : "";
    int status = s->ending.wait_status;
    if (WIFSIGNALED(status))
        snprintf(to, size, "The driver was ended by signal %d (%s)%s.", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), when);
    else if (s->ending.told[0])
        snprintf(to, size, "The driver ended by itself: %s", s->ending.told);
    else
        snprintf(to, size, "The driver ended by itself with code %d%s.", WEXITSTATUS(status), when);
}

/* Fills in the reason of an end that the driver's status tells, and returns its kind. */
static const char *judge_own_end(struct shim *s)
{
    struct ending *e = &s->ending;
    bool killed = WIFSIGNALED(e->wait_status) && WTERMSIG(e->wait_status) == SIGKILL;
    if (cgroup_exists(&s->group) && cgroup_ran_out(&s->group)) {
        snprintf(e->reason, sizeof e->reason,
                 "The driver used more memory than its limit of %lld MiB (engine.memory) and was ended.",
                 (long long)s->spec->memory_bytes / (1024 * 1024));
        return "memory";
    }
    if (killed && watchdog_kernel_killed(s)) {
        snprintf(e->reason, sizeof e->reason, "The kernel ended the driver because memory ran out.");
        return "memory";
    }
    tell_status(s, e->reason, sizeof e->reason);
    return s->link_state == LINK_STARTING ? "start_failed" : kind_by_status(e);
}

static const char *judge(struct shim *s)
{
    struct ending *e = &s->ending;
    if (own_end(e))
        return judge_own_end(s);
    switch (e->cause) {
    case CAUSE_NONE: break;
    case CAUSE_STOPPED: return "stopped";
    case CAUSE_FAILED: return "start_failed";
    case CAUSE_MEMORY: return "memory";
    case CAUSE_ORPHANED: return "orphaned";
    case CAUSE_LINK: return s->link_state == LINK_STARTING ? "start_failed" : kind_by_status(e);
    }
    return kind_by_status(e);
}

static void drain_log(struct shim *s)
{
    char bytes[LOG_READ_BYTES];
    ssize_t n;
    while (s->log_pipe.fd >= 0 && (n = read(s->log_pipe.fd, bytes, sizeof bytes)) > 0)
        logfile_write(&s->log, str_of(bytes, (size_t)n));
    watch_close(&s->log_pipe);
}

static void end_calculation(struct shim *s)
{
    calc_hurry(s);
    if (!s->calcs.running)
        return;
    char reason[REASON_MAX + 128];
    bool stopped = s->ending.cause == CAUSE_STOPPED;
    snprintf(reason, sizeof reason, "The driver ended while the calculation was running: %s",
             s->ending.reason);
    calc_finish(s, &(struct calc_end){
                       .state = stopped ? STR("CANCELED") : STR("FAILED"),
                       .reason = str_from(stopped ? s->ending.reason : reason),
                       .result_type = STR(""),
                       .driver_ended = true,
                   });
}

static void save_record(struct shim *s)
{
    struct ending *e = &s->ending;
    struct err err;
    e->recorded = file_write(s->folder, EXIT_FILE, buf_str(&e->record), true, &err) == 0;
    if (!e->recorded)
        logfile_note(&s->log, "the end of the session was not recorded: %s", err.text);
}

bool ending_recorded(struct shim *s)
{
    if (!s->ending.recorded)
        save_record(s);
    return calc_save_all(s) && s->ending.recorded;
}

static void write_record(struct shim *s, const char *kind)
{
    struct ending *e = &s->ending;
    struct jsonw w;
    jsonw_init(&w, &e->record);
    jsonw_object(&w);
    jsonw_member_str(&w, "t", STR("exited"));
    jsonw_member_str(&w, "kind", str_from(kind));
    jsonw_member_int(&w, "code", WIFEXITED(e->wait_status) ? WEXITSTATUS(e->wait_status) : 0);
    jsonw_member_int(&w, "signal", WIFSIGNALED(e->wait_status) ? WTERMSIG(e->wait_status) : 0);
    jsonw_member_str(&w, "reason", str_from(e->reason));
    jsonw_end_object(&w);
    save_record(s);
}

/* The tree is gone: records, then the server. */
static void finish(struct shim *s)
{
    struct ending *e = &s->ending;
    const char *kind = judge(s);
    timer_stop(&s->reactor.timers, &e->timer);
    channel_close(&s->link);
    cgroup_remove(&s->group);
    drain_log(s);
    end_calculation(s);
    if (s->spec->uid != 0 && !e->survived)
        uids_give_back(s->user_claim, s->spec->uid, s->spec->work_folder);
    e->stage = STAGE_FINISHED;
    write_record(s, kind);
    logfile_note(&s->log, "the driver has ended (%s): %s", kind, e->reason);
    server_send_body(s, buf_str(&e->record));
    if (e->cause == CAUSE_ORPHANED && !server_connected(s))
        server_await_none(s);
}

void ending_not_started(struct shim *s, const char *reason)
{
    struct ending *e = &s->ending;
    e->cause = CAUSE_FAILED;
    e->driver_gone = true;
    snprintf(e->reason, sizeof e->reason, "%s", reason);
    finish(s);
}
