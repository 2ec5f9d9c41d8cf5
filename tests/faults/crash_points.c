/* Preloaded into glauxd by tests: ends it by SIGKILL at the n-th change that it makes to its files, before
 * the change, or, where bytes are written, in the middle of it. n is a number in the file that CRASH_POINT
 * names, which both sides map: it counts down to 0, and at 0 or below nothing happens. Any thread. Offsets
 * have 64 bits, so pwrite and ftruncate here are the ones that SQLite calls. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int *left;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("CRASH_POINT");
    if (!path || strcmp(program_invocation_short_name, "glauxd") != 0)
        return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *left, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED)
        left = at;
    if (fd >= 0)
        close(fd);
}

static bool is_now(void)
{
    return left && __atomic_load_n(left, __ATOMIC_SEQ_CST) > 0 &&
           __atomic_sub_fetch(left, 1, __ATOMIC_SEQ_CST) == 0;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static void point(void)
{
    if (is_now())
        die();
}

/* Of the data folder, not a socket, an event or the log. */
static bool is_file(int fd)
{
    int before = errno;
    struct stat st;
    bool is = fd > STDERR_FILENO && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    errno = before;
    return is;
}

EXPORT ssize_t write(int fd, const void *bytes, size_t n)
{
    if (is_file(fd) && is_now()) {
        (void)!NEXT(write)(fd, bytes, n / 2);
        die();
    }
    return NEXT(write)(fd, bytes, n);
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    if (is_file(fd) && is_now()) {
        (void)!NEXT(pwrite)(fd, bytes, n / 2, at);
        die();
    }
    return NEXT(pwrite)(fd, bytes, n, at);
}

EXPORT int ftruncate(int fd, off_t n)
{
    point();
    return NEXT(ftruncate)(fd, n);
}

EXPORT int fsync(int fd)
{
    point();
    return NEXT(fsync)(fd);
}

EXPORT int fdatasync(int fd)
{
    point();
    return NEXT(fdatasync)(fd);
}

EXPORT int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    point();
    return NEXT(renameat)(from_fd, from, to_fd, to);
}

EXPORT int unlinkat(int fd, const char *name, int flags)
{
    point();
    return NEXT(unlinkat)(fd, name, flags);
}

EXPORT int unlink(const char *name)
{
    point();
    return NEXT(unlink)(name);
}
