#include "shim/sweep.h"

#include "base/file.h"
#include "base/log.h"
#include "shim/folder.h"
#include "shim/staging.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>

static bool has(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Its process tree is gone once there is a record of its end; without a spec it has been cleaned. A live one
 * has a spec before it has a working folder. */
static bool is_ended_session(int sessions, const char *id)
{
    if (!folder_id_valid(str_from(id)))
        return false;
    CLEANUP_FD int folder = openat(sessions, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return folder >= 0 && (has(folder, EXIT_FILE) || !has(folder, SPEC_FILE));
}

static void remove_or_warn(int root, const char *name)
{
    struct err err;
    if (file_remove_tree(root, name, &err) == 0)
        log_info("shim", "an old working folder was removed", F_CSTR("name", name));
    else
        log_warn("shim", "an old working folder was not removed", F_CSTR("name", name), F_ERR(&err));
}

/* Shims and servers hold what they use; the lock keeps others from beginning to while it goes. */
static void remove_copy_if_unused(int root, const char *name)
{
    CLEANUP_FD int copy = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (copy >= 0 && flock(copy, LOCK_EX | LOCK_NB) == 0)
        remove_or_warn(root, name);
}

void sweep_work_root(const struct shim_config *c)
{
    struct err err;
    CLEANUP_FD int data = folder_open(c->data_folder, &err);
    CLEANUP_FD int sessions = data < 0 ? -1 : openat(data, "sessions", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = sessions < 0 ? NULL : opendir(c->work_root);
    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        if (str_starts(str_from(e->d_name), STR(STAGING_PREFIX)))
            remove_copy_if_unused(dirfd(dir), e->d_name);
        else if (is_ended_session(sessions, e->d_name))
            remove_or_warn(dirfd(dir), e->d_name);
    }
    closedir(dir);
}
