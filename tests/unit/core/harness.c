#include "harness.h"

#include "base/file.h"
#include "base/random.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static struct harness *current;

/* --- the runner --- */

static struct fake_driver *fake_of(struct driver *d)
{
    return (struct fake_driver *)(void *)d;
}

static struct driver *fake_new(struct str session_id, const struct driver_events *events, void *ctx)
{
    struct harness *h = current;
    assert_true(h->driver_count < ARRAY_SIZE(h->drivers));
    struct fake_driver *f = &h->drivers[h->driver_count++];
    *f = (struct fake_driver){
        .handle = (struct driver *)(void *)f, .events = events, .ctx = ctx, .stop_grace_ms = -1};
    memcpy(f->session_id, session_id.p, session_id.n);
    return f->handle;
}

static struct driver *fake_start(struct runner *r, const struct runner_spec *spec,
                                 const struct driver_events *events, void *ctx, struct err *err)
{
    (void)r;
    if (!current->refuse_start)
        return fake_new(spec->session_id, events, ctx);
    err_set(err, ERR_INTERNAL, "no interpreter");
    return NULL;
}

static struct driver *fake_adopt(struct runner *r, struct str session_id, const struct driver_events *events,
                                 void *ctx)
{
    (void)r;
    return fake_new(session_id, events, ctx);
}

static void put(char *to, size_t size, struct str s)
{
    assert_true(s.n < size);
    if (s.n)
        memcpy(to, s.p, s.n);
    to[s.n] = '\0';
}

static int fake_run(struct driver *d, struct str calculation_id, struct str code, struct err *err)
{
    struct fake_driver *f = fake_of(d);
    if (current->refuse_run)
        return err_set(err, ERR_TOO_LARGE, "The code is too long.");
    put(f->run, sizeof f->run, calculation_id);
    text_set_str(&f->code, code);
    f->runs++;
    return 0;
}

static void fake_cancel(struct driver *d, struct str calculation_id)
{
    put(fake_of(d)->cancelled, sizeof fake_of(d)->cancelled, calculation_id);
}

static void fake_ack(struct driver *d, struct str calculation_id)
{
    put(fake_of(d)->acked, sizeof fake_of(d)->acked, calculation_id);
}

static void fake_stop(struct driver *d, int64_t grace_ms)
{
    fake_of(d)->stop_grace_ms = grace_ms;
}

static void fake_forget(struct driver *d, loop_fn *done, void *ctx)
{
    struct fake_driver *f = fake_of(d);
    f->forgotten = true;
    f->cleaned = done;
    f->cleaned_ctx = ctx;
}

static void fake_detach(struct driver *d)
{
    fake_of(d)->detached = true;
}

static const struct runner_ops fake_ops = {fake_start, fake_adopt, fake_run,    fake_cancel,
                                           fake_ack,   fake_stop,  fake_forget, fake_detach};

/* --- the whole --- */

static void on_stored(void *ctx, const struct err *err)
{
    assert_null(err);
    *(bool *)ctx = true;
}

static void add_defaults(struct harness *h)
{
    bool stored = false;
    struct store_batch *b = store_batch_new(h->store);
    store_add_bucket(b, &(struct bucket_record){STR("results"), 1});
    store_commit(h->store, b, on_stored, &stored);
    HARNESS_UNTIL(h, stored);
}

static void open_all(struct harness *h)
{
    struct err err;
    struct core_parts parts = {
        .config = &h->config, .clock = &h->clock.clock, .timers = &h->timers, .runner = &h->runner};
    timers_init(&h->timers, &h->clock.clock);
    parts.loop = h->loop = loop_new();
    parts.store = h->store = store_open_sqlite(h->loop, h->dir, &err);
    assert_non_null(h->store);
    parts.objects = h->objects = objects_open(h->loop, h->store, h->dir, &err);
    assert_non_null(h->objects);
    h->core = core_new(&parts);
}

static void close_all(struct harness *h)
{
    core_detach(h->core);
    store_close(h->store);
    core_free(h->core);
    objects_close(h->objects);
    loop_free(h->loop);
    timers_done(&h->timers);
    for (size_t i = 0; i < h->driver_count; i++)
        text_set(&h->drivers[i].code, NULL);
    h->driver_count = 0;
}

void harness_start(struct harness *h)
{
    struct err err;
    *h = (struct harness){.dir = "/tmp/glaux-core-XXXXXX", .runner = {&fake_ops}};
    h->config = (struct core_config){
        .region = STR("us-east-1"),
        .account = STR("000000000000"),
        .partition = STR("aws"),
        .default_location = STR("s3://results"),
        .memory_room_bytes = 4 << 20,
        .memory_per_session_bytes = 1 << 20,
        .session_dpus = 60,
        .account_dpus = 100,
        .idle_timeout_default_ms = 1200000,
        .expendable = STR("job *, dbt: *"),
        .expendable_after_ms = 15000,
        .session_start_ms = 120000,
        .session_longest_ms = 0,
        .calculation_longest_ms = 3600000,
        .cancel_ms = 15000,
        .stop_grace_ms = 5000,
        .verify_ms = 10000,
        .retention_ms = 86400000,
        .upload_ms = 86400000,
        .token_ms = 86400000,
        .invocation_ms = 600000,
        .stdout_bytes = 65536,
        .stderr_bytes = 65536,
        .result_bytes = 65536,
    };
    current = h;
    assert_non_null(mkdtemp(h->dir));
    clock_manual_init(&h->clock, 1800000000000);
    open_all(h);
    add_defaults(h);
    assert_int_equal(core_load(h->core, &err), 0);
}

