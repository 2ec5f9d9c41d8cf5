/* The conversation with a shim, from connecting to the session's end. */
#include "shim/driver.h"

#include "base/log.h"
#include "shim/record.h"

#include <errno.h>

enum {
    PROTOCOL_VERSION = 1,
    CONNECT_AGAIN_MS = 200,
    STEADY_MS = 10000, /* a connection that breaks twice within it is given up */
    FRAME_ARENA_BYTES = 64 * 1024,
};

/* ---- The end ---- */

void talk_stop_timers(struct driver *d)
{
    timer_stop(driver_timers(d), &d->connect_timer);
    timer_stop(driver_timers(d), &d->answer_timer);
    timer_stop(driver_timers(d), &d->stop_timer);
}

static bool tell_done(struct driver *d, const json_t *json);

static void on_epitaph(void *ctx, const struct epitaph *e)
{
    struct driver *d = ctx;
    d->epitaph = NULL;
    if (!d->stated)
        d->events->status(d->ctx, &(struct driver_status){.state = DRIVER_ENDED});
    for (size_t i = 0; i < e->done_count; i++)
        tell_done(d, e->done[i]);
    d->ended = true;
    d->events->exited(d->ctx, &e->exit);
}

void talk_conclude(struct driver *d, json_t *exited)
{
    talk_stop_timers(d);
    if (!exited) {
        wire_close(d->wire);
        d->wire = NULL;
    }
    if (d->epitaph || d->ended) {
        json_decref(exited);
        return;
    }
    struct epitaph_of of = {d->paths.folder, str_from(d->id), d->runner->config->cgroup};
    d->epitaph = epitaph_begin(d->runner->loop, &of, exited, on_epitaph, d);
}

/* ---- What the server says ---- */

void talk_give_up(struct driver *d, const char *why)
{
    log_warn("shim", "a session's shim is given up", F_CSTR("session_id", d->id), F_CSTR("reason", why));
    talk_conclude(d, NULL);
}

static void send_simple(struct driver *d, const char *kind, const char *id)
{
    struct frame f;
    frame_open(&f, wire_out(d->wire), kind);
    if (id)
        jsonw_member_str(&f.json, "id", str_from(id));
    wire_send(d->wire, &f);
}

static void send_hello(struct driver *d)
{
    struct frame f;
    frame_open(&f, wire_out(d->wire), "hello");
    jsonw_member_int(&f.json, "version", PROTOCOL_VERSION);
    jsonw_member_str(&f.json, "server", STR("glauxd"));
    wire_send(d->wire, &f);
}

static void send_run(struct driver *d)
{
    struct frame f;
    frame_open(&f, wire_out(d->wire), "run");
    jsonw_member_str(&f.json, "id", str_from(d->run_id));
    jsonw_member_str(&f.json, "code", str_of(d->run_code, d->run_code_size));
    if (!wire_send(d->wire, &f))
        log_error("shim", "a calculation is not handed over: the shim does not read",
                  F_CSTR("calculation_id", d->run_id));
}

static void send_stop(struct driver *d)
{
    struct frame f;
    int64_t left = d->stop_due_ms - driver_now_ms(d);
    frame_open(&f, wire_out(d->wire), "stop");
    jsonw_member_int(&f.json, "grace_ms", left > 0 ? left : 0);
    wire_send(d->wire, &f);
}

void talk_forget_run(struct driver *d)
{
    free(d->run_code);
    d->run_code = NULL;
    d->run_id[0] = '\0';
    d->run_canceled = false;
}

/* ---- What the shim says ---- */

static void say_again(struct driver *d)
{
    if (d->run_code)
        send_run(d);
    if (d->run_canceled)
        send_simple(d, "cancel", d->run_id);
    if (d->stopping)
        send_stop(d);
}

static enum driver_state parse_state(struct str s)
{
    if (str_is(s, "ready"))
        return DRIVER_READY;
    return str_is(s, "exited") ? DRIVER_ENDED : DRIVER_STARTING;
}

static void on_state(struct driver *d, const json_t *frame)
{
    bool first = !d->stated;
    d->stated = true;
    timer_stop(driver_timers(d), &d->answer_timer);
    if (first)
        say_again(d);
    d->events->status(d->ctx, &(struct driver_status){
                                  .state = parse_state(json_member_str(frame, "driver")),
                                  .running = json_member_str(frame, "running"),
                              });
}

static bool tell_done(struct driver *d, const json_t *json)
{
    CLEANUP_ARENA struct arena *a = arena_new(FRAME_ARENA_BYTES);
    struct driver_done done;
    if (!record_done(json, d->paths.folder, a, &done))
        return false;
    if (str_is(done.calculation_id, d->run_id))
        talk_forget_run(d);
    if (!str_is(done.calculation_id, d->acked_id))
        d->events->done(d->ctx, &done);
    else if (d->wire)
        send_simple(d, "ack", d->acked_id);
    return true;
}

