#include "base/lock_file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

int lock_file_take(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct flock lock = whole_file();
    if (fd < 0 || fcntl(fd, F_SETLK, &lock) == 0)
        return fd;
    int failure = errno == EACCES ? EAGAIN : errno;
    close(fd);
    errno = failure;
    return -1;
}

pid_t lock_file_owner(int folder, const char *name)
{
    CLEANUP_FD int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct flock lock = whole_file();
    if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
        return 0;
    return lock.l_pid > 0 ? lock.l_pid : -1;
}
