#include "harness.h"

#include "base/file.h"
#include "shim/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>

enum { AWAIT_MS = 20000, MIB = 1024 * 1024 };

static void copy_text(char *to, size_t size, struct str s)
{
    snprintf(to, size, "%.*s", STR_ARG(s));
}

static void program_path(char *to, size_t size)
{
    char self[HARNESS_PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(n > 0);
    self[n] = '\0';
    for (int up = 0; up < 3; up++)
        *strrchr(self, '/') = '\0';
    assert_true(snprintf(to, size, "%s/glaux-shim", self) < (int)size);
}

static void init(struct harness *h)
{
    const char *tmp = getenv("TMPDIR");
    assert_true(snprintf(h->folder, sizeof h->folder, "%s/glaux-shim-test-XXXXXX", tmp ? tmp : "/tmp") <
                HARNESS_PATH_MAX);
    assert_non_null(mkdtemp(h->folder));
    assert_int_equal(chmod(h->folder, 0755), 0);
    assert_true(snprintf(h->data, sizeof h->data, "%s/data", h->folder) < (int)sizeof h->data);
    assert_true(snprintf(h->work, sizeof h->work, "%s/work", h->folder) < (int)sizeof h->work);
    assert_int_equal(mkdir(h->data, 0700), 0);
    program_path(h->program, sizeof h->program);
    h->config = (struct shim_config){
        .data_folder = h->data,
        .work_root = h->work,
        .shim_program = h->program,
        .interpreter = "/usr/bin/python3",
        .driver_folder = FAKE_DRIVER,
        .java_home = "/usr",
        .master = "local[1]",
        .heap = "64m",
        .cores = 1,
        .memory_bytes = 512 * MIB,
        .stdout_max_bytes = 2 * MIB,
        .stderr_max_bytes = MIB,
        .result_max_bytes = MIB,
        .log_max_bytes = MIB,
        .files_max = 1024,
        .orphan_timeout_ms = 60000,
        .stop_grace_ms = 2000,
        .answer_timeout_ms = 10000,
    };
}

void harness_serve(struct harness *h)
{
    struct err err;
    h->loop = loop_new();
    h->runner = shim_runner_new(h->loop, &h->config, &err);
    if (!h->runner)
        fail_msg("%s", err.text);
}

static void add_live(struct harness *h, const struct seen *s)
{
    size_t i = 0;
    while (h->live[i].driver)
        assert_true(++i < HARNESS_SESSIONS_MAX);
    h->live[i].driver = s->driver;
    copy_text(h->live[i].id, sizeof h->live[i].id, str_from(s->id));
}

static void remove_live(struct harness *h, const struct seen *s)
{
    for (size_t i = 0; i < HARNESS_SESSIONS_MAX; i++)
        if (h->live[i].driver == s->driver)
            h->live[i].driver = NULL;
}

void harness_leave(struct harness *h)
{
    for (size_t i = 0; i < HARNESS_SESSIONS_MAX; i++)
        if (h->live[i].driver)
            h->runner->ops->detach(TAKE(h->live[i].driver));
    loop_free(h->loop);
    shim_runner_free(h->runner);
    h->loop = NULL;
}

int harness_setup(void **state)
{
    struct harness *h = mem_new(sizeof *h);
    init(h);
    harness_serve(h);
    *state = h;
    return 0;
}

int harness_teardown(void **state)
{
    struct harness *h = *state;
    struct err err;
    for (size_t i = 0; i < HARNESS_SESSIONS_MAX; i++) /* a test failed: nothing of it may stay */
        if (h->live[i].driver && harness_shim_pid(h, h->live[i].id) > 0)
            kill(harness_shim_pid(h, h->live[i].id), SIGTERM);
    if (h->loop)
        harness_leave(h);
    assert_int_equal(file_remove_tree(AT_FDCWD, h->folder, &err), 0);
    free(h);
    return 0;
}

/* ---- Events ---- */

static void on_status(void *ctx, const struct driver_status *status)
{
    struct seen *s = ctx;
    s->status++;
    s->state = status->state;
    copy_text(s->running, sizeof s->running, status->running);
}

static void on_ready(void *ctx)
{
    ((struct seen *)ctx)->ready++;
}

static void on_started(void *ctx, struct str id)
{
    (void)id;
    ((struct seen *)ctx)->started++;
}

static void on_progress(void *ctx, struct str id, struct str text)
{
    (void)id;
    struct seen *s = ctx;
    s->progress++;
    copy_text(s->progress_text, sizeof s->progress_text, text);
}

static void read_output(const struct driver_output *o, char *to)
{
    int fd = open(o->path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, to, HARNESS_TEXT_MAX - 1);
    to[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

static void on_done(void *ctx, const struct driver_done *d)
{
    struct seen *s = ctx;
    s->done++;
    copy_text(s->done_id, sizeof s->done_id, d->calculation_id);
    copy_text(s->done_state, sizeof s->done_state, d->state);
    copy_text(s->done_reason, sizeof s->done_reason, d->reason);
    copy_text(s->done_type, sizeof s->done_type, d->result_type);
    s->done_driver_ended = d->driver_ended;
    read_output(&d->out, s->out);
    read_output(&d->err, s->err);
    read_output(&d->result, s->result);
    s->out_size = d->out.size;
    s->out_truncated = d->out.truncated;
    s->result_size = d->result.size;
    copy_text(s->result_error, sizeof s->result_error, d->result.write_error);
}

static void on_usage(void *ctx, int64_t bytes)
{
    struct seen *s = ctx;
    s->usage++;
    s->memory_bytes = bytes;
}

static void on_exited(void *ctx, const struct driver_exit *e)
{
    struct seen *s = ctx;
    s->exited++;
    s->exit = *e;
    copy_text(s->exit_reason, sizeof s->exit_reason, e->reason);
    copy_text(s->log_tail, sizeof s->log_tail, e->log_tail);
}

static const struct driver_events events = {
    .status = on_status,
    .ready = on_ready,
    .started = on_started,
    .progress = on_progress,
    .done = on_done,
    .usage = on_usage,
    .exited = on_exited,
};

/* ---- What tests do ---- */

void harness_start(struct harness *h, struct seen *s, const char *id, const char *start_code)
{
    struct err err;
    struct runner_property property = {STR("fake.start"), str_from(start_code ? start_code : "")};
    struct runner_spec spec = {
        .session_id = str_from(id),
        .workgroup = STR("spark"),
        .engine_version = STR("PySpark engine version 3"),
        .properties = &property,
        .property_count = 1,
    };
    *s = (struct seen){.h = h, .id = id};
    s->driver = h->runner->ops->start(h->runner, &spec, &events, s, &err);
    if (!s->driver)
        fail_msg("%s", err.text);
    add_live(h, s);
}

void harness_adopt(struct harness *h, struct seen *s, const char *id)
{
    *s = (struct seen){.h = h, .id = id};
    s->driver = h->runner->ops->adopt(h->runner, str_from(id), &events, s);
    add_live(h, s);
}

void harness_run(struct seen *s, const char *calculation_id, const char *code)
{
    struct err err;
    if (s->h->runner->ops->run(s->driver, str_from(calculation_id), str_from(code), &err) < 0)
        fail_msg("%s", err.text);
}

static void on_late(struct timer *t)
{
    *(bool *)t->ctx = true;
}

void harness_await(struct seen *s, const unsigned *counter, unsigned count)
{
    bool late = false;
    struct timer timer = {0};
    timer_start(loop_timers(s->h->loop), &timer, AWAIT_MS, on_late, &late);
    while (*counter < count && !late)
        uv_run(loop_uv(s->h->loop), UV_RUN_ONCE);
    timer_stop(loop_timers(s->h->loop), &timer);
    if (late)
        fail_msg("waited for an event in vain (status %u ready %u started %u done %u exited %u: %s%s)",
                 s->status, s->ready, s->started, s->done, s->exited, s->exit_reason, s->log_tail);
}

void harness_await_ready(struct seen *s)
{
    harness_await(s, &s->status, 1);
    if (s->state == DRIVER_READY)
        s->ready = 1;
    harness_await(s, &s->ready, 1);
}

void harness_start_ready(struct harness *h, struct seen *s, const char *id, const char *start_code)
{
    harness_start(h, s, id, start_code);
    harness_await_ready(s);
}

void harness_end(struct seen *s)
{
    s->h->runner->ops->stop(s->driver, 0);
    harness_await(s, &s->exited, 1);
    harness_forget(s);
}

static void on_cleaned(void *ctx)
{
    *(bool *)ctx = true;
}

void harness_forget(struct seen *s)
{
    struct harness *h = s->h;
    bool cleaned = false;
    remove_live(h, s);
    h->runner->ops->forget(s->driver, on_cleaned, &cleaned);
    harness_leave(h); /* waits for the cleaning */
    assert_true(cleaned);
    for (int i = 0; i < 500 && harness_shim_pid(h, s->id) > 0; i++)
        usleep(10000);
    assert_int_equal(harness_processes(h, s->id), 0);
    assert_int_equal(harness_shim_pid(h, s->id), 0);
    assert_false(harness_exists(h, s->id, SOCKET_FILE));
    assert_false(harness_exists(h, s->id, CALC_FOLDER));
    char work[2 * HARNESS_PATH_MAX];
    snprintf(work, sizeof work, "%s/%s", h->work, s->id);
    assert_int_equal(access(work, F_OK), -1);
    harness_serve(h);
}

/* ---- What is there ---- */

static bool file_has(const char *path, struct str wanted, bool whole_list)
{
    char bytes[64 * 1024];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, bytes, sizeof bytes);
    if (fd >= 0)
        close(fd);
    struct str rest = str_of(bytes, n > 0 ? (size_t)n : 0);
    while (rest.p && rest.n) {
        struct str part = str_cut(&rest, '\0');
        if (whole_list ? str_eq(part, wanted) : str_ends(part, wanted))
            return true;
    }
    return false;
}

/* Counts processes whose file of /proc has the string; `*ret_lowest` is the first of them. */
static unsigned find_processes(const char *file, struct str wanted, pid_t *ret_lowest)
{
    unsigned found = 0;
    *ret_lowest = 0;
    DIR *dir = opendir("/proc");
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        uint64_t pid;
        char path[HARNESS_PATH_MAX];
        if (!str_to_u64(str_from(e->d_name), &pid))
            continue;
        snprintf(path, sizeof path, "/proc/%u/%s", (unsigned)pid, file);
        if (!file_has(path, wanted, true))
            continue;
        found++;
        if (*ret_lowest == 0 || (pid_t)pid < *ret_lowest)
            *ret_lowest = (pid_t)pid;
    }
    closedir(dir);
    return found;
}

/* By the spec's path: another test may have a session of the same id. */
static unsigned find_session(const struct harness *h, const char *id, pid_t *ret_lowest)
{
    char variable[2 * HARNESS_PATH_MAX];
    snprintf(variable, sizeof variable, "GLAUX_DRIVER_SPEC=%s/%s/driver.json", h->work, id);
    return find_processes("environ", str_from(variable), ret_lowest);
}

unsigned harness_processes(const struct harness *h, const char *id)
{
    pid_t lowest;
    return find_session(h, id, &lowest);
}

pid_t harness_driver_pid(const struct harness *h, const char *id)
{
    pid_t lowest;
    find_session(h, id, &lowest);
    return lowest;
}

pid_t harness_shim_pid(const struct harness *h, const char *id)
{
    char folder[2 * HARNESS_PATH_MAX];
    pid_t lowest;
    snprintf(folder, sizeof folder, "%s/sessions/%s", h->data, id);
    find_processes("cmdline", str_from(folder), &lowest);
    return lowest;
}

bool harness_exists(const struct harness *h, const char *id, const char *name)
{
    char path[2 * HARNESS_PATH_MAX];
    snprintf(path, sizeof path, "%s/sessions/%s/%s", h->data, id, name);
    return access(path, F_OK) == 0;
}