static bool on_exited(struct driver *d, const json_t *frame)
{
    struct driver_exit e;
    if (!record_exit(frame, &e))
        return false;
    talk_conclude(d, json_deep_copy(frame));
    return true;
}

static void on_broken(void *ctx, const char *reason);

static void on_frame(void *ctx, const json_t *frame)
{
    struct driver *d = ctx;
    struct str kind = frame_kind(frame), id = json_member_str(frame, "id");
    bool good = true;
    if (d->epitaph || d->ended)
        return;
    if (str_is(kind, "state"))
        on_state(d, frame);
    else if (str_is(kind, "ready"))
        d->events->ready(d->ctx);
    else if (str_is(kind, "started"))
        d->events->started(d->ctx, id);
    else if (str_is(kind, "progress"))
        d->events->progress(d->ctx, id, json_member_str(frame, "text"));
    else if (str_is(kind, "usage"))
        d->events->usage(d->ctx, json_member_int(frame, "rss", 0));
    else if (str_is(kind, "done"))
        good = tell_done(d, frame);
    else if (str_is(kind, "exited"))
        good = on_exited(d, frame);
    if (!good)
        on_broken(d, "A frame of the shim lacks a member.");
}

/* ---- The connection ---- */

static void on_connect_timer(struct timer *t)
{
    talk_begin(t->ctx);
}

static void on_answer_timer(struct timer *t)
{
    talk_give_up(t->ctx, "It does not answer.");
}

/* Once more, unless that was tried just now. */
static void on_broken(void *ctx, const char *reason)
{
    struct driver *d = ctx;
    int64_t now = driver_now_ms(d);
    wire_close(d->wire);
    d->wire = NULL;
    timer_stop(driver_timers(d), &d->answer_timer);
    if (d->epitaph || d->ended)
        return;
    if (d->broken_ms && now - d->broken_ms < STEADY_MS) {
        talk_give_up(d, reason);
        return;
    }
    d->broken_ms = now ? now : 1;
    timer_start(driver_timers(d), &d->connect_timer, 0, on_connect_timer, d);
}

static const struct wire_events wire_events = {.frame = on_frame, .ended = on_broken};

/* A socket, or -1 and errno. */
static int connect_folder(const struct driver *d)
{
    struct err err;
    int folder = folder_open(d->paths.folder, &err);
    if (folder < 0)
        return -1;
    int fd = folder_connect(folder, &err), failure = errno;
    close(folder);
    errno = failure;
    return fd;
}

/* Right after a restart: the folder is there, its shim has neither opened its socket yet nor ended. */
static bool may_be_starting(struct driver *d)
{
    struct err err;
    CLEANUP_FD int folder = d->patience ? folder_open(d->paths.folder, &err) : -1;
    if (folder < 0 || faccessat(folder, EXIT_FILE, F_OK, 0) == 0)
        return false;
    d->patience--;
    return true;
}

/* Only a folder or socket that nobody serves says that there is no shim. One that is too busy has time to
 * answer; a server that is out of descriptors or memory tries until it has some. */
static void on_no_connection(struct driver *d, int failure)
{
    bool out_of_means = folder_out_of_means(failure);
    if (failure != EAGAIN && !out_of_means && !may_be_starting(d)) {
        talk_conclude(d, NULL);
        return;
    }
    if (out_of_means)
        timer_stop(driver_timers(d), &d->answer_timer);
    timer_start(driver_timers(d), &d->connect_timer, CONNECT_AGAIN_MS, on_connect_timer, d);
}

void talk_begin(struct driver *d)
{
    int64_t limit_ms = d->runner->config->answer_timeout_ms;
    if (!timer_active(&d->answer_timer))
        timer_start(driver_timers(d), &d->answer_timer, limit_ms, on_answer_timer, d);
    int fd = connect_folder(d);
    if (fd < 0) {
        on_no_connection(d, errno);
        return;
    }
    d->stated = false;
    d->wire = wire_new(d->runner->loop, fd, &wire_events, d);
    send_hello(d);
}

void talk_begin_soon(struct driver *d)
{
    timer_start(driver_timers(d), &d->connect_timer, 0, on_connect_timer, d);
}

/* ---- What the core asks for ---- */

static bool is_connected(const struct driver *d)
{
    return d->stated && d->wire;
}

void talk_run(struct driver *d)
{
    if (is_connected(d))
        send_run(d);
}

void talk_cancel(struct driver *d, const char *id)
{
    if (is_connected(d))
        send_simple(d, "cancel", id);
}

void talk_ack(struct driver *d)
{
    if (d->wire)
        send_simple(d, "ack", d->acked_id);
}

void talk_stop(struct driver *d)
{
    if (is_connected(d))
        send_stop(d);
}

void talk_bye(struct driver *d)
{
    if (d->wire)
        send_simple(d, "bye", NULL);
}
