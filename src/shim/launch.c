#include "shim/launch.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/jsonw.h"
#include "shim/folder.h"
#include "shim/leftover.h"
#include "shim/record.h"
#include "shim/spec.h"
#include "shim/uids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define DRIVER_SPEC_FILE "driver.json"

enum {
    LAUNCH_ARENA_BYTES = 8 * 1024 * 1024,
    DRIVER_SPEC_MAX = 4 * 1024 * 1024,
    COMMAND_MAX = 8,
    VARIABLES_MAX = 16
};

struct launch {
    struct loop *loop;
    launch_fn *fn; /* NULL: abandoned */
    void *ctx;
    struct arena *arena;
    struct session_paths paths;
    const char *shim_program;
    struct uids_range users;
    int user_claim; /* on spec.uid; -1: none */
    struct shim_spec spec;
    struct buf shim_spec;
    struct buf driver_spec;
    bool failed;
    struct err err;
    uv_process_t process;
};

static char *join(const char *folder, const char *name)
{
    size_t n = strlen(folder) + 1 + strlen(name) + 1;
    char *path = mem_new(n);
    snprintf(path, n, "%s/%s", folder, name);
    return path;
}

void session_paths_init(struct session_paths *p, const struct shim_config *c, struct str id)
{
    char name[FOLDER_ID_MAX + 1], below[sizeof "sessions/" + FOLDER_ID_MAX];
    REQUIRE(folder_id_valid(id));
    snprintf(name, sizeof name, "%.*s", STR_ARG(id));
    snprintf(below, sizeof below, "sessions/%s", name);
    p->folder = join(c->data_folder, below);
    p->work = join(c->work_root, name);
}

void session_paths_done(struct session_paths *p)
{
    free(p->folder);
    free(p->work);
    *p = (struct session_paths){0};
}

/* What the driver is told (driver/README.md). */
static void write_driver_spec(struct launch *l, const struct shim_config *c, const struct runner_spec *spec)
{
    struct jsonw w;
    jsonw_init(&w, &l->driver_spec);
    jsonw_object(&w);
    jsonw_member_str(&w, "session_id", spec->session_id);
    jsonw_member_str(&w, "work_dir", str_from(l->paths.work));
    jsonw_member_str(&w, "workgroup", spec->workgroup);
    jsonw_member_str(&w, "engine_version", spec->engine_version);
    jsonw_member_str(&w, "description", spec->description);
    jsonw_member_int(&w, "started_ms", spec->created_ms);
    jsonw_member_str(&w, "output_dir", spec->output_location);
    jsonw_member_str(&w, "region", spec->region);
    jsonw_member_str(&w, "account", spec->account);
    jsonw_member_str(&w, "master", str_from(c->master));
    jsonw_member_int(&w, "cores", c->cores);
    jsonw_member_str(&w, "driver_memory", str_from(c->heap));
    jsonw_member_str(&w, "java_home", str_from(c->java_home));
    if (c->sessions_url)
        jsonw_member_str(&w, "data_url", str_from(c->sessions_url));
    if (c->warehouse && c->warehouse[0])
        jsonw_member_str(&w, "warehouse", str_from(c->warehouse));
    if (c->metastore_uri && c->metastore_uri[0])
        jsonw_member_str(&w, "metastore_uri", str_from(c->metastore_uri));
    if (c->class_archive)
        jsonw_member_str(&w, "class_archive", str_from(c->class_archive));
    jsonw_key(&w, STR("spark_properties"));
    jsonw_object(&w);
    for (size_t i = 0; i < spec->property_count; i++) {
        jsonw_key(&w, spec->properties[i].key);
        jsonw_str(&w, spec->properties[i].value);
    }
    jsonw_end_object(&w);
    jsonw_end_object(&w);
}

static char *variable(struct launch *l, const char *name, const char *value)
{
    return arena_cstr(l->arena, arena_printf(l->arena, "%s=%s", name, value));
}

static const char *folder_of(struct launch *l, const char *path)
{
    const char *slash = strrchr(path, '/');
    return arena_cstr(l->arena, str_of(path, slash ? (size_t)(slash - path) : 0));
}

/* With these every AWS SDK in the session finds the server, and credentials that it renews by itself. */
static void add_data_variables(struct launch *l, const struct shim_config *c, const struct runner_spec *spec,
                               char **v)
{
    char ticket[SHIM_TICKET_MAX];
    const char *region = arena_cstr(l->arena, spec->region);
    struct str credentials = arena_printf(l->arena, "%s" SESSION_CREDENTIALS_PATH, c->sessions_url);
    c->ticket(c->ticket_ctx, spec->session_id, ticket, sizeof ticket);
    *v++ = variable(l, "AWS_ENDPOINT_URL", c->sessions_url);
    *v++ = variable(l, "AWS_CONTAINER_CREDENTIALS_FULL_URI", arena_cstr(l->arena, credentials));
    *v++ = variable(l, "AWS_CONTAINER_AUTHORIZATION_TOKEN", ticket);
    *v++ = variable(l, "AWS_REGION", region);
    *v++ = variable(l, "AWS_DEFAULT_REGION", region);
    *v++ = variable(l, "AWS_EC2_METADATA_DISABLED", "true");
    explicit_bzero(ticket, sizeof ticket);
}

