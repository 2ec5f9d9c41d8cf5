#include "shim/client.h"

#include "base/file.h"
#include "base/log.h"
#include "shim/epitaph.h"
#include "shim/folder.h"
#include "shim/launch.h"
#include "shim/record.h"
#include "shim/spec.h"
#include "shim/staging.h"
#include "shim/uids.h"
#include "shim/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
    PROTOCOL_VERSION = 1,
    STEADY_MS = 10000,       /* a connection that breaks twice within it is given up */
    STOP_SLACK_MS = 10000,   /* what a shim may take beyond the grace */
    FRAME_ARENA_BYTES = 64 * 1024,
};

struct shim_runner {
    struct runner base;
    struct loop *loop;
    const struct shim_config *config;
    char *driver_folder;
    struct uid_pool uids;
};

struct driver {
    struct shim_runner *runner;
    const struct driver_events *events;
    void *ctx;
    char id[FOLDER_ID_MAX + 1];
    struct session_paths paths;
    uint32_t uid;
    /* One of these is under way until the driver has ended. */
    struct launch *launch;
    struct wire *wire;
    struct epitaph_job *epitaph;
    bool ended;          /* `exited` was told */
    bool stated;         /* the shim has answered on this connection */
    int64_t broken_ms;   /* when the connection broke last; 0: never */
    struct timer connect_timer;
    struct timer answer_timer;
    struct timer stop_timer;
    /* What the core asked for and a new connection must hear again. */
    char run_id[FOLDER_ID_MAX + 1];
    char *run_code;
    size_t run_code_size;
    bool run_canceled;
    char acked_id[FOLDER_ID_MAX + 1];
    bool stopping;
    int64_t stop_due_ms; /* monotonic */
};

static struct timers *timers_of(const struct driver *d)
{
    return loop_timers(d->runner->loop);
}

static int64_t now_ms(const struct driver *d)
{
    return clock_mono_ms(timers_of(d)->clock);
}

static void set_id(char to[FOLDER_ID_MAX + 1], struct str id)
{
    REQUIRE(folder_id_valid(id));
    memcpy(to, id.p, id.n);
    to[id.n] = '\0';
}

/* ---- The end ---- */

