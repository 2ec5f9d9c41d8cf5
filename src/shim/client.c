/* The runner's operations. */
#include "shim/driver.h"

#include "base/file.h"
#include "base/jsonw.h"
#include "shim/spec.h"
#include "shim/staging.h"
#include "shim/sweep.h"

#include <errno.h>
#include <sys/stat.h>

enum {
    STOP_SLACK_MS = 10000, /* what a shim may take beyond the grace of a stop */
    CODE_ESCAPED_MAX = FRAME_BODY_MAX - 512,
};

struct timers *driver_timers(const struct driver *d)
{
    return loop_timers(d->runner->loop);
}

int64_t driver_now_ms(const struct driver *d)
{
    return clock_mono_ms(driver_timers(d)->clock);
}

static void set_id(char to[FOLDER_ID_MAX + 1], struct str id)
{
    REQUIRE(folder_id_valid(id));
    memcpy(to, id.p, id.n);
    to[id.n] = '\0';
}

static struct shim_runner *runner_of(struct runner *r)
{
    return CONTAINER_OF(r, struct shim_runner, base);
}

static struct driver *driver_new(struct shim_runner *r, struct str id, const struct driver_events *events,
                                 void *ctx)
{
    struct driver *d = mem_new(sizeof *d);
    *d = (struct driver){.runner = r, .events = events, .ctx = ctx};
    set_id(d->id, id);
    session_paths_init(&d->paths, r->config, id);
    return d;
}

static void driver_free(struct driver *d)
{
    talk_stop_timers(d);
    wire_close(d->wire);
    if (d->launch)
        launch_abandon(d->launch);
    if (d->epitaph)
        epitaph_abandon(d->epitaph);
    talk_forget_run(d);
    session_paths_done(&d->paths);
    free(d);
}

static void on_launched(void *ctx, const struct err *err)
{
    struct driver *d = ctx;
    d->launch = NULL;
    timer_stop(driver_timers(d), &d->answer_timer);
    if (!err) {
        talk_begin(d);
        return;
    }
    json_t *record = json_pack("{s:s, s:s, s:s}", "t", "exited", "kind", "start_failed", "reason", err->text);
    REQUIRE(record);
    talk_conclude(d, record);
}

static void on_launch_timer(struct timer *t)
{
    struct driver *d = t->ctx;
    launch_give_up(d->launch);
}

static struct driver *start(struct runner *base, const struct runner_spec *spec,
                            const struct driver_events *events, void *ctx, struct err *err)
{
    struct shim_runner *r = runner_of(base);
    if (!folder_id_valid(spec->session_id)) {
        err_set(err, ERR_INTERNAL, "A session's id is not fit for a folder's name.");
        return NULL;
    }
    struct driver *d = driver_new(r, spec->session_id, events, ctx);
    d->launch = launch_begin(r->loop, r->config, r->driver_folder, spec, r->next_user++, on_launched, d);
    timer_start(driver_timers(d), &d->answer_timer, r->config->answer_timeout_ms, on_launch_timer, d);
    return d;
}

enum { ADOPT_PATIENCE = 10 };

static struct driver *adopt(struct runner *base, struct str id, const struct driver_events *events, void *ctx)
{
    struct shim_runner *r = runner_of(base);
    struct driver *d = driver_new(r, id, events, ctx);
    d->patience = ADOPT_PATIENCE;
    talk_begin_soon(d);
    return d;
}

/* The frames that carry it, to the shim and on to the driver, have other members, too. */
static bool code_fits(struct str code)
{
    CLEANUP_BUF struct buf escaped;
    buf_init(&escaped, CODE_ESCAPED_MAX);
    jsonw_escape(&escaped, code);
    return !escaped.overflow;
}

static int run(struct driver *d, struct str id, struct str code, struct err *err)
{
    if (d->ended || str_is(id, d->run_id))
        return 0;
    if (!code_fits(code))
        return err_set(err, ERR_TOO_LARGE,
                       "The code is too long for the session's driver: as a JSON string, with quotes and "
                       "backslashes escaped, it has more than %d bytes.",
                       CODE_ESCAPED_MAX);
    talk_forget_run(d);
    set_id(d->run_id, id);
    d->run_code = mem_new(code.n);
    d->run_code_size = code.n;
    memcpy(d->run_code, code.p ? code.p : "", code.n);
    talk_run(d);
    return 0;
}

static void cancel(struct driver *d, struct str id)
{
    if (!folder_id_valid(id))
        return;
    d->run_canceled = str_is(id, d->run_id) || d->run_canceled;
    char text[FOLDER_ID_MAX + 1];
    set_id(text, id);
    talk_cancel(d, text);
}

static void ack(struct driver *d, struct str id)
{
    if (!folder_id_valid(id))
        return;
    set_id(d->acked_id, id);
    talk_ack(d);
}

static void on_stop_timer(struct timer *t)
{
    struct driver *d = t->ctx;
    if (!d->launch)
        talk_give_up(d, "It did not end its session in time.");
}

static void stop(struct driver *d, int64_t grace_ms)
{
    int64_t due = driver_now_ms(d) + (grace_ms > 0 ? grace_ms : 0);
    if (d->ended || d->epitaph || (d->stopping && due >= d->stop_due_ms))
        return;
    d->stopping = true;
    d->stop_due_ms = due;
    timer_start(driver_timers(d), &d->stop_timer, due - driver_now_ms(d) + STOP_SLACK_MS, on_stop_timer, d);
    talk_stop(d);
}

static void forget(struct driver *d, loop_fn *done, void *ctx)
{
    REQUIRE(d->ended);
    talk_bye(d);
    remains_clean(d->runner, d->paths, done, ctx);
    d->paths = (struct session_paths){0};
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

static void sweep(void *ctx)
{
    const struct shim_runner *r = ctx;
    sweep_work_root(r->config);
}

static void on_swept(void *ctx)
{
    (void)ctx;
}

struct runner *shim_runner_new(struct loop *l, const struct shim_config *c, struct err *err)
{
    if (make_folders(c, err) != 0)
        return NULL;
    int hold = -1;
    char *driver_folder = c->uid_count > 0 ? staging_driver(c, &hold, err) : mem_strdup(c->driver_folder);
    if (!driver_folder)
        return NULL;
    struct shim_runner *r = mem_new(sizeof *r);
    *r = (struct shim_runner){.base.ops = &ops, .loop = l, .config = c};
    r->driver_folder = driver_folder;
    r->driver_hold = hold;
    loop_work(l, sweep, on_swept, r);
    return &r->base;
}

void shim_runner_free(struct runner *base)
{
    struct shim_runner *r = runner_of(base);
    free(r->driver_folder);
    if (r->driver_hold >= 0)
        close(r->driver_hold);
    free(r);
}
