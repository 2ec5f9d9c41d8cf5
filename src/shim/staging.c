#include "shim/staging.h"

#include "base/file.h"
#include "shim/folder.h"
#include "shim/uids.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
    SOURCE_MAX_BYTES = 4 * 1024 * 1024,
    SOURCE_DEPTH_MAX = 8,
    SHARED_MODE = 0755,
    NAME_BYTES = 64,
    PATH_BYTES = 4096,
    ATTEMPTS = 3, /* another server may sweep the folder at this moment */
};

/* ---- A copy of the driver that other users can read ---- */

/* FNV-1a: tells versions apart, no more. */
static void mix(uint64_t *digest, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        *digest = (*digest ^ (unsigned char)s.p[i]) * 0x100000001b3u;
}

static int copy_file(int from, int to, const char *name, uint64_t *digest, struct err *err)
{
    CLEANUP_BUF struct buf content;
    buf_init(&content, SOURCE_MAX_BYTES);
    if (file_read(from, name, &content, err) != 0 || file_write(to, name, buf_str(&content), false, err) != 0)
        return -1;
    if (fchmodat(to, name, 0644, 0) != 0)
        return err_set_errno(err, errno, "%s cannot be made readable", name);
    mix(digest, str_from(name));
    mix(digest, buf_str(&content));
    return 0;
}

static int copy_entries(int from, int to, unsigned depth, uint64_t *digest, struct err *err);

static int copy_folder(int from, int to, const char *name, unsigned depth, uint64_t *digest, struct err *err)
{
    CLEANUP_FD int inner_from = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (depth > SOURCE_DEPTH_MAX || inner_from < 0 || mkdirat(to, name, SHARED_MODE) != 0 ||
        fchmodat(to, name, SHARED_MODE, 0) != 0)
        return err_set_errno(err, errno, "%s cannot be copied", name);
    CLEANUP_FD int inner_to = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    mix(digest, str_from(name));
    return inner_to < 0 ? err_set_errno(err, errno, "%s cannot be copied", name)
                        : copy_entries(inner_from, inner_to, depth + 1, digest, err);
}

static int wanted(const struct dirent *e)
{
    return e->d_name[0] != '.' && strcmp(e->d_name, "__pycache__") != 0;
}

