/* Sessions outlive the server: a later one finds them, whatever happened meanwhile. */
#include "harness.h"

#include "base/file.h"
#include "shim/folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define SESSION "7a1b0c9e-0000-4000-8000-000000000003"

static void restart(struct harness *h, struct seen *s)
{
    harness_leave(h);
    harness_serve(h);
    harness_adopt(h, s, SESSION);
}

static void test_ready_session(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    restart(h, &s);
    harness_await(&s, &s.status, 1);
    assert_int_equal(s.state, DRIVER_READY);
    assert_string_equal(s.running, "");
    harness_run(&s, "calc-1", "call.write(call.out, b'still here')");
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.out, "still here");
    harness_end(&s);
}

static void test_running_calculation(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", "call.wait_cancel()");
    harness_await(&s, &s.started, 1);
    restart(h, &s);
    harness_await(&s, &s.status, 1);
    assert_string_equal(s.running, "calc-1");
    h->runner->ops->cancel(s.driver, STR("calc-1"));
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.done_state, "CANCELED");
    harness_end(&s);
}

/* The end is told again until it is acknowledged, also after the driver's own end. */
static void test_unacknowledged_end(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", "call.write(call.out, b'kept')");
    harness_await(&s, &s.done, 1);
    restart(h, &s);
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.out, "kept");
    kill(harness_driver_pid(h, SESSION), SIGKILL);
    harness_await(&s, &s.exited, 1);
    restart(h, &s);
    harness_await(&s, &s.exited, 1);
    assert_int_equal(s.state, DRIVER_ENDED);
    assert_int_equal(s.done, 1);
    assert_int_equal(s.exit.kind, DRIVER_EXIT_SIGNAL);
    h->runner->ops->ack(s.driver, STR("calc-1"));
    harness_forget(&s);
}

static void on_passed(struct timer *t)
{
    *(bool *)t->ctx = true;
}