void harness_stop(struct harness *h)
{
    struct err err;
    close_all(h);
    assert_int_equal(file_remove_tree(AT_FDCWD, h->dir, &err), 0);
}

void harness_restart(struct harness *h)
{
    struct err err;
    close_all(h);
    open_all(h);
    assert_int_equal(core_load(h->core, &err), 0);
}

void harness_turn(struct harness *h)
{
    timers_run_due(&h->timers);
    if (uv_run(loop_uv(h->loop), UV_RUN_NOWAIT))
        usleep(100);
}

void harness_pass(struct harness *h, int64_t ms)
{
    clock_manual_advance(&h->clock, ms);
    timers_run_due(&h->timers);
}

/* --- sessions and calculations --- */

static void on_answer(void *ctx, struct str id, int state, const struct err *err)
{
    struct answer *a = ctx;
    a->come = true;
    a->state = state;
    if (err)
        a->err = *err;
    else
        put(a->id, sizeof a->id, id);
}

static void on_session(void *ctx, struct str id, enum athena_session_state state, const struct err *err)
{
    on_answer(ctx, id, (int)state, err);
}

static void on_calculation(void *ctx, struct str id, enum athena_calculation_execution_state state,
                           const struct err *err)
{
    on_answer(ctx, id, (int)state, err);
}

void harness_session(struct harness *h, char ret_id[40])
{
    char id[UUID_TEXT_LEN + 1], location[100], detail[200];
    random_uuid(id);
    snprintf(location, sizeof location, "s3://results/session/%s", id);
    snprintf(detail, sizeof detail, "{\"SessionConfiguration\":{\"WorkingDirectory\":\"%s\"}}", location);
    struct session_request r = {
        .id = str_from(id),
        .workgroup = STR("spark"),
        .description = h->description,
        .engine_version = STR("PySpark engine version 3"),
        .detail = str_from(detail),
        .output_location = str_from(location),
        .idle_timeout_ms = 600000,
        .max_dpus = 4,
    };
    struct answer a = {0};
    session_start(h->core, &r, on_session, &a);
    assert_false(a.come); /* not before the commit */
    HARNESS_UNTIL(h, a.come);
    assert_int_equal(a.err.code, ERR_NONE);
    assert_string_equal(a.id, id);
    memcpy(ret_id, id, sizeof id);
}

struct fake_driver *harness_driver(struct harness *h, const char *session_id)
{
    for (size_t i = h->driver_count; i-- > 0;)
        if (strcmp(h->drivers[i].session_id, session_id) == 0)
            return &h->drivers[i];
    return NULL;
}

struct fake_driver *harness_idle_session(struct harness *h, char ret_id[40])
{
    harness_session(h, ret_id);
    HARNESS_UNTIL(h, harness_driver(h, ret_id));
    struct fake_driver *d = harness_driver(h, ret_id);
    d->events->status(d->ctx, &(struct driver_status){.state = DRIVER_STARTING});
    d->events->ready(d->ctx);
    HARNESS_UNTIL(h, str_is(harness_read_session(h, ret_id).state, "IDLE"));
    return d;
}

void harness_calculate(struct harness *h, const char *session_id, const char *code, struct answer *ret)
{
    struct calculation_request r = {.session_id = str_from(session_id), .code = str_from(code)};
    *ret = (struct answer){0};
    calculation_start(h->core, &r, on_calculation, ret);
    HARNESS_UNTIL(h, ret->come);
}

void harness_done(struct harness *h, struct fake_driver *d, const char *state, const char *reason)
{
    char path[128];
    snprintf(path, sizeof path, "%s/none", h->dir);
    struct driver_done done = {
        .calculation_id = str_from(d->run),
        .state = str_from(state),
        .reason = str_from(reason),
        .out.path = path,
        .err.path = path,
        .result.path = path,
    };
    d->events->done(d->ctx, &done);
}

struct reading {
    bool come;
    struct session_record session;
    struct calculation_record calculation;
    char texts[3][200];
};

static struct reading reading;

static struct str keep(size_t i, struct str s)
{
    put(reading.texts[i], sizeof reading.texts[i], s);
    return s.p ? str_from(reading.texts[i]) : STR_NULL;
}

static void on_session_read(void *ctx, const struct session_record *r, const struct err *err)
{
    (void)ctx;
    assert_null(err);
    reading.come = true;
    reading.session = *r;
    reading.session.state = keep(0, r->state);
    reading.session.reason = keep(1, r->reason);
}

struct session_record harness_read_session(struct harness *h, const char *id)
{
    reading.come = false;
    session_get(h->core, str_from(id), on_session_read, NULL);
    HARNESS_UNTIL(h, reading.come);
    return reading.session;
}

static void on_calculation_read(void *ctx, const struct calculation_record *r, const struct err *err)
{
    (void)ctx;
    assert_null(err);
    reading.come = true;
    reading.calculation = *r;
    reading.calculation.state = keep(0, r->state);
    reading.calculation.reason = keep(1, r->reason);
    reading.calculation.working_directory = keep(2, r->working_directory);
}

struct calculation_record harness_read_calculation(struct harness *h, const char *id)
{
    reading.come = false;
    calculation_get(h->core, str_from(id), on_calculation_read, NULL);
    HARNESS_UNTIL(h, reading.come);
    return reading.calculation;
}
