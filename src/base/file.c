#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* Deeper trees are cut where they are: a hostile one must not use up the stack or the descriptors. */
enum { TREE_DEPTH_MAX = 256, READ_STEP_BYTES = 16 * 1024, TEMPORARY_NAME_MAX = 256 };

static int read_fd(int fd, struct buf *ret)
{
    for (;;) {
        char *to = buf_reserve(ret, 1);
        if (!to)
            return EFBIG;
        size_t room = ret->cap - ret->n < ret->max - ret->n ? ret->cap - ret->n : ret->max - ret->n;
        ssize_t n = read(fd, to, room);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n == 0)
            return 0;
        ret->n += n > 0 ? (size_t)n : 0;
        if (ret->n == ret->max) {
            char byte;
            return read(fd, &byte, 1) == 0 ? 0 : EFBIG;
        }
    }
}

int file_read(int folder, const char *name, struct buf *ret, struct err *err)
{
    CLEANUP_FD int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int failure = fd < 0 ? errno : read_fd(fd, ret);
    if (failure == 0)
        return 0;
    err_set_errno(err, failure, "%s cannot be read", name);
    errno = failure;
    return -1;
}

static int write_fd(int fd, struct str s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            s = str_sub(s, (size_t)n, s.n);
    }
    return 0;
}

static int write_temporary(int folder, const char *name, struct str content, bool durable)
{
    CLEANUP_FD int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || write_fd(fd, content) != 0)
        return -1;
    return durable ? fsync(fd) : 0;
}

/* The folder that holds the file, on disk. */
static int sync_folder(int folder, const char *name)
{
    char parent[TEMPORARY_NAME_MAX];
    const char *slash = strrchr(name, '/');
    snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - name) + 1 : 1, slash ? name : ".");
    CLEANUP_FD int fd = openat(folder, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -1 : fsync(fd);
}

int file_write(int folder, const char *name, struct str content, bool durable, struct err *err)
{
    char temporary[TEMPORARY_NAME_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.tmp", name) >= (int)sizeof temporary)
        return err_set_errno(err, ENAMETOOLONG, "%s cannot be written", name);
    if (write_temporary(folder, temporary, content, durable) == 0 &&
        renameat(folder, temporary, folder, name) == 0 && (!durable || sync_folder(folder, name) == 0))
        return 0;
    int failure = errno;
    unlinkat(folder, temporary, 0);
    return err_set_errno(err, failure, "%s cannot be written", name);
}

static int remove_below(int folder, const char *name, unsigned depth, dev_t device);

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int remove_entries(DIR *dir, unsigned depth, dev_t device)
{
    int failure = 0;
    for (struct dirent *e; (e = readdir(dir));)
        if (!is_dots(e->d_name) && remove_below(dirfd(dir), e->d_name, depth + 1, device) != 0)
            failure = errno;
    errno = failure;
    return failure ? -1 : 0;
}

/* A folder whose mode its owner has taken away is given it back: its content is to go. */
static int open_for_removal(int folder, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(folder, name, flags);
    if (fd >= 0 || errno != EACCES)
        return fd;
    return fchmodat(folder, name, 0700, 0) == 0 ? openat(folder, name, flags) : -1;
}

static int remove_folder(int folder, const char *name, unsigned depth, dev_t device)
{
    int fd = open_for_removal(folder, name);
    if (fd < 0)
        return -1;
    struct stat st;
    if (fstat(fd, &st) != 0 || (device && st.st_dev != device) || depth > TREE_DEPTH_MAX) {
        close(fd);
        errno = depth > TREE_DEPTH_MAX ? ELOOP : EXDEV;
        return -1;
    }
    if (fchmod(fd, 0700) != 0 && errno != EPERM) {
        close(fd);
        return -1;
    }
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return -1;
    }
    int rc = remove_entries(dir, depth, st.st_dev);
    int failure = errno;
    closedir(dir);
    errno = failure;
    return rc != 0 ? -1 : unlinkat(folder, name, AT_REMOVEDIR);
}

static int remove_below(int folder, const char *name, unsigned depth, dev_t device)
{
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -1;
    return remove_folder(folder, name, depth, device) == 0 || errno == ENOENT ? 0 : -1;
}

int file_remove_tree(int folder, const char *name, struct err *err)
{
    if (remove_below(folder, name, 0, 0) == 0)
        return 0;
    return err_set_errno(err, errno, "%s cannot be removed", name);
}

static int64_t bytes_below(int folder, const char *name, unsigned depth)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    if (!S_ISDIR(st.st_mode))
        return (int64_t)st.st_blocks * 512;
    int fd =
        depth > TREE_DEPTH_MAX ? -1 : openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    int64_t total = 0;
    for (struct dirent *e; (e = readdir(dir));)
        if (!is_dots(e->d_name))
            total += bytes_below(dirfd(dir), e->d_name, depth + 1);
    closedir(dir);
    return total;
}

int64_t file_tree_bytes(int folder, const char *name)
{
    return bytes_below(folder, name, 0);
}