static void stop_timers(struct driver *d)
{
    timer_stop(timers_of(d), &d->connect_timer);
    timer_stop(timers_of(d), &d->answer_timer);
    timer_stop(timers_of(d), &d->stop_timer);
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

/* `exited` is the shim's frame, or NULL: then the record tells, or the session is lost. */
static void conclude(struct driver *d, json_t *exited)
{
    stop_timers(d);
    if (!exited) {
        wire_close(d->wire);
        d->wire = NULL;
    }
    if (d->epitaph || d->ended) {
        json_decref(exited);
        return;
    }
    struct epitaph_of of = {d->paths.folder, str_from(d->id), d->uid, d->runner->config->cgroup};
    d->epitaph = epitaph_begin(d->runner->loop, &of, exited, on_epitaph, d);
}

/* ---- What the server says ---- */

static void give_up(struct driver *d, const char *why)
{
    log_warn("shim", "a session's shim is given up", F_CSTR("session_id", d->id), F_CSTR("reason", why));
    conclude(d, NULL);
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
        log_error("shim", "a calculation does not fit into a frame", F_CSTR("calculation_id", d->run_id));
}

static void send_stop(struct driver *d)
{
    struct frame f;
    int64_t left = d->stop_due_ms - now_ms(d);
    frame_open(&f, wire_out(d->wire), "stop");
    jsonw_member_int(&f.json, "grace_ms", left > 0 ? left : 0);
    wire_send(d->wire, &f);
}

static void forget_run(struct driver *d)
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
    timer_stop(timers_of(d), &d->answer_timer);
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
        forget_run(d);
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
    conclude(d, json_deep_copy(frame));
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

static void connect_now(struct driver *d);

static void on_connect_timer(struct timer *t)
{
    connect_now(t->ctx);
}

static void on_answer_timer(struct timer *t)
{
    give_up(t->ctx, "It does not answer.");
}

/* Once more, unless that was tried just now. */
static void on_broken(void *ctx, const char *reason)
{
    struct driver *d = ctx;
    int64_t now = now_ms(d);
    wire_close(d->wire);
    d->wire = NULL;
    timer_stop(timers_of(d), &d->answer_timer);
    if (d->epitaph || d->ended)
        return;
    if (d->broken_ms && now - d->broken_ms < STEADY_MS) {
        give_up(d, reason);
        return;
    }
    d->broken_ms = now ? now : 1;
    timer_start(timers_of(d), &d->connect_timer, 0, on_connect_timer, d);
}

static const struct wire_events wire_events = {.frame = on_frame, .ended = on_broken};

static int connect_folder(const struct driver *d)
{
    struct err err;
    CLEANUP_FD int folder = folder_open(d->paths.folder, &err);
    return folder < 0 ? -1 : folder_connect(folder, &err);
}

static void connect_now(struct driver *d)
{
    int fd = connect_folder(d);
    if (fd < 0) {
        conclude(d, NULL);
        return;
    }
    d->stated = false;
    d->wire = wire_new(d->runner->loop, fd, &wire_events, d);
    timer_start(timers_of(d), &d->answer_timer, d->runner->config->answer_timeout_ms, on_answer_timer, d);
    send_hello(d);
}

/* ---- The runner's operations ---- */

static struct shim_runner *runner_of(struct runner *r)
{
    return CONTAINER_OF(r, struct shim_runner, base);
}

static struct driver *driver_new(struct shim_runner *r, struct str id, const struct driver_events *events, void *ctx)
{
    struct driver *d = mem_new(sizeof *d);
    *d = (struct driver){.runner = r, .events = events, .ctx = ctx};
    set_id(d->id, id);
    session_paths_init(&d->paths, r->config, id);
    return d;
}

static void driver_free(struct driver *d)
{
    stop_timers(d);
    wire_close(d->wire);
    if (d->launch)
        launch_abandon(d->launch);
    if (d->epitaph)
        epitaph_abandon(d->epitaph);
    forget_run(d);
    session_paths_done(&d->paths);
    free(d);
}

static void on_launched(void *ctx, const struct err *err)
{
    struct driver *d = ctx;
    d->launch = NULL;
    timer_stop(timers_of(d), &d->answer_timer);
    if (!err) {
        connect_now(d);
        return;
    }
    json_t *record = json_pack("{s:s, s:s, s:s}", "t", "exited", "kind", "start_failed", "reason", err->text);
    REQUIRE(record);
    conclude(d, record);
}

static void on_launch_timer(struct timer *t)
{
    struct driver *d = t->ctx;
    launch_give_up(d->launch);
}

static struct driver *start(struct runner *base, const struct runner_spec *spec, const struct driver_events *events,
                            void *ctx, struct err *err)
{
    struct shim_runner *r = runner_of(base);
    uint32_t uid = 0;
    if (!folder_id_valid(spec->session_id)) {
        err_set(err, ERR_INTERNAL, "A session's id is not fit for a folder's name.");
        return NULL;
    }
    if (r->config->uid_count > 0 && (uid = uid_pool_take(&r->uids)) == 0) {
        err_set(err, ERR_TOO_MANY_REQUESTS, "All %u users for drivers are taken by live sessions.",
                r->config->uid_count);
        return NULL;
    }
    struct driver *d = driver_new(r, spec->session_id, events, ctx);
    d->uid = uid;
    d->launch = launch_begin(r->loop, r->config, r->driver_folder, spec, uid, on_launched, d);
    timer_start(timers_of(d), &d->answer_timer, r->config->answer_timeout_ms, on_launch_timer, d);
    return d;
}

/* The user of a session that an earlier server started; its next one must not take it. */
static uint32_t read_uid(const struct driver *d)
{
    CLEANUP_BUF struct buf text;
    CLEANUP_ARENA struct arena *a = arena_new(SPEC_ARENA_BYTES);
    struct err err;
    buf_init(&text, SPEC_MAX_BYTES);
    CLEANUP_FD int folder = folder_open(d->paths.folder, &err);
    if (folder < 0 || file_read(folder, SPEC_FILE, &text, &err) != 0)
        return 0;
    const struct shim_spec *s = spec_parse(a, buf_str(&text), &err);
    return s ? s->uid : 0;
}

static struct driver *adopt(struct runner *base, struct str id, const struct driver_events *events, void *ctx)
{
    struct shim_runner *r = runner_of(base);
    struct driver *d = driver_new(r, id, events, ctx);
    d->uid = read_uid(d);
    uid_pool_mark(&r->uids, d->uid);
    timer_start(timers_of(d), &d->connect_timer, 0, on_connect_timer, d);
    return d;
}

static void run(struct driver *d, struct str id, struct str code)
{
    if (d->ended || str_is(id, d->run_id))
        return;
    forget_run(d);
    set_id(d->run_id, id);
    d->run_code = mem_new(code.n);
    d->run_code_size = code.n;
    memcpy(d->run_code, code.p ? code.p : "", code.n);
    if (d->stated && d->wire)
        send_run(d);
}

static void cancel(struct driver *d, struct str id)
{
    d->run_canceled = str_is(id, d->run_id) || d->run_canceled;
    if (!d->stated || !d->wire || !folder_id_valid(id))
        return;
    char text[FOLDER_ID_MAX + 1];
    set_id(text, id);
    send_simple(d, "cancel", text);
}

static void ack(struct driver *d, struct str id)
{
    if (!folder_id_valid(id))
        return;
    set_id(d->acked_id, id);
    if (d->wire)
        send_simple(d, "ack", d->acked_id);
}

static void on_stop_timer(struct timer *t)
{
    struct driver *d = t->ctx;
    if (!d->launch)
        give_up(d, "It did not end its session in time.");
}

static void stop(struct driver *d, int64_t grace_ms)
{
    int64_t due = now_ms(d) + (grace_ms > 0 ? grace_ms : 0);
    if (d->ended || d->epitaph || (d->stopping && due >= d->stop_due_ms))
        return;
    d->stopping = true;
    d->stop_due_ms = due;
    timer_start(timers_of(d), &d->stop_timer, due - now_ms(d) + STOP_SLACK_MS, on_stop_timer, d);
    if (d->stated && d->wire)
        send_stop(d);
}

/* ---- What remains of an ended session ---- */

struct cleaning {
    struct shim_runner *runner;
    struct session_paths paths;
    uint32_t uid;
};

static void remove_or_warn(int folder, const char *name)
{
    struct err err;
    if (file_remove_tree(folder, name, &err) != 0)
        log_warn("shim", "a session's files were not removed", F_ERR(&err));
}

static void clean(void *ctx)
{
    static const char *const names[] = {CALC_FOLDER, SOCKET_FILE, SPEC_FILE, LOCK_FILE};
    struct cleaning *c = ctx;
    struct err err;
    remove_or_warn(AT_FDCWD, c->paths.work);
    CLEANUP_FD int folder = folder_open(c->paths.folder, &err);
    for (size_t i = 0; folder >= 0 && i < ARRAY_SIZE(names); i++)
        remove_or_warn(folder, names[i]);
}

static void on_cleaned(void *ctx)
{
    struct cleaning *c = ctx;
    uid_pool_release(&c->runner->uids, c->uid);
    session_paths_done(&c->paths);
    free(c);
}

static void forget(struct driver *d)
{
    REQUIRE(d->ended);
    if (d->wire)
        send_simple(d, "bye", NULL);
    struct cleaning *c = mem_new(sizeof *c);
    *c = (struct cleaning){.runner = d->runner, .paths = d->paths, .uid = d->uid};
    d->paths = (struct session_paths){0};
    loop_work(d->runner->loop, clean, on_cleaned, c);
    driver_free(d);
}

static const struct runner_ops ops = {
    .start = start,
    .adopt = adopt,
    .run = run,
    .cancel = cancel,
    .ack = ack,
    .stop = stop,
    .forget = forget,
    .detach = driver_free,
};

/* ---- The runner ---- */

static int make_folders(const struct shim_config *c, struct err *err)
{
    CLEANUP_FD int data = folder_open(c->data_folder, err);
    if (data < 0)
        return -1;
    if (mkdirat(data, "sessions", 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, errno, "The folder %s/sessions cannot be made", c->data_folder);
    return staging_work_root(c, c->uid_count > 0, err);
}

struct runner *shim_runner_new(struct loop *l, const struct shim_config *c, struct err *err)
{
    if (make_folders(c, err) != 0)
        return NULL;
    char *driver_folder = c->uid_count > 0 ? staging_driver(c, err) : mem_strdup(c->driver_folder);
    if (!driver_folder)
        return NULL;
    struct shim_runner *r = mem_new(sizeof *r);
    *r = (struct shim_runner){.base.ops = &ops, .loop = l, .config = c, .driver_folder = driver_folder};
    uid_pool_init(&r->uids, c->uid_first, c->uid_count);
    return &r->base;
}

void shim_runner_free(struct runner *base)
{
    struct shim_runner *r = runner_of(base);
    uid_pool_done(&r->uids);
    free(r->driver_folder);
    free(r);
}

static int session_name(struct str id, char ret[sizeof "sessions/" + FOLDER_ID_MAX], struct err *err)
{
    if (!folder_id_valid(id))
        return err_set(err, ERR_INTERNAL, "A session's id is not fit for a folder's name.");
    snprintf(ret, sizeof "sessions/" + FOLDER_ID_MAX, "sessions/%.*s", STR_ARG(id));
    return 0;
}

int shim_session_remove(const char *data_folder, struct str id, struct err *err)
{
    char name[sizeof "sessions/" + FOLDER_ID_MAX];
    CLEANUP_FD int data = folder_open(data_folder, err);
    return data < 0 || session_name(id, name, err) != 0 ? -1 : file_remove_tree(data, name, err);
}

int64_t shim_session_bytes(const char *data_folder, struct str id)
{
    char name[sizeof "sessions/" + FOLDER_ID_MAX];
    struct err err;
    CLEANUP_FD int data = folder_open(data_folder, &err);
    return data < 0 || session_name(id, name, &err) != 0 ? 0 : file_tree_bytes(data, name);
}