/* All that a driver sees of the server's environment. */
static char **environment(struct launch *l, const struct shim_config *c, const struct runner_spec *spec)
{
    struct str session_id = spec->session_id;
    char **v = arena_array(l->arena, VARIABLES_MAX, sizeof *v);
    size_t n = 0;
    struct str path = arena_printf(l->arena, "%s:%s/bin:/usr/local/bin:/usr/bin:/bin",
                                   folder_of(l, c->interpreter), c->java_home);
    v[n++] = variable(l, "PATH", arena_cstr(l->arena, path));
    v[n++] = variable(l, "HOME", l->paths.work);
    v[n++] = variable(l, "TMPDIR", arena_cstr(l->arena, arena_printf(l->arena, "%s/tmp", l->paths.work)));
    v[n++] = variable(l, "LANG", "C.UTF-8");
    v[n++] = variable(l, "JAVA_HOME", c->java_home);
    v[n++] = variable(l, SESSION_VARIABLE, arena_cstr(l->arena, session_id));
    v[n++] = variable(l, "GLAUX_DRIVER_SPEC",
                      arena_cstr(l->arena, arena_printf(l->arena, "%s/" DRIVER_SPEC_FILE, l->paths.work)));
    if (c->sessions_url)
        add_data_variables(l, c, spec, v + n);
    return v;
}

static char **command(struct launch *l, const struct shim_config *c, const char *driver_folder)
{
    const char *const parts[] = {c->interpreter, "-I", "-X", "utf8", driver_folder};
    char **v = arena_array(l->arena, COMMAND_MAX, sizeof *v);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        v[i] = arena_cstr(l->arena, str_from(parts[i]));
    return v;
}

static void fill_shim_spec(struct launch *l, const struct shim_config *c, const char *driver_folder,
                           const struct runner_spec *spec)
{
    l->spec = (struct shim_spec){
        .session_id = arena_cstr(l->arena, spec->session_id),
        .work_folder = l->paths.work,
        .code_folder = c->uid_count > 0 ? arena_cstr(l->arena, str_from(driver_folder)) : NULL,
        .command = command(l, c, driver_folder),
        .environment = environment(l, c, spec),
        .cgroup = c->cgroup,
        .memory_bytes = c->memory_bytes,
        .stdout_max_bytes = c->stdout_max_bytes,
        .stderr_max_bytes = c->stderr_max_bytes,
        .result_max_bytes = c->result_max_bytes,
        .log_max_bytes = c->log_max_bytes,
        .files_max = c->files_max,
        .orphan_timeout_ms = c->orphan_timeout_ms,
        .stop_grace_ms = c->stop_grace_ms,
    };
}

static void launch_free(struct launch *l)
{
    if (l->user_claim >= 0 && l->process.pid == 0) /* the shim never ran */
        uids_give_back(l->user_claim, l->spec.uid, l->paths.work);
    if (l->user_claim >= 0)
        close(l->user_claim);
    buf_done(&l->shim_spec);
    buf_done(&l->driver_spec);
    session_paths_done(&l->paths);
    arena_free(l->arena);
    free(l);
}

