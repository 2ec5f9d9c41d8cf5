#include "shim/folder.h"

#include "base/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { BACKLOG = 8 };

static bool id_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

bool folder_id_valid(struct str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!id_char(id.p[i]))
            return false;
    return id.n > 0 && id.n <= FOLDER_ID_MAX;
}

/* As err_set_errno, and callers may still look at errno. */
static int fail(struct err *err, const char *what)
{
    int failure = errno;
    err_set_errno(err, failure, "%s", what);
    errno = failure;
    return -1;
}

int folder_open(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    int failure = errno;
    err_set_errno(err, failure, "The folder %s cannot be opened", path);
    errno = failure;
    return -1;
}

int folder_hold(const char *path, struct err *err)
{
    int fd = folder_open(path, err);
    if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0)
        return fd;
    err_set_errno(err, errno, "The folder %s cannot be held", path);
    close(fd);
    return -1;
}

static int new_socket(int folder, struct sockaddr_un *ret_address, struct err *err)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(ret_address->sun_path, sizeof ret_address->sun_path, "/proc/self/fd/%d/" SOCKET_FILE, folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? fail(err, "A socket cannot be made") : fd;
}

int folder_listen(int folder, struct err *err)
{
    struct sockaddr_un address;
    int fd = new_socket(folder, &address, err);
    if (fd < 0)
        return -1;
    unlinkat(folder, SOCKET_FILE, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    err_set_errno(err, errno, "The session's socket cannot be made");
    close(fd);
    return -1;
}

int folder_connect(int folder, struct err *err)
{
    struct sockaddr_un address;
    int fd = new_socket(folder, &address, err);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    fail(err, "The session's shim does not answer");
    int failure = errno;
    close(fd);
    errno = failure;
    return -1;
}

bool folder_out_of_means(int errno_value)
{
    return errno_value == EMFILE || errno_value == ENFILE || errno_value == ENOMEM || errno_value == ENOBUFS;
}

int folder_claim(int folder, struct err *err)
{
    int fd = lock_file_take(folder, LOCK_FILE);
    if (fd >= 0)
        return fd;
    if (errno == EAGAIN)
        return err_set(err, ERR_CONFLICT, "Another shim owns this session.");
    return err_set_errno(err, errno, "The session cannot be locked");
}

pid_t folder_owner(int folder)
{
    return lock_file_owner(folder, LOCK_FILE);
}
