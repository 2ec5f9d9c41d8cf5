#include "main/log_retention.h"

#include "base/log.h"
#include "base/map.h"
#include "base/random.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { FIRST_MS = 30 * 1000, EVERY_MS = 15 * 60 * 1000, YOUNG_MS = 60 * 1000, FOLDERS_MAX = 200000 };

struct folder {
    char id[UUID_TEXT_LEN + 1];
    int64_t modified_ms;
    int64_t bytes;
};

struct log_retention {
    struct server *server;
    struct timer timer;
    bool working;
    bool stopped;
    /* A round's input, taken on the loop, and what it found. */
    char *sessions_folder;
    struct map live; /* keys are in live_ids */
    char (*live_ids)[UUID_TEXT_LEN + 1];
    int64_t keep_ms;
    int64_t space_bytes;
    int64_t now_ms;
    size_t removed;
};

static bool ended_folder(const struct log_retention *r, int sessions, const char *name, struct folder *ret)
{
    struct stat st;
    if (!uuid_valid(str_from(name)) || map_get(&r->live, str_from(name)) ||
        fstatat(sessions, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    *ret = (struct folder){.modified_ms = (int64_t)st.st_mtime * 1000};
    if (r->now_ms - ret->modified_ms < YOUNG_MS) /* perhaps of a session that has just started */
        return false;
    memcpy(ret->id, name, UUID_TEXT_LEN);
    ret->bytes = shim_session_bytes(r->server->paths.data, str_from(name));
    return true;
}

static int newest_first(const void *a, const void *b)
{
    const struct folder *x = a, *y = b;
    return x->modified_ms < y->modified_ms ? 1 : x->modified_ms > y->modified_ms ? -1 : 0;
}

static size_t read_folders(const struct log_retention *r, struct folder **ret)
{
    DIR *dir = opendir(r->sessions_folder);
    size_t count = 0, capacity = 0;
    struct dirent *e;
    *ret = NULL;
    while (dir && (e = readdir(dir)) && count < FOLDERS_MAX) {
        struct folder f;
        if (!ended_folder(r, dirfd(dir), e->d_name, &f))
            continue;
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            *ret = mem_grow(*ret, capacity, sizeof **ret);
        }
        (*ret)[count++] = f;
    }
    if (dir)
        closedir(dir);
    return count;
}

static void remove_one(struct log_retention *r, const struct folder *f)
{
    struct err err;
    if (shim_session_remove(r->server->paths.data, str_from(f->id), &err) < 0)
        log_warn("main", "the log of an ended session could not be removed", F_CSTR("session_id", f->id),
                 F_ERR(&err));
    else
        r->removed++;
}

static void work(void *ctx)
{
    struct log_retention *r = ctx;
    struct folder *folders;
    size_t count = read_folders(r, &folders);
    int64_t bytes = 0;
    if (count)
        qsort(folders, count, sizeof *folders, newest_first);
    for (size_t i = 0; i < count; i++) {
        bytes += folders[i].bytes;
        if (bytes > r->space_bytes || r->now_ms - folders[i].modified_ms > r->keep_ms)
            remove_one(r, &folders[i]);
    }
    free(folders);
}

static void end_round(struct log_retention *r)
{
    map_done(&r->live);
    free(r->live_ids);
    free(r->sessions_folder);
    r->live_ids = NULL;
    r->sessions_folder = NULL;
    r->working = false;
}

static void on_time(struct timer *t);

static void done(void *ctx)
{
    struct log_retention *r = ctx;
    if (r->removed)
        log_info("main", "logs of ended sessions removed", F_INT("count", r->removed));
    end_round(r);
    if (r->stopped)
        free(r);
    else
        timer_start(loop_timers(r->server->loop), &r->timer, EVERY_MS, on_time, r);
}

static void take_live(struct log_retention *r)
{
    size_t count = core_live_sessions(r->server->core, NULL, 0);
    r->live_ids = mem_new_array(count, sizeof *r->live_ids);
    CLEANUP_FREE struct str *ids = mem_new_array(count, sizeof *ids);
    core_live_sessions(r->server->core, ids, count);
    map_init(&r->live);
    for (size_t i = 0; i < count; i++) {
        memcpy(r->live_ids[i], ids[i].p, UUID_TEXT_LEN);
        map_put(&r->live, str_from(r->live_ids[i]), r);
    }
}

static void on_time(struct timer *t)
{
    struct log_retention *r = t->ctx;
    const struct settings *g = &r->server->settings;
    size_t n = strlen(r->server->paths.data) + sizeof "/sessions";
    take_live(r);
    r->sessions_folder = mem_new(n);
    snprintf(r->sessions_folder, n, "%s/sessions", r->server->paths.data);
    r->keep_ms = g->retention_logs;
    r->space_bytes = g->retention_log_space;
    r->now_ms = clock_wall_ms(&clock_system);
    r->removed = 0;
    r->working = true;
    loop_work(r->server->loop, work, done, r);
}

struct log_retention *log_retention_start(struct server *s)
{
    struct log_retention *r = mem_new(sizeof *r);
    r->server = s;
    timer_start(loop_timers(s->loop), &r->timer, FIRST_MS, on_time, r);
    return r;
}

void log_retention_stop(struct log_retention *r)
{
    if (!r)
        return;
    timer_stop(loop_timers(r->server->loop), &r->timer);
    r->stopped = true;
    if (!r->working)
        free(r);
}