/* It is there already when the last server died before its shim was started; what that left says nothing. */
static int make_session_folder(struct launch *l, struct err *err)
{
    if (mkdir(l->paths.folder, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, errno, "The session's folder %s cannot be made", l->paths.folder);
    CLEANUP_FD int folder = folder_open(l->paths.folder, err);
    if (folder < 0)
        return -1;
    if (unlinkat(folder, EXIT_FILE, 0) != 0 && errno != ENOENT)
        return err_set_errno(err, errno, "The session's folder %s cannot be cleared", l->paths.folder);
    return file_write(folder, SPEC_FILE, buf_str(&l->shim_spec), true, err);
}

/* Everything in it belongs to the driver's user. */
static int make_work_folder(struct launch *l, struct err *err)
{
    uint32_t uid = l->spec.uid;
    CLEANUP_FD int folder = -1;
    if (mkdir(l->paths.work, 0700) != 0 || (folder = folder_open(l->paths.work, err)) < 0)
        return err_set_errno(err, errno, "The working folder %s cannot be made", l->paths.work);
    if (file_write(folder, DRIVER_SPEC_FILE, buf_str(&l->driver_spec), false, err) != 0)
        return -1;
    if (mkdirat(folder, "tmp", 0700) != 0 ||
        (uid != 0 && (fchownat(folder, "tmp", uid, uid, AT_SYMLINK_NOFOLLOW) != 0 ||
                      fchownat(folder, DRIVER_SPEC_FILE, uid, uid, AT_SYMLINK_NOFOLLOW) != 0 ||
                      fchown(folder, uid, uid) != 0)))
        return err_set_errno(err, errno, "The working folder %s cannot be set up", l->paths.work);
    return 0;
}

static int claim_user(struct launch *l, struct err *err)
{
    if (l->users.count == 0)
        return 0;
    l->user_claim = uids_claim(&l->users, l->paths.work, &l->spec.uid, err);
    l->spec.gid = l->spec.uid;
    return l->user_claim < 0 ? -1 : 0;
}

static void prepare(void *ctx)
{
    struct launch *l = ctx;
    if (claim_user(l, &l->err) != 0) {
        l->failed = true;
        return;
    }
    spec_write(&l->spec, &l->shim_spec);
    if (l->shim_spec.overflow || l->driver_spec.overflow)
        l->failed = err_set(&l->err, ERR_INVALID_REQUEST, "The session's properties are too long.") != 0;
    else
        l->failed = make_session_folder(l, &l->err) != 0 || make_work_folder(l, &l->err) != 0;
    if (l->failed && l->err.code == ERR_NO_SPACE)
        err_set(&l->err, ERR_NO_SPACE,
                "There is no room for the session's files; make some, and start it again. %s", l->err.text);
}

static void conclude(struct launch *l)
{
    if (l->fn)
        l->fn(l->ctx, l->failed ? &l->err : NULL);
    launch_free(l);
}

static void on_process_closed(uv_handle_t *h)
{
    conclude(h->data);
}

/* The shim writes why it could not start as the last line of the log. */
static void explain(struct launch *l, int64_t status, int signal)
{
    l->failed = true;
    if (signal != 0)
        err_set(&l->err, ERR_INTERNAL, "The session's shim did not start in time, or was killed.");
    else
        err_set(&l->err, ERR_INTERNAL,
                "The session's shim did not start (code %lld); the session's log says why.",
                (long long)status);
}

static void on_process_exit(uv_process_t *p, int64_t status, int signal)
{
    struct launch *l = p->data;
    if (status != 0 || signal != 0)
        explain(l, status, signal);
    uv_close((uv_handle_t *)p, on_process_closed);
}

/* Sanitizers of a test build are told by the environment; nothing else of it goes to the shim. */
static char **shim_environment(struct launch *l)
{
    static const char *const passed_on[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};
    char **v = arena_array(l->arena, ARRAY_SIZE(passed_on) + 2, sizeof *v);
    size_t n = 0;
    v[n++] = variable(l, "LANG", "C.UTF-8");
    for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
        if (getenv(passed_on[i]))
            v[n++] = variable(l, passed_on[i], getenv(passed_on[i]));
    return v;
}

static void spawn(struct launch *l)
{
    char program[] = "glaux-shim";
    char *arguments[] = {program, l->paths.folder, NULL};
    uv_stdio_container_t descriptors[UIDS_CLAIM_FD + 1] = {{.flags = UV_IGNORE}};
    if (l->user_claim >= 0)
        descriptors[UIDS_CLAIM_FD] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = l->user_claim};
    uv_process_options_t options = {
        .file = l->shim_program,
        .args = arguments,
        .env = shim_environment(l),
        .exit_cb = on_process_exit,
        .stdio = descriptors,
        .stdio_count = ARRAY_SIZE(descriptors),
        .flags = UV_PROCESS_DETACHED,
    };
    l->process.data = l;
    int rc = uv_spawn(loop_uv(l->loop), &l->process, &options);
    if (rc == 0)
        return;
    l->failed = true;
    err_set(&l->err, ERR_INTERNAL, "The program %s cannot be run: %s.", l->shim_program, uv_strerror(rc));
    uv_close((uv_handle_t *)&l->process, on_process_closed);
}

static void on_prepared(void *ctx)
{
    struct launch *l = ctx;
    if (l->failed || !l->fn)
        conclude(l);
    else
        spawn(l);
}

struct launch *launch_begin(struct loop *loop, const struct shim_config *c, const char *driver_folder,
                            const struct runner_spec *spec, uint32_t user_start, launch_fn *fn, void *ctx)
{
    struct launch *l = mem_new(sizeof *l);
    *l = (struct launch){.loop = loop, .fn = fn, .ctx = ctx, .shim_program = c->shim_program};
    l->users = (struct uids_range){c->uid_first, c->uid_count, user_start};
    l->user_claim = -1;
    l->arena = arena_new(LAUNCH_ARENA_BYTES);
    session_paths_init(&l->paths, c, spec->session_id);
    buf_init(&l->shim_spec, SPEC_MAX_BYTES);
    buf_init(&l->driver_spec, DRIVER_SPEC_MAX);
    fill_shim_spec(l, c, driver_folder, spec);
    write_driver_spec(l, c, spec);
    loop_work(loop, prepare, on_prepared, l);
    return l;
}

void launch_abandon(struct launch *l)
{
    l->fn = NULL;
}

void launch_give_up(struct launch *l)
{
    if (l->process.data)
        uv_process_kill(&l->process, SIGKILL);
}