static bool is_folder(int at, const char *name)
{
    struct stat st;
    return fstatat(at, name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

/* In the order of the names, so that the digest does not depend on the file system's. */
static int copy_entries(int from, int to, unsigned depth, uint64_t *digest, struct err *err)
{
    struct dirent **entries;
    int n = scandirat(from, ".", &entries, wanted, alphasort), rc = 0;
    if (n < 0)
        return err_set_errno(err, errno, "The driver's folder cannot be read");
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        if (rc == 0)
            rc = is_folder(from, name) ? copy_folder(from, to, name, depth, digest, err)
                                       : copy_file(from, to, name, digest, err);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static int copy_driver(const struct shim_config *c, int root, const char *temporary, uint64_t *digest,
                       struct err *err)
{
    CLEANUP_FD int from = folder_open(c->driver_folder, err);
    if (from < 0 || file_remove_tree(root, temporary, err) != 0)
        return -1;
    if (mkdirat(root, temporary, SHARED_MODE) != 0 || fchmodat(root, temporary, SHARED_MODE, 0) != 0)
        return err_set_errno(err, errno, "The folder for the driver's copy cannot be made");
    CLEANUP_FD int to = openat(root, temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (to < 0 || flock(to, LOCK_SH | LOCK_NB) != 0)
        return err_set_errno(err, errno, "The folder for the driver's copy cannot be opened");
    return copy_entries(from, to, 0, digest, err);
}

/* Where the same copy is there already, that one stays. */
static int put_in_place(int root, const char *temporary, const char *name, struct err *err)
{
    if (renameat(root, temporary, root, name) == 0)
        return 0;
    bool there = errno == EEXIST || errno == ENOTEMPTY;
    if (!there)
        err_set_errno(err, errno, "The driver's copy cannot be put in place");
    return file_remove_tree(root, temporary, err) == 0 && there ? 0 : -1;
}

/* Held, and nobody has removed it meanwhile. */
static int hold_copy(int root, const char *name, const char *path, struct err *err)
{
    struct stat held, named;
    int fd = folder_hold(path, err);
    if (fd < 0)
        return -1;
    if (fstat(fd, &held) == 0 && fstatat(root, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        held.st_ino == named.st_ino)
        return fd;
    close(fd);
    return err_set(err, ERR_INTERNAL, "The driver's copy %s has been removed.", path);
}

char *staging_driver(const struct shim_config *c, int *ret_hold, struct err *err)
{
    char temporary[NAME_BYTES], name[NAME_BYTES], path[PATH_BYTES];
    CLEANUP_FD int root = folder_open(c->work_root, err);
    snprintf(temporary, sizeof temporary, STAGING_PREFIX "new-%d", (int)getpid());
    for (int attempt = 0; root >= 0 && attempt < ATTEMPTS; attempt++) {
        uint64_t digest = 0xcbf29ce484222325u;
        if (copy_driver(c, root, temporary, &digest, err) != 0)
            return NULL;
        snprintf(name, sizeof name, STAGING_PREFIX "%016llx", (unsigned long long)digest);
        if (put_in_place(root, temporary, name, err) != 0)
            return NULL;
        snprintf(path, sizeof path, "%s/%s", c->work_root, name);
        if ((*ret_hold = hold_copy(root, name, path, err)) >= 0)
            return mem_strdup(path);
    }
    return NULL;
}

/* It may lie where anybody can make folders, and somebody may have been there first. */
static int check_owner(const struct shim_config *c, int root, struct err *err)
{
    struct stat st;
    if (fstat(root, &st) != 0)
        return err_set_errno(err, errno, "The folder %s cannot be examined", c->work_root);
    if (st.st_uid != geteuid())
        return err_set(
            err, ERR_INTERNAL,
            "The folder for working folders, %s, belongs to user %u, not to the server's: remove it "
            "or set isolation.work_root.",
            c->work_root, st.st_uid);
    if (st.st_mode & 022)
        return err_set(
            err, ERR_INTERNAL,
            "The folder for working folders, %s, can be written by others than its owner: take that "
            "right away or set isolation.work_root.",
            c->work_root);
    return 0;
}

int staging_work_root(const struct shim_config *c, bool shared, struct err *err)
{
    if (mkdir(c->work_root, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, errno, "The folder for working folders, %s, cannot be made", c->work_root);
    CLEANUP_FD int root = open(c->work_root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (root < 0)
        return err_set_errno(err, errno, "%s is not a folder for working folders", c->work_root);
    if (check_owner(c, root, err) != 0)
        return -1;
    if (fchmod(root, shared ? 0711 : 0700) != 0)
        return err_set_errno(err, errno, "The mode of %s cannot be set", c->work_root);
    return 0;
}

/* ---- Can other users work at all? ---- */

enum reach { REACH_ALL, REACH_USER, REACH_WORK_ROOT, REACH_INTERPRETER, REACH_JAVA, REACH_MAX };

/* In a child: only system calls. */
static enum reach try_reach(const struct shim_config *c, const char *java)
{
    if (setgroups(0, NULL) != 0 || setresgid(c->uid_first, c->uid_first, c->uid_first) != 0 ||
        setresuid(c->uid_first, c->uid_first, c->uid_first) != 0)
        return REACH_USER;
    if (access(c->work_root, X_OK) != 0)
        return REACH_WORK_ROOT;
    if (access(c->interpreter, X_OK) != 0)
        return REACH_INTERPRETER;
    return access(java, X_OK) != 0 ? REACH_JAVA : REACH_ALL;
}

static int explain(const struct shim_config *c, enum reach r, struct err *err)
{
    switch (r) {
    case REACH_ALL: return 0;
    case REACH_USER: return err_set(err, ERR_INTERNAL, "User %u cannot be taken on.", c->uid_first);
    case REACH_WORK_ROOT:
        return err_set(err, ERR_INTERNAL, "User %u cannot reach the work root %s.", c->uid_first,
                       c->work_root);
    case REACH_INTERPRETER:
        return err_set(err, ERR_INTERNAL, "User %u cannot run the interpreter %s.", c->uid_first,
                       c->interpreter);
    case REACH_JAVA:
        return err_set(err, ERR_INTERNAL, "User %u cannot run Java in %s.", c->uid_first, c->java_home);
    case REACH_MAX: break;
    }
    return err_set(err, ERR_INTERNAL, "Whether drivers can run under other users could not be found out.");
}

int shim_isolation_probe(const struct shim_config *c, struct err *err)
{
    char java[PATH_BYTES];
    snprintf(java, sizeof java, "%s/bin/java", c->java_home);
    if (geteuid() != 0)
        return err_set(err, ERR_INTERNAL, "The server is not root, so drivers run as its own user.");
    if (c->uid_count == 0)
        return err_set(err, ERR_INTERNAL, "No users for drivers are set.");
    if (uids_prepare(err) != 0 || staging_work_root(c, true, err) != 0)
        return -1;
    pid_t pid = fork();
    if (pid < 0)
        return err_set_errno(err, errno, "Whether drivers can run under other users could not be found out");
    if (pid == 0)
        _exit((int)try_reach(c, java));
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return explain(c, WIFEXITED(status) ? (enum reach)WEXITSTATUS(status) : REACH_MAX, err);
}
