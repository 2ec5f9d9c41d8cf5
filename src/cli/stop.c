/* glaux stop: ends the server of a data folder and waits until it has ended. */
#include "cli/commands.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>

/* A descriptor of the server's process: it names that process even when its pid is used again. */
static int open_server(const char *dir, struct err *err)
{
    pid_t pid = data_folder_owner(dir);
    if (pid < 0)
        return err_set(err, ERR_CONFLICT, "the server of %s runs in another container; stop it there", dir);
    int process = pid ? pidfd_open(pid, 0) : -1;
    if (process >= 0 && data_folder_owner(dir) == pid)
        return process;
    if (process >= 0)
        close(process);
    return err_set_errno(err, ESRCH, "no server runs on %s", dir);
}

/* True when the process has ended within the time. */
static bool await_end(int process, int64_t timeout_s)
{
    struct pollfd p = {.fd = process, .events = POLLIN};
    int64_t timeout_ms = timeout_s * 1000;
    return poll(&p, 1, timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms) == 1;
}

int stop_run(const struct invocation *v, struct err *err)
{
    struct server_info info;
    if (invocation_server(v, &info, err) < 0)
        return EXIT_FAILED;
    if (data_folder_owner(v->data) == 0) {
        fprintf(stderr, "glaux: no server runs on %s\n", v->data);
        return EXIT_OK;
    }
    CLEANUP_FD int process = open_server(v->data, err);
    if (process < 0)
        return EXIT_FAILED;
    if (pidfd_send_signal(process, v->args.keep_sessions ? SIGTERM : SIGINT, NULL, 0) < 0) {
        err_set_errno(err, errno, "the server of %s cannot be told to end", v->data);
        return EXIT_FAILED;
    }
    if (!await_end(process, v->args.timeout_s))
        return invocation_failed(err,
                                 "the server of %s has been told to end, and has not ended after %lld s. "
                                 "Run glaux stop again to end it at once.",
                                 v->data, (long long)v->args.timeout_s);
    return EXIT_OK;
}
