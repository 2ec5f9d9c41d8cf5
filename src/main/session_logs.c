#include "main/session_logs.h"

#include "base/file.h"
#include "base/list.h"
#include "base/log.h"
#include "base/random.h"
#include "base/s3_uri.h"
#include "model/athena.gen.h"
#include "shim/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* In a session's folder: its log is where it belongs, or belongs nowhere. */
#define LOGGED_FILE "logged"

enum {
    FOLDERS_MAX = 200000,
    PATH_ROOM = 4096,
    ARENA_MAX = 8 * 1024 * 1024,
    OLD = 0,
    NEW = 1,
    GENERATIONS = 2
};

static const char *const files[GENERATIONS] = {[OLD] = OLD_LOG_FILE, [NEW] = LOG_FILE};
static const char *const names[GENERATIONS] = {[OLD] = "driver.log.1", [NEW] = "driver.log"};

struct job {
    struct session_logs *logs;
    struct list link;
    char id[UUID_TEXT_LEN + 1];
    struct arena *arena;
    struct str bucket;
    struct str folder; /* of the keys, with its slash */
    size_t next;       /* generation that is read */
    struct object_body *bodies[GENERATIONS];
};

struct session_logs {
    struct server *server;
    struct list queue; /* the first one is worked on */
    bool busy;
    bool stopped;
};

static void work_on(struct session_logs *l);
static void read_next(struct job *j);

static void path_of(const struct job *j, const char *name, char ret[PATH_ROOM])
{
    snprintf(ret, PATH_ROOM, "%s/sessions/%s/%s", j->logs->server->paths.data, j->id, name);
}

static void job_free(struct job *j)
{
    list_remove(&j->link);
    for (size_t i = 0; i < GENERATIONS; i++)
        object_body_free(j->bodies[i]);
    arena_free(j->arena);
    free(j);
}

static void end(struct job *j)
{
    struct session_logs *l = j->logs;
    job_free(j);
    l->busy = false;
    work_on(l);
}

/* --- Done for good --- */

