#include "cli/program.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *program_find(const char *name)
{
    struct str rest = str_from(getenv("PATH"));
    while (rest.p) {
        struct str folder = str_cut(&rest, ':');
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%.*s/%s", STR_ARG(folder), name);
        if (folder.n && is_program(path))
            return mem_strdup(path);
    }
    return NULL;
}

/* In a process group of its own, so that all of it can be killed. */
static int spawn(char *const argv[], int output, pid_t *ret, struct err *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, output, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    int failure = posix_spawn(ret, argv[0], &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failure ? err_set_errno(err, failure, "%s cannot be run", argv[0]) : 0;
}

/* Until the end of the output or the deadline. What the buffer has no room for is read and dropped. */
static bool read_all(int fd, int64_t deadline_ms, struct buf *ret)
{
    for (;;) {
        char bytes[4096];
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left_ms = deadline_ms - clock_mono_ms(&clock_system);
        int ready = left_ms > 0 ? poll(&p, 1, (int)left_ms) : 0;
        if (ready == 0)
            return false;
        ssize_t n = ready > 0 ? read(fd, bytes, sizeof bytes) : -1;
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            buf_add(ret, bytes, (size_t)n < ret->max - ret->n ? (size_t)n : ret->max - ret->n);
    }
}

static int await(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int program_run(char *const argv[], int64_t timeout_ms, struct buf *ret_output, int *ret_status,
                struct err *err)
{
    int ends[2];
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_set_errno(err, errno, "a pipe cannot be made");
    CLEANUP_FD int from = ends[0];
    int failed = spawn(argv, ends[1], &pid, err);
    close(ends[1]);
    if (failed)
        return -1;
    bool ended = read_all(from, clock_mono_ms(&clock_system) + timeout_ms, ret_output);
    if (!ended)
        kill(-pid, SIGKILL);
    *ret_status = await(pid);
    if (ended)
        return 0;
    return err_set(err, ERR_INTERNAL, "%s did not answer within %lld s", argv[0],
                   (long long)timeout_ms / 1000);
}
