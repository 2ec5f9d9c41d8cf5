#include "shim/program/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { LINK_FD = 3, FIRST_FREE_FD = 16 };

/* A driver is what the kernel should end first when memory runs out. */
#define DRIVER_OOM_SCORE "500"

enum step { STEP_DESCRIPTORS, STEP_GROUP, STEP_LIMITS, STEP_USER, STEP_FOLDER, STEP_PROGRAM };

static const char *const step_texts[] = {
    [STEP_DESCRIPTORS] = "its descriptors cannot be set up",
    [STEP_GROUP] = "its control group cannot be entered",
    [STEP_LIMITS] = "its limits cannot be set",
    [STEP_USER] = "its user cannot be taken on",
    [STEP_FOLDER] = "its working folder cannot be entered",
    [STEP_PROGRAM] = "its program cannot be run",
};

/* What a child that failed before its program ran tells. */
struct report {
    enum step step;
    int failure;
};

struct ends {
    int link[2];
    int log[2];
    int report[2];
};

static int place(int fd, int target)
{
    return dup2(fd, target) == target ? 0 : -1;
}

/* All but 0 to 3 close with the change of program. */
static int set_descriptors(const struct ends *e)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int link = fcntl(e->link[1], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    int log = fcntl(e->log[1], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    if (null < 0 || link < 0 || log < 0 || close_range(LINK_FD, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        return -1;
    if (place(null, STDIN_FILENO) != 0 || place(log, STDOUT_FILENO) != 0 || place(log, STDERR_FILENO) != 0)
        return -1;
    return place(link, LINK_FD);
}

static int set_limits(const struct shim_spec *spec)
{
    CLEANUP_FD int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, DRIVER_OOM_SCORE, sizeof DRIVER_OOM_SCORE - 1) < 0)
        return -1;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return -1;
    rlim_t wanted = (rlim_t)spec->files_max;
    if (files.rlim_max == RLIM_INFINITY || files.rlim_max > wanted)
        files.rlim_max = wanted;
    files.rlim_cur = files.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &files) == 0 && setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) == 0 ? 0
                                                                                                        : -1;
}

static int set_user(const struct shim_spec *spec)
{
    if (spec->uid != 0 && (setgroups(0, NULL) != 0 || setresgid(spec->gid, spec->gid, spec->gid) != 0 ||
                           setresuid(spec->uid, spec->uid, spec->uid) != 0))
        return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Ignored signals would stay ignored in the new program. */
static void reset_signals(void)
{
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static enum step become_driver(const struct shim_spec *spec, const struct cgroup *group, const struct ends *e,
                               pid_t shim)
{
    reset_signals();
    setsid();
    umask(077);
    if (set_descriptors(e) != 0)
        return STEP_DESCRIPTORS;
    if (cgroup_exists(group) && cgroup_enter(group) != 0)
        return STEP_GROUP;
    if (set_limits(spec) != 0)
        return STEP_LIMITS;
    if (set_user(spec) != 0)
        return STEP_USER;
    if (chdir(spec->work_folder) != 0)
        return STEP_FOLDER;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* after the change of user, which resets it */
    if (getppid() != shim)
        _exit(1);
    execve(spec->command[0], spec->command, spec->environment);
    return STEP_PROGRAM;
}

static void run_child(const struct shim_spec *spec, const struct cgroup *group, const struct ends *e,
                      pid_t shim)
{
    int report = fcntl(e->report[1], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    struct report r = {become_driver(spec, group, e, shim), errno};
    (void)!write(report, &r, sizeof r);
    _exit(1);
}

static void close_pair(int fds[2])
{
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static void close_ends(struct ends *e)
{
    close_pair(e->link);
    close_pair(e->log);
    close_pair(e->report);
}

static int make_ends(struct ends *e)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, e->link) != 0 || pipe2(e->log, O_CLOEXEC) != 0 ||
        pipe2(e->report, O_CLOEXEC) != 0)
        return -1;
    return fcntl(e->link[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(e->log[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : -1;
}

/* Waits until the program runs or the child has failed. */
static int await_program(struct ends *e, const struct shim_spec *spec, struct err *err)
{
    close(e->report[1]);
    e->report[1] = -1;
    struct report r;
    ssize_t n;
    while ((n = read(e->report[0], &r, sizeof r)) < 0 && errno == EINTR)
        ;
    if (n == 0)
        return 0;
    if (n != sizeof r || r.step > STEP_PROGRAM)
        return err_set(err, ERR_INTERNAL, "The driver could not be started.");
    return err_set_errno(err, r.failure, "The driver could not be started, %s (%s)", step_texts[r.step],
                         r.step == STEP_FOLDER ? spec->work_folder : spec->command[0]);
}

int process_start(const struct shim_spec *spec, const struct cgroup *group, struct process *ret,
                  struct err *err)
{
    struct ends e = {{-1, -1}, {-1, -1}, {-1, -1}};
    pid_t shim = getpid();
    pid_t pid = make_ends(&e) == 0 ? fork() : -1;
    if (pid == 0)
        run_child(spec, group, &e, shim);
    if (pid < 0) {
        err_set_errno(err, errno, "The driver could not be started");
        close_ends(&e);
        return -1;
    }
    if (await_program(&e, spec, err) != 0) {
        close_ends(&e);
        return -1;
    }
    *ret = (struct process){.pid = pid, .link = e.link[0], .log = e.log[0]};
    e.link[0] = e.log[0] = -1;
    close_ends(&e);
    return 0;
}
