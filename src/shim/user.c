#include "shim/user.h"

#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

enum { ACCOUNT_BYTES = 16 * 1024, STATUS_BYTES = 4096, STATUS_PATH_MAX = 300, USER_IDS = 4 };

bool user_has_account(uint32_t uid)
{
    CLEANUP_FREE char *bytes = mem_new(ACCOUNT_BYTES);
    struct passwd entry, *found = NULL;
    int rc = getpwuid_r(uid, &entry, bytes, ACCOUNT_BYTES, &found);
    return found || rc == ERANGE;
}

/* The text behind "Name:" of a line of /proc/PID/status; absent if there is none. */
static struct str field(struct str status, struct str name)
{
    while (status.p && status.n) {
        struct str line = str_cut(&status, '\n');
        if (str_starts(line, name))
            return str_trim(str_sub(line, name.n, line.n));
    }
    return STR_NULL;
}

static bool has_uid(struct str uids, uint32_t uid)
{
    for (int i = 0; i < USER_IDS && uids.p; i++) {
        uint64_t number;
        if (str_to_u64(str_cut(&uids, '\t'), &number) && number == uid)
            return true;
    }
    return false;
}

static bool is_of_user(const char *pid, uint32_t uid)
{
    char path[STATUS_PATH_MAX], bytes[STATUS_BYTES];
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, bytes, sizeof bytes);
    struct str status = str_of(bytes, n > 0 ? (size_t)n : 0);
    struct str state = field(status, STR("State:"));
    bool dead = !state.n || state.p[0] == 'Z' || state.p[0] == 'X';
    return !dead && has_uid(field(status, STR("Uid:")), uid);
}

bool user_is_running(uint32_t uid)
{
    bool found = false;
    DIR *dir = opendir("/proc");
    if (!dir)
        return false;
    for (struct dirent *e; !found && (e = readdir(dir));)
        found = e->d_name[0] >= '1' && e->d_name[0] <= '9' && is_of_user(e->d_name, uid);
    closedir(dir);
    return found;
}

void user_kill(uint32_t uid)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0)
            kill(-1, SIGKILL);
        _exit(0);
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}
