#include "base/file.h"

#include "base/random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
    TEMPORARY_NAME_MAX = 256,
    REMOVE_DEPTH_MAX = 32, /* each level holds a descriptor */
    MOVED_NAME_RANDOM = 16,
    COUNT_DEPTH_MAX = 64, /* what lies deeper is not counted */
};

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

/* A removal under way. Trees may be deeper than a path can be told and than there are descriptors: what lies
 * too deep is moved up to the top folder, and goes in a further pass over that. */
struct removal {
    int top;
    dev_t device;
    bool again;
};

static int remove_below(struct removal *r, int folder, const char *name, unsigned depth);

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Goes on after a failure; errno has the last one. Takes the descriptor over. */
static int remove_entries(struct removal *r, int fd, unsigned depth)
{
    int failure = 0;
    DIR *dir = fdopendir(fd);
    if (!dir) {
        failure = errno;
        close(fd);
        errno = failure;
        return -1;
    }
    for (struct dirent *e; (e = readdir(dir));)
        if (!is_dots(e->d_name) && remove_below(r, dirfd(dir), e->d_name, depth + 1) != 0)
            failure = errno;
    closedir(dir);
    errno = failure;
    return failure ? -1 : 0;
}

/* Also where its owner has taken the mode away: its content is to go. */
static int open_for_removal(int folder, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(folder, name, flags);
    if (fd < 0 && errno == EACCES && fchmodat(folder, name, 0700, 0) == 0)
        fd = openat(folder, name, flags);
    if (fd >= 0)
        fchmod(fd, 0700);
    return fd;
}

static bool on_device(int fd, dev_t device)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return false;
    errno = EXDEV;
    return st.st_dev == device;
}

static int move_up(struct removal *r, int folder, const char *name)
{
    char moved[sizeof "deep-" + MOVED_NAME_RANDOM] = "deep-";
    random_text(moved + sizeof "deep-" - 1, MOVED_NAME_RANDOM, "abcdefghijklmnopqrstuvwxyz");
    r->again = true;
    return renameat(folder, name, r->top, moved);
}

static int remove_folder(struct removal *r, int folder, const char *name, unsigned depth)
{
    int fd = open_for_removal(folder, name);
    if (fd < 0)
        return -1;
    if (!on_device(fd, r->device)) {
        int failure = errno;
        close(fd);
        errno = failure;
        return -1;
    }
    if (depth >= REMOVE_DEPTH_MAX) {
        close(fd);
        return move_up(r, folder, name);
    }
    return remove_entries(r, fd, depth) != 0 ? -1 : unlinkat(folder, name, AT_REMOVEDIR);
}

static int remove_below(struct removal *r, int folder, const char *name, unsigned depth)
{
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -1;
    return remove_folder(r, folder, name, depth) == 0 || errno == ENOENT ? 0 : -1;
}

static int remove_top(int folder, const char *name)
{
    struct stat st;
    CLEANUP_FD int top = open_for_removal(folder, name);
    if (top < 0 || fstat(top, &st) != 0)
        return -1;
    struct removal r = {.top = top, .device = st.st_dev};
    do {
        r.again = false;
        int fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || remove_entries(&r, fd, 0) != 0)
            return -1;
    } while (r.again);
    return unlinkat(folder, name, AT_REMOVEDIR);
}

int file_remove_tree(int folder, const char *name, struct err *err)
{
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
        return 0;
    if ((errno == EISDIR || errno == EPERM) && (remove_top(folder, name) == 0 || errno == ENOENT))
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
        depth > COUNT_DEPTH_MAX ? -1 : openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
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
