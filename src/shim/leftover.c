#include "shim/leftover.h"

#include "base/file.h"
#include "shim/folder.h"
#include "shim/spec.h"
#include "shim/uids.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <time.h>

enum { ROUNDS = 150, ROUND_MS = 20, ENVIRON_MAX = 256 * 1024, PROC_PATH_MAX = 64, STATUS_MAX = 256 };

static bool has_variable(struct str environment, struct str id)
{
    while (environment.p) {
        struct str variable = str_cut(&environment, '\0');
        struct str name = str_cut(&variable, '=');
        if (str_is(name, SESSION_VARIABLE) && variable.p && str_eq(variable, id))
            return true;
    }
    return false;
}

static bool carries_id(int process, struct str id)
{
    CLEANUP_FD int fd = openat(process, "environ", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    CLEANUP_FREE char *bytes = mem_new(ENVIRON_MAX);
    size_t size = 0;
    for (ssize_t n; size < ENVIRON_MAX && (n = read(fd, bytes + size, ENVIRON_MAX - size)) > 0;)
        size += (size_t)n;
    return has_variable(str_of(bytes, size), id);
}

/* Dead, only not yet reaped by its parent. */
static bool is_zombie(int process)
{
    char text[STATUS_MAX];
    CLEANUP_FD int fd = openat(process, "stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
    for (ssize_t i = n - 1; i > 0; i--)
        if (text[i] == ')')
            return i + 2 < n && text[i + 2] == 'Z';
    return true;
}

/* The process is held by its descriptor first: if another takes its id meanwhile, the signal does not reach
 * that one. */
static bool kill_if_left(const char *pid_text, struct str id)
{
    char path[PROC_PATH_MAX];
    uint64_t pid;
    if (!str_to_u64(str_from(pid_text), &pid) || pid > INT32_MAX || (pid_t)pid == getpid())
        return false;
    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    CLEANUP_FD int held = pidfd_open((pid_t)pid, 0);
    CLEANUP_FD int process = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (held < 0 || process < 0 || !carries_id(process, id) || is_zombie(process))
        return false;
    pidfd_send_signal(held, SIGKILL, NULL, 0);
    return true;
}

static unsigned kill_round(struct str id)
{
    unsigned left = 0;
    DIR *dir = opendir("/proc");
    if (!dir)
        return 0;
    for (struct dirent *e; (e = readdir(dir));)
        left += kill_if_left(e->d_name, id);
    closedir(dir);
    return left;
}

static unsigned kill_shim(int folder)
{
    pid_t shim = folder_owner(folder);
    if (shim <= 0)
        return 0;
    kill(shim, SIGKILL);
    return 1;
}

/* Its processes are gone once the group can be removed. */
static unsigned kill_group(const char *cgroup, struct str id)
{
    char path[PATH_MAX];
    if (!cgroup)
        return 0;
    snprintf(path, sizeof path, "%s/%.*s/cgroup.kill", cgroup, STR_ARG(id));
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    (void)!write(fd, "1", 1);
    path[strlen(path) - strlen("/cgroup.kill")] = '\0';
    return rmdir(path) == 0 ? 0 : 1;
}

static struct shim_spec *read_spec(int folder, struct arena *a)
{
    CLEANUP_BUF struct buf text;
    struct err err;
    buf_init(&text, SPEC_MAX_BYTES);
    return file_read(folder, SPEC_FILE, &text, &err) == 0 ? spec_parse(a, buf_str(&text), &err) : NULL;
}

unsigned leftover_kill(int folder, struct str session_id, const char *cgroup)
{
    CLEANUP_ARENA struct arena *a = arena_new(SPEC_ARENA_BYTES);
    const struct shim_spec *spec = read_spec(folder, a);
    unsigned left = 0;
    for (int round = 0; round < ROUNDS; round++) {
        left = kill_shim(folder);
        left += kill_group(cgroup, session_id);
        left += kill_round(session_id);
        left += spec && spec->uid != 0 ? uids_reclaim(spec->uid, spec->work_folder) : 0;
        if (left == 0)
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = ROUND_MS * 1000000L}, NULL);
    }
    return left;
}
