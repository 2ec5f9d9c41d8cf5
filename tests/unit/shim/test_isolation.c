/* Drivers under users and in control groups of their own, where the machine lets the test have them. */
#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#define SESSION "7a1b0c9e-0000-4000-8000-000000000004"

enum { FIRST_UID = 64100, UIDS = 2 };

static void serve_with_users(struct harness *h)
{
    harness_leave(h);
    h->config.uid_first = FIRST_UID;
    h->config.uid_count = UIDS;
    harness_serve(h);
}

static void require_root(void)
{
    if (geteuid() != 0)
        skip();
}

#define TRY(what, expression)                                                                                \
    "try: " expression "; call.write(call.out, b'" what " ')\n"                                              \
    "except OSError: call.write(call.out, b'no-" what " ')\n"

static void test_user_of_its_own(void **state)
{
    require_root();
    struct harness *h = *state;
    struct seen s;
    char code[8192];
    struct err err;
    serve_with_users(h);
    if (shim_isolation_probe(&h->config, &err) != 0)
        fail_msg("%s", err.text);
    harness_start_ready(h, &s, SESSION, NULL);
    snprintf(code, sizeof code,
             "call.write(call.out, f'{os.getuid()} {os.getgid()} {os.getgroups()} '.encode())\n" /**/
             TRY("data", "os.listdir('%s')") TRY("work", "os.listdir('%s')")
                 TRY("kill", "os.kill(os.getppid(), 0)") TRY("own", "open('file', 'w').close()")
                     TRY("environ", "open(f'/proc/{os.getppid()}/environ').read()"),
             h->data, h->work);
    harness_run(&s, "calc-1", code);
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.out, "64100 64100 [] no-data no-work no-kill own no-environ ");
    harness_end(&s);
}

static void test_users_are_a_pool(void **state)
{
    require_root();
    struct harness *h = *state;
    struct seen a, b, c;
    struct err err;
    serve_with_users(h);
    harness_start_ready(h, &a, SESSION, NULL);
    harness_start_ready(h, &b, "session-b", NULL);
    struct runner_spec spec = {.session_id = STR("session-c")};
    assert_null(h->runner->ops->start(h->runner, &spec, NULL, NULL, &err));
    assert_int_equal(err.code, ERR_TOO_MANY_REQUESTS);
    harness_end(&a); /* serves again: the pool is new and learns of b by its adoption */
    harness_adopt(h, &b, "session-b");
    harness_await(&b, &b.status, 1);
    harness_start_ready(h, &c, "session-c", NULL);
    harness_run(&c, "calc-1", "call.write(call.out, str(os.getuid()).encode())");
    harness_await(&c, &c.done, 1);
    assert_string_equal(c.out, "64100");
    h->runner->ops->stop(b.driver, 0);
    harness_await(&b, &b.exited, 1);
    harness_end(&c);
    harness_adopt(h, &b, "session-b");
    harness_await(&b, &b.exited, 1);
    harness_forget(&b);
}

static void test_work_root_of_somebody_else(void **state)
{
    require_root();
    struct harness *h = *state;
    struct err err;
    harness_leave(h);
    assert_int_equal(rmdir(h->work), 0);
    assert_int_equal(mkdir(h->work, 0755), 0);
    assert_int_equal(chown(h->work, FIRST_UID, FIRST_UID), 0);
    assert_null(shim_runner_new(NULL, &h->config, &err));
    assert_non_null(strstr(err.text, "belongs to the server alone"));
    assert_int_equal(rmdir(h->work), 0);
    assert_int_equal(symlink(h->folder, h->work), 0);
    assert_null(shim_runner_new(NULL, &h->config, &err));
    assert_int_equal(unlink(h->work), 0);
}

/* A group of the test's own; skips where there is no version 2 that it may use. */
static void make_group(char ret[HARNESS_PATH_MAX])
{
    static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
        char kill_file[HARNESS_PATH_MAX + 16];
        snprintf(ret, HARNESS_PATH_MAX, "%s/glaux-test-%d", mounts[i], (int)getpid());
        if (mkdir(ret, 0755) != 0)
            continue;
        snprintf(kill_file, sizeof kill_file, "%s/cgroup.kill", ret);
        if (access(kill_file, W_OK) == 0)
            return;
        rmdir(ret);
    }
    skip();
}

/* Leaves the session's environment, its process group and its parents behind; only the group holds it. */
#define ESCAPE                                                                                               \
    "if os.fork() == 0:\n"                                                                                   \
    "    os.setsid()\n"                                                                                      \
    "    if os.fork() == 0:\n"                                                                               \
    "        os.execve('/bin/sleep', ['sleep', '600'], {'GLAUX_TEST_MARK': 'escaped'})\n"                    \
    "    os._exit(0)\n"                                                                                      \
    "os.wait()\n"                                                                                            \
    "call.write(call.out, open('/proc/self/cgroup').read().encode())\n"

static void assert_group_ends(struct harness *h, int signal_to_shim)
{
    char group[HARNESS_PATH_MAX];
    struct seen s;
    make_group(group);
    h->config.cgroup = group;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", ESCAPE);
    harness_await(&s, &s.done, 1);
    const char *in_group = strstr(s.out, SESSION);
    kill(harness_shim_pid(h, SESSION), signal_to_shim);
    harness_await(&s, &s.exited, 1);
    harness_forget(&s);
    int rc = rmdir(group); /* only an empty one goes */
    assert_non_null(in_group);
    assert_int_equal(rc, 0);
}

static void test_group_is_ended(void **state)
{
    require_root();
    assert_group_ends(*state, SIGTERM);
}

static void test_group_of_a_lost_session(void **state)
{
    require_root();
    assert_group_ends(*state, SIGKILL);
}

static void test_no_group(void **state)
{
    struct harness *h = *state;
    struct seen s;
    h->config.cgroup = "/nowhere";
    harness_start_ready(h, &s, SESSION, NULL);
    harness_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(test_user_of_its_own),
        HARNESS_TEST(test_users_are_a_pool),
        HARNESS_TEST(test_work_root_of_somebody_else),
        HARNESS_TEST(test_group_is_ended),
        HARNESS_TEST(test_group_of_a_lost_session),
        HARNESS_TEST(test_no_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
