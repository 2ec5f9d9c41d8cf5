/* glaux-shim FOLDER: runs the driver of the session whose folder it is, and outlives the server that started
 * it. The command returns once the shim listens. */
#include "shim/program/shim.h"

#include "base/file.h"
#include "shim/uids.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

/* The log has this bound until the spec is read. */
enum { LOG_FIRST_MAX_BYTES = 1024 * 1024, EXIT_USAGE = 2, CLAIM_FD_MIN = 16 };

static int read_spec(struct shim *s, struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, SPEC_MAX_BYTES);
    if (file_read(s->folder, SPEC_FILE, &text, err) != 0)
        return -1;
    s->arena = arena_new(SPEC_ARENA_BYTES);
    s->spec = spec_parse(s->arena, buf_str(&text), err);
    if (!s->spec)
        return -1;
    s->log.generation_max = s->spec->log_max_bytes / 2;
    return 0;
}

/* All of the driver's user ends with the session: without a claim that could be somebody else's. */
static int keep_user(struct shim *s, struct err *err)
{
    if (s->spec->uid != 0)
        return uids_is_claim(s->user_claim, s->spec->uid)
                   ? 0
                   : err_set(err, ERR_INTERNAL, "There is no claim on the user %u.", s->spec->uid);
    if (s->user_claim >= 0)
        close(s->user_claim);
    s->user_claim = -1;
    return 0;
}

/* Until the process ends. */
static int hold_code(const struct shim *s, struct err *err)
{
    return s->spec->code_folder && folder_hold(s->spec->code_folder, err) < 0 ? -1 : 0;
}

/* A folder serves one shim ever: its records must not be mixed. */
static int claim(struct shim *s, struct err *err)
{
    if (folder_claim(s->folder, err) < 0) /* held until the process ends */
        return -1;
    if (faccessat(s->folder, EXIT_FILE, F_OK, 0) == 0)
        return err_set(err, ERR_CONFLICT, "The session has ended already.");
    return 0;
}

static void on_signal(struct watch *w, uint32_t events)
{
    (void)events;
    struct shim *s = w->ctx;
    struct signalfd_siginfo info;
    if (read(w->fd, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGTERM)
        ending_begin(s, CAUSE_STOPPED, s->spec->stop_grace_ms,
                     "The session's shim was told to end by a signal.");
    ending_reap(s);
}

static void watch_signals(struct shim *s)
{
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    sigprocmask(SIG_SETMASK, &wanted, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    int fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    REQUIRE(fd >= 0);
    watch_open(&s->reactor, &s->signals, fd, EPOLLIN, on_signal, s);
}

static void start_driver(struct shim *s)
{
    struct err err;
    if (s->spec->cgroup &&
        cgroup_make(&s->group, s->spec->cgroup, s->spec->session_id, s->spec->memory_bytes, &err) != 0)
        logfile_note(&s->log, "%s; the session goes on without it", err.text);
    if (process_start(s->spec, &s->group, &s->process, &err) != 0) {
        ending_not_started(s, err.text);
        return;
    }
    link_open(s, s->process.link);
    watch_open(&s->reactor, &s->log_pipe, s->process.log, EPOLLIN, shim_log_pipe, s);
    watchdog_start(s);
    logfile_note(&s->log, "started the driver, process %d, user %u", (int)s->process.pid,
                 s->spec->uid ? s->spec->uid : (unsigned)geteuid());
}

/* Nothing of the server's is kept: descriptors, terminal, current folder. */
static void leave_server(void)
{
    setsid();
    (void)!chdir("/");
    umask(077);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    prctl(PR_SET_NAME, "glaux-shim", 0, 0, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (null != fd)
            dup2(null, fd);
    CLEANUP_FD int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    (void)!write(score, "-500", 4); /* root only; the driver's own is raised anyway */
}

static int prepare(struct shim *s, struct err *err)
{
    if (read_spec(s, err) != 0 || keep_user(s, err) != 0 || claim(s, err) != 0 || hold_code(s, err) != 0)
        return -1;
    reactor_init(&s->reactor);
    ending_init(s);
    calc_init(s);
    link_init(s);
    s->log_pipe.fd = -1;
    cgroup_init(&s->group);
    watch_signals(s);
    return server_open(s, err);
}

/* The shim itself: `told` takes one byte once it listens. */
static int run(struct shim *s, int told)
{
    struct err err;
    leave_server();
    if (prepare(s, &err) != 0) {
        logfile_note(&s->log, "the session was not started: %s", err.text);
        return EXIT_FAILURE;
    }
    if (write(told, "", 1) != 1) {
        logfile_note(&s->log, "the session was not started: nobody waits for it any more");
        return EXIT_FAILURE;
    }
    close(told);
    start_driver(s);
    reactor_run(&s->reactor);
    unlinkat(s->folder, SOCKET_FILE, 0);
    logfile_note(&s->log, "ended");
    return EXIT_SUCCESS;
}

static int await(int told)
{
    char byte;
    ssize_t n;
    while ((n = read(told, &byte, 1)) < 0 && errno == EINTR)
        ;
    return n == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Of what the server had open only the claim on a user stays, if there is one; the driver does not get it. */
static void keep_claim(struct shim *s)
{
    s->user_claim = fcntl(UIDS_CLAIM_FD, F_DUPFD_CLOEXEC, CLAIM_FD_MIN);
    unsigned rest = UIDS_CLAIM_FD;
    if (s->user_claim >= 0) {
        close_range(UIDS_CLAIM_FD, (unsigned)s->user_claim - 1, 0);
        rest = (unsigned)s->user_claim + 1;
    }
    close_range(rest, ~0U, 0);
}

static int open_session(struct shim *s, const char *folder, struct err *err)
{
    keep_claim(s);
    s->folder = folder_open(folder, err);
    return s->folder < 0 ? -1 : logfile_open(&s->log, s->folder, LOG_FIRST_MAX_BYTES, err);
}

int main(int argc, char **argv)
{
    static struct shim shim;
    struct err err;
    int told[2];
    if (argc != 2 || argv[1][0] == '-') {
        fprintf(stderr, "Usage: glaux-shim FOLDER\nStarted by glauxd: runs the driver of one session.\n");
        return EXIT_USAGE;
    }
    if (open_session(&shim, argv[1], &err) != 0) {
        fprintf(stderr, "glaux-shim: %s\n", err.text);
        return EXIT_FAILURE;
    }
    pid_t pid = pipe2(told, O_CLOEXEC) == 0 ? fork() : -1;
    if (pid < 0) {
        fprintf(stderr, "glaux-shim: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    close(told[pid == 0 ? 0 : 1]);
    return pid == 0 ? run(&shim, told[1]) : await(told[0]);
}
