/* What remains of an ended session, in its own and in the data folder. */
#include "shim/driver.h"

#include "base/file.h"
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>

struct cleaning {
    struct session_paths paths;
    loop_fn *done;
    void *ctx;
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
    if (c->done)
        c->done(c->ctx);
    session_paths_done(&c->paths);
    free(c);
}

void remains_clean(struct shim_runner *r, struct session_paths paths, loop_fn *done, void *ctx)
{
    struct cleaning *c = mem_new(sizeof *c);
    *c = (struct cleaning){paths, done, ctx};
    loop_work(r->loop, clean, on_cleaned, c);
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