/* Pool thread. A mark that cannot be made has the next server do it all again. */
static void mark(void *ctx)
{
    char path[PATH_ROOM];
    path_of(ctx, LOGGED_FILE, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    fd_close_p(&fd);
}

static void on_marked(void *ctx)
{
    end(ctx);
}

static void finish(struct job *j)
{
    loop_work(j->logs->server->loop, mark, on_marked, j);
}

static void give_up(struct job *j, const struct err *err)
{
    log_warn("main", "the log of a session could not be stored", F_CSTR("session_id", j->id),
             F_STR("bucket", j->bucket), F_ERR(err));
    end(j);
}

/* --- The objects --- */

static void on_stored(void *ctx, const struct err *err)
{
    struct job *j = ctx;
    if (j->logs->stopped)
        return;
    if (err)
        give_up(j, err);
    else
        finish(j);
}

static void add_object(struct job *j, size_t i, bool elsewhere, struct store_batch *batch)
{
    struct server *s = j->logs->server;
    const struct object_body_info *info = object_body_info(j->bodies[i]);
    struct object_put put = {
        .bucket = j->bucket,
        .key = arena_printf(j->arena, "%.*s%s", STR_ARG(j->folder), names[i]),
        .content_type = STR("text/plain"),
        .modified_ms = clock_wall_ms(&clock_system),
    };
    if (elsewhere)
        deliveries_add(s->deliveries, batch,
                       &(struct delivery_record){
                           .bucket = put.bucket,
                           .key = put.key,
                           .owner_id = str_from(j->id),
                           .etag = str_from(info->etag),
                           .size = info->size,
                           .created_ms = put.modified_ms,
                       });
    objects_add(s->objects, batch, &put, TAKE(j->bodies[i]));
}

static void store(struct job *j)
{
    struct server *s = j->logs->server;
    bool elsewhere = remotes_find(s->remotes, j->bucket) != NULL;
    int64_t bytes = 0;
    struct err err;
    for (size_t i = 0; i < GENERATIONS; i++)
        bytes += object_body_info(j->bodies[i])->size;
    if (elsewhere && deliveries_check_room(s->deliveries, bytes, GENERATIONS, &err) < 0) {
        give_up(j, &err);
        return;
    }
    struct store_batch *batch = store_batch_new(s->store);
    for (size_t i = 0; i < GENERATIONS; i++)
        if (i == NEW || object_body_info(j->bodies[i])->size)
            add_object(j, i, elsewhere, batch);
    store_commit(s->store, batch, on_stored, j);
}

static void on_body(void *ctx, struct object_body *body, const struct err *err)
{
    struct job *j = ctx;
    j->bodies[j->next++] = body;
    if (j->logs->stopped)
        return;
    if (err)
        give_up(j, err);
    else
        read_next(j);
}

static void read_next(struct job *j)
{
    struct server *s = j->logs->server;
    char path[PATH_ROOM];
    if (j->next == GENERATIONS) {
        store(j);
        return;
    }
    path_of(j, files[j->next], path);
    objects_body_from_file(s->objects,
                           &(struct object_source){.path = path, .max_bytes = s->settings.retention_max_log},
                           on_body, j);
}

/* --- What the session wants --- */

static struct str location_of(struct job *j, struct str detail)
{
    struct athena_get_session_response d = {0};
    struct err ignored;
    if (model_decode_stored(&athena_shape_get_session_response, detail, j->arena, &d, &ignored) < 0)
        return STR_NULL;
    const struct athena_monitoring_configuration *m = d.monitoring_configuration;
    const struct athena_s3_logging_configuration *c = m ? m->s3_logging_configuration : NULL;
    return c && c->enabled.value ? c->log_location : STR_NULL;
}

static void on_session(void *ctx, const struct session_record *r, const struct err *err)
{
    struct job *j = ctx;
    if (j->logs->stopped)
        return;
    if (err || !r || !r->ended_ms) { /* a live one is told of when it ends */
        end(j);
        return;
    }
    struct str folder;
    if (!s3_uri_split(location_of(j, r->detail), &j->bucket, &folder) || !j->bucket.n) {
        finish(j);
        return;
    }
    bool slash = !folder.n || str_ends(folder, STR("/"));
    j->folder = arena_printf(j->arena, "%.*s%s%s/", STR_ARG(folder), slash ? "" : "/", j->id);
    read_next(j);
}

static void work_on(struct session_logs *l)
{
    struct list *first = list_first(&l->queue);
    if (l->busy || l->stopped || !first)
        return;
    struct job *j = CONTAINER_OF(first, struct job, link);
    l->busy = true;
    store_get_session(l->server->store, str_from(j->id), on_session, j);
}

static void add(struct session_logs *l, struct str id)
{
    struct job *j = mem_new(sizeof *j);
    j->logs = l;
    j->arena = arena_new(ARENA_MAX);
    snprintf(j->id, sizeof j->id, "%.*s", STR_ARG(id));
    list_append(&l->queue, &j->link);
}

static void on_ended(void *ctx, struct str session_id)
{
    add(ctx, session_id);
    work_on(ctx);
}

/* --- What earlier servers have left --- */

static bool is_left(int sessions, const char *name)
{
    char marker[UUID_TEXT_LEN + sizeof "/" LOGGED_FILE];
    struct stat st;
    if (!uuid_valid(str_from(name)))
        return false;
    snprintf(marker, sizeof marker, "%s/" LOGGED_FILE, name);
    return fstatat(sessions, marker, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

static void add_left(struct session_logs *l)
{
    char path[PATH_ROOM];
    struct dirent *e;
    snprintf(path, sizeof path, "%s/sessions", l->server->paths.data);
    DIR *dir = opendir(path);
    for (size_t n = 0; dir && n < FOLDERS_MAX && (e = readdir(dir)); n++)
        if (is_left(dirfd(dir), e->d_name))
            add(l, str_from(e->d_name));
    if (dir)
        closedir(dir);
}

struct session_logs *session_logs_start(struct server *s)
{
    struct session_logs *l = mem_new(sizeof *l);
    l->server = s;
    list_init(&l->queue);
    add_left(l); /* nobody is served yet: this may block */
    core_watch_ended(s->core, on_ended, l);
    work_on(l);
    return l;
}

void session_logs_stop(struct session_logs *l)
{
    if (!l)
        return;
    l->stopped = true;
    core_watch_ended(l->server->core, NULL, NULL);
}

void session_logs_free(struct session_logs *l)
{
    if (!l)
        return;
    LIST_EACH_SAFE(node, &l->queue)
        job_free(CONTAINER_OF(node, struct job, link));
    free(l);
}
