#include "shim/epitaph.h"

#include "base/file.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "shim/folder.h"
#include "shim/leftover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>

enum { EPITAPH_ARENA_BYTES = 256 * 1024, LOST_RECORD_MAX = 1024, OPEN_AGAIN_NS = 100 * 1000 * 1000 };

struct epitaph_job {
    epitaph_fn *fn; /* NULL: abandoned */
    void *ctx;
    struct arena *arena;
    struct epitaph_of of;
    json_t *record; /* of the exit */
    bool told_all;  /* by frames: only the exit is asked for */
    struct epitaph result;
};

static void load_done(struct epitaph_job *j, int folder)
{
    int fd = openat(folder, CALC_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return;
    struct epitaph *r = &j->result;
    for (struct dirent *e; r->done_count < EPITAPH_DONE_MAX && (e = readdir(dir));) {
        json_t *done = record_load_done(folder, e->d_name);
        if (done)
            r->done[r->done_count++] = done;
    }
    closedir(dir);
}

static struct str lost_record(struct buf *out)
{
    struct jsonw w;
    buf_init(out, LOST_RECORD_MAX);
    jsonw_init(&w, out);
    jsonw_object(&w);
    jsonw_member_str(&w, "t", STR("exited"));
    jsonw_member_str(&w, "kind", STR("lost"));
    jsonw_member_str(
        &w, "reason",
        STR("The session's driver was lost: the machine was restarted, or its shim was killed."));
    jsonw_end_object(&w);
    return buf_str(out);
}

/* The record comes first: a shim that is only just starting either sees it and does not begin, or holds its
 * claim by then and is killed. */
static json_t *give_up(struct epitaph_job *j, int folder)
{
    CLEANUP_BUF struct buf text;
    struct err err;
    struct str record = lost_record(&text);
    if (folder >= 0) {
        if (file_write(folder, EXIT_FILE, record, true, &err) != 0)
            log_warn("shim", "the end of a lost session was not recorded",
                     F_STR("session_id", j->of.session_id), F_ERR(&err));
        unsigned left = leftover_kill(folder, j->of.session_id, j->of.cgroup);
        if (left > 0)
            log_warn("shim", "processes of a lost session could not be ended",
                     F_STR("session_id", j->of.session_id), F_INT("processes", left));
    }
    return json_parse(record, &err);
}

/* A server that has no descriptor left must not take a session for lost. */
static int open_patiently(const char *path)
{
    struct err err;
    int folder;
    while ((folder = folder_open(path, &err)) < 0 && folder_out_of_means(errno))
        nanosleep(&(struct timespec){.tv_nsec = OPEN_AGAIN_NS}, NULL);
    return folder;
}

static void work(void *ctx)
{
    struct epitaph_job *j = ctx;
    CLEANUP_FD int folder = open_patiently(j->of.folder);
    if (!j->record && folder >= 0)
        j->record = record_load_exit(folder);
    if (!j->record)
        j->record = give_up(j, folder);
    REQUIRE(record_exit(j->record, &j->result.exit));
    if (folder < 0)
        return;
    j->result.exit.log_tail = record_log_tail(folder, j->arena);
    if (!j->told_all)
        load_done(j, folder);
}

static void job_free(struct epitaph_job *j)
{
    for (size_t i = 0; i < j->result.done_count; i++)
        json_decref(j->result.done[i]);
    json_decref(j->record);
    arena_free(j->arena);
    free(j);
}

static void on_worked(void *ctx)
{
    struct epitaph_job *j = ctx;
    if (j->fn)
        j->fn(j->ctx, &j->result);
    job_free(j);
}

struct epitaph_job *epitaph_begin(struct loop *l, const struct epitaph_of *of, json_t *exited, epitaph_fn *fn,
                                  void *ctx)
{
    struct epitaph_job *j = mem_new(sizeof *j);
    *j = (struct epitaph_job){.fn = fn, .ctx = ctx, .of = *of, .record = exited, .told_all = exited};
    j->arena = arena_new(EPITAPH_ARENA_BYTES);
    j->of.folder = arena_cstr(j->arena, str_from(of->folder));
    j->of.session_id = arena_str(j->arena, of->session_id);
    loop_work(l, work, on_worked, j);
    return j;
}

void epitaph_abandon(struct epitaph_job *j)
{
    j->fn = NULL;
}