/* A server without a free descriptor must not take its sessions for lost. */
static void test_out_of_descriptors(void **state)
{
    struct harness *h = *state;
    struct seen s;
    struct rlimit before, none;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_leave(h);
    harness_serve(h);
    uv_run(loop_uv(h->loop), UV_RUN_NOWAIT); /* libuv opens what it needs */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){3, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    harness_adopt(h, &s, SESSION);
    struct timer timer = {0};
    bool passed = false;
    timer_start(loop_timers(h->loop), &timer, 700, on_passed, &passed);
    while (!passed)
        uv_run(loop_uv(h->loop), UV_RUN_ONCE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(s.status + s.exited, 0);
    harness_await(&s, &s.status, 1);
    assert_int_equal(s.state, DRIVER_READY);
    harness_end(&s);
}

static void await_no_shim(struct harness *h)
{
    for (int i = 0; i < 1000 && harness_shim_pid(h, SESSION) > 0; i++)
        usleep(10000);
    assert_int_equal(harness_shim_pid(h, SESSION), 0);
}

static void test_orphaned(void **state)
{
    struct harness *h = *state;
    struct seen s;
    h->config.orphan_timeout_ms = 300;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", "call.write(call.out, b'half'); time.sleep(600)");
    harness_await(&s, &s.started, 1);
    harness_leave(h);
    await_no_shim(h);
    assert_int_equal(harness_processes(h, SESSION), 0);
    harness_serve(h);
    harness_adopt(h, &s, SESSION);
    harness_await(&s, &s.exited, 1);
    assert_int_equal(s.exit.kind, DRIVER_EXIT_ORPHANED);
    assert_int_equal(s.state, DRIVER_ENDED);
    assert_string_equal(s.done_state, "FAILED");
    assert_string_equal(s.out, "half");
    harness_forget(&s);
}

/* Everything was killed at once: only the folder tells. */
static void test_lost(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", "call.write(call.out, b'whole')");
    harness_await(&s, &s.done, 1);
    harness_run(&s, "calc-2",
                "call.write(call.out, b'partial')\n"
                "if os.fork() == 0:\n"
                "    os.setsid()\n"
                "    time.sleep(600)\n"
                "time.sleep(600)");
    harness_await(&s, &s.started, 2);
    harness_leave(h);
    kill(harness_shim_pid(h, SESSION), SIGKILL);
    harness_serve(h);
    harness_adopt(h, &s, SESSION);
    harness_await(&s, &s.exited, 1);
    assert_int_equal(s.exit.kind, DRIVER_EXIT_LOST);
    assert_int_equal(s.done, 1);
    assert_string_equal(s.done_id, "calc-1");
    assert_string_equal(s.out, "whole");
    harness_forget(&s);
}

static void test_record_without_its_output(void **state)
{
    struct harness *h = *state;
    struct seen s;
    char path[2 * HARNESS_PATH_MAX];
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", "call.write(call.out, b'whole')");
    harness_await(&s, &s.done, 1);
    harness_leave(h);
    kill(harness_shim_pid(h, SESSION), SIGKILL);
    await_no_shim(h);
    snprintf(path, sizeof path, "%s/sessions/" SESSION "/calc/calc-1/stdout", h->data);
    assert_int_equal(truncate(path, 2), 0);
    harness_serve(h);
    harness_adopt(h, &s, SESSION);
    harness_await(&s, &s.exited, 1);
    assert_int_equal(s.done, 0);
    harness_forget(&s);
}

static void test_never_started(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_adopt(h, &s, SESSION);
    harness_await(&s, &s.exited, 1);
    assert_int_equal(s.exit.kind, DRIVER_EXIT_LOST);
    assert_int_equal(s.status, 1);
    harness_forget(&s);
}

/* What a lost session's folder tells keeps a shim from starting in it late. */
static void test_lost_session_starts_no_more(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_leave(h);
    kill(harness_shim_pid(h, SESSION), SIGKILL);
    harness_serve(h);
    harness_adopt(h, &s, SESSION);
    harness_await(&s, &s.exited, 1);
    char folder[2 * HARNESS_PATH_MAX];
    snprintf(folder, sizeof folder, "%s/sessions/" SESSION, h->data);
    pid_t pid = fork();
    if (pid == 0)
        execl(h->program, "glaux-shim", folder, (char *)NULL);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    harness_forget(&s);
}

static void test_one_shim_a_session(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    char folder[2 * HARNESS_PATH_MAX];
    snprintf(folder, sizeof folder, "%s/sessions/" SESSION, h->data);
    pid_t pid = fork();
    if (pid == 0)
        execl(h->program, "glaux-shim", folder, (char *)NULL);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    harness_run(&s, "calc-1", "");
    harness_await(&s, &s.done, 1);
    harness_end(&s);
}

/* The process of the server is killed while a calculation runs. */
static void test_server_killed(void **state)
{
    struct harness *h = *state;
    struct seen s;
    int told[2];
    char byte;
    assert_int_equal(pipe(told), 0);
    harness_leave(h);
    pid_t pid = fork();
    if (pid == 0) {
        harness_serve(h);
        harness_start_ready(h, &s, SESSION, NULL);
        harness_run(&s, "calc-1", "receive(); call.write(call.out, b'finished without a server')");
        harness_await(&s, &s.started, 1);
        (void)!write(told[1], "", 1);
        pause();
    }
    close(told[1]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    close(told[0]);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    harness_serve(h);
    harness_adopt(h, &s, SESSION);
    harness_await(&s, &s.status, 1);
    assert_string_equal(s.running, "calc-1");
    h->runner->ops->cancel(s.driver, STR("calc-1"));
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.out, "finished without a server");
    assert_string_equal(s.done_state, "COMPLETED");
    harness_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(test_ready_session),
        HARNESS_TEST(test_running_calculation),
        HARNESS_TEST(test_unacknowledged_end),
        HARNESS_TEST(test_out_of_descriptors),
        HARNESS_TEST(test_orphaned),
        HARNESS_TEST(test_lost),
        HARNESS_TEST(test_record_without_its_output),
        HARNESS_TEST(test_never_started),
        HARNESS_TEST(test_lost_session_starts_no_more),
        HARNESS_TEST(test_one_shim_a_session),
        HARNESS_TEST(test_server_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
