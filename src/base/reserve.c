#include "base/reserve.h"

#include "base/log.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { RESERVE_PATH_MAX = 4096 };

/* -1: it cannot be opened. */
static int open_reserve(const char *folder, int flags, off_t *ret_size)
{
    char path[RESERVE_PATH_MAX];
    struct stat st;
    if (snprintf(path, sizeof path, "%s/reserve", folder) >= (int)sizeof path)
        return -1;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    if (fd >= 0 && fstat(fd, &st) == 0) {
        *ret_size = st.st_size;
        return fd;
    }
    fd_close_p(&fd);
    return -1;
}

bool reserve_take(const char *folder)
{
    off_t size = 0;
    CLEANUP_FD int fd = open_reserve(folder, 0, &size);
    off_t left = size > RESERVE_SLICE_BYTES ? size - RESERVE_SLICE_BYTES : 0;
    if (fd < 0 || size == 0 || ftruncate(fd, left) != 0)
        return false;
    log_warn("base", "the disk of the data folder is full: a part of the reserve was given up; make room",
             F_CSTR("folder", folder), F_INT("left", left));
    return true;
}

int64_t reserve_left(const char *folder)
{
    off_t size = 0;
    CLEANUP_FD int fd = open_reserve(folder, 0, &size);
    return fd < 0 ? 0 : size;
}

static off_t wanted_bytes(const struct statvfs *disk)
{
    fsblkcnt_t share = disk->f_blocks / RESERVE_DISK_SHARE;
    return share < RESERVE_MAX_BYTES / disk->f_frsize ? (off_t)(share * disk->f_frsize) : RESERVE_MAX_BYTES;
}

bool reserve_fill(const char *folder)
{
    struct statvfs disk;
    off_t size = 0;
    if (statvfs(folder, &disk) != 0 || disk.f_frsize == 0)
        return false;
    off_t wanted = wanted_bytes(&disk);
    CLEANUP_FD int fd = open_reserve(folder, O_CREAT, &size);
    if (fd < 0 || size >= wanted || (off_t)(disk.f_bavail * disk.f_frsize) < wanted - size + wanted)
        return false;
    if (posix_fallocate(fd, 0, wanted) == 0)
        return true;
    (void)!ftruncate(fd, size); /* somebody was quicker */
    return false;
}
