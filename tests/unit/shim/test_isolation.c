/* Drivers under users and in control groups of their own, where the machine lets the test have them. */
#include "harness.h"

#include "base/file.h"
#include "shim/uids.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SESSION "7a1b0c9e-0000-4000-8000-000000000004"

/* Tests that run at the same time have users of their own. */
enum { FIRST_UID = 62000, UIDS = 2, UIDS_STEP = 4, TESTS_MAX = 400 };

static void serve_with_users(struct harness *h, uint32_t count)
{
    harness_leave(h);
    h->config.uid_first = FIRST_UID + (uint32_t)getpid() % TESTS_MAX * UIDS_STEP;
    h->config.uid_count = count;
    harness_serve(h);
}

/* Asks the driver by a calculation. */
static uint32_t uid_of(struct seen *s)
{
    unsigned done = s->done;
    harness_run(s, "uid", "call.write(call.out, str(os.getuid()).encode())");
    harness_await(s, &s->done, done + 1);
    assert_string_equal(s->done_state, "COMPLETED");
    return (uint32_t)strtoul(s->out, NULL, 10);
}

static uint32_t uid_of_driver(const struct harness *h, const char *id)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%d", (int)harness_driver_pid(h, id));
    assert_int_equal(stat(path, &st), 0);
    return st.st_uid;
}

static void end_adopted(struct harness *h, const char *id)
{
    struct seen s;
    harness_adopt(h, &s, id);
    harness_await(&s, &s.status, 1);
    harness_end(&s);
}

static bool is_alive(pid_t pid)
{
    char path[64], text[512], *end;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    end = strrchr(text, ')');
    return end && end[1] && end[2] != 'Z';
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
    serve_with_users(h, UIDS);
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
    char expected[128];
    snprintf(expected, sizeof expected, "%u %u [] no-data no-work no-kill own no-environ ",
             h->config.uid_first, h->config.uid_first);
    assert_string_equal(s.out, expected);
    harness_end(&s);
}

static void test_users_are_a_pool(void **state)
{
    require_root();
    struct harness *h = *state;
    struct seen a, b, c;
    serve_with_users(h, UIDS);
    harness_start_ready(h, &a, SESSION, NULL);
    harness_start_ready(h, &b, "session-b", NULL);
    assert_int_not_equal(uid_of(&a), uid_of(&b));
    harness_start(h, &c, "session-c", NULL);
    harness_await(&c, &c.exited, 1);
    assert_int_equal(c.exit.kind, DRIVER_EXIT_START_FAILED);
    assert_non_null(strstr(c.exit_reason, "None of the 2 users for drivers is free"));
    harness_forget(&c); /* serves again: the claims are the shims' */
    uint32_t uid = uid_of_driver(h, SESSION);
    end_adopted(h, SESSION);
    harness_start_ready(h, &c, "session-c", NULL);
    assert_int_equal(uid_of(&c), uid);
    harness_end(&c);
    end_adopted(h, "session-b");
}

/* A server of its own beside the test's, with the same users. */
static struct harness *serve_beside(const struct harness *h)
{
    void *other;
    assert_int_equal(harness_setup(&other), 0);
    serve_with_users(other, h->config.uid_count);
    return other;
}

static void test_servers_share_no_user(void **state)
{
    require_root();
    struct harness *h = *state;
    struct seen a, b;
    serve_with_users(h, UIDS);
    struct harness *other = serve_beside(h);
    harness_start_ready(h, &a, SESSION, NULL);
    harness_start_ready(other, &b, "session-b", NULL);
    assert_int_not_equal(uid_of(&a), uid_of(&b));
    harness_end(&a);
    harness_run(&b, "calc-2", "call.write(call.out, b'alive')");
    harness_await(&b, &b.done, 2);
    assert_string_equal(b.out, "alive");
    harness_end(&b);
    void *state_of_other = other;
    harness_teardown(&state_of_other);
}

/* Leaves the session's environment, its process group and its parents behind; tells its id. */
#define ESCAPE                                                                                               \
    "r, w = os.pipe()\n"                                                                                     \
    "if os.fork() == 0:\n"                                                                                   \
    "    os.setsid()\n"                                                                                      \
    "    if os.fork() == 0:\n"                                                                               \
    "        os.write(w, str(os.getpid()).encode())\n"                                                       \
    "        os.execve('/bin/sleep', ['sleep', '600'], {'GLAUX_TEST_MARK': 'escaped'})\n"                    \
    "    os._exit(0)\n"                                                                                      \
    "os.wait()\n"                                                                                            \
    "call.write(call.out, os.read(r, 100) + b' ' + open('/proc/self/cgroup').read().encode())\n"

static void await_gone(pid_t pid)
{
    for (int i = 0; i < 500 && is_alive(pid); i++)
        usleep(10000);
    assert_false(is_alive(pid));
}

/* No server looks when a shim is killed: who takes the user next ends what the session left. */
static void test_user_of_a_killed_shim(void **state)
{
    require_root();
    struct harness *h = *state;
    struct seen a, b;
    struct stat st;
    char work[2 * HARNESS_PATH_MAX];
    serve_with_users(h, 1);
    harness_start_ready(h, &a, SESSION, NULL);
    uint32_t uid = uid_of(&a);
    harness_run(&a, "calc-2", "os.chmod('.', 0o777)\n" ESCAPE);
    harness_await(&a, &a.done, 2);
    pid_t escaped = (pid_t)strtol(a.out, NULL, 10), shim = harness_shim_pid(h, SESSION);
    harness_leave(h);
    assert_int_equal(kill(shim, SIGKILL), 0);
    await_gone(shim);
    assert_true(is_alive(escaped));

    struct harness *other = serve_beside(h);
    harness_start_ready(other, &b, "session-b", NULL);
    assert_int_equal(uid_of(&b), uid);
    await_gone(escaped);
    snprintf(work, sizeof work, "%s/" SESSION, h->work);
    assert_int_equal(stat(work, &st), 0);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(st.st_mode & 07777, 0700);

    harness_serve(h);
    harness_adopt(h, &a, SESSION);
    harness_await(&a, &a.exited, 1);
    assert_int_equal(a.exit.kind, DRIVER_EXIT_LOST);
    harness_forget(&a);
    harness_run(&b, "calc-2", "call.write(call.out, b'alive')");
    harness_await(&b, &b.done, 2);
    assert_string_equal(b.out, "alive");
    harness_end(&b);
    void *state_of_other = other;
    harness_teardown(&state_of_other);
}

/* The session's own server finds out: nothing is left, and the user serves again. */
static void test_user_of_a_lost_session(void **state)
{
    require_root();
    struct harness *h = *state;
    struct seen s;
    serve_with_users(h, 1);
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", ESCAPE);
    harness_await(&s, &s.done, 1);
    pid_t escaped = (pid_t)strtol(s.out, NULL, 10);
    kill(harness_shim_pid(h, SESSION), SIGKILL);
    harness_await(&s, &s.exited, 1);
    assert_int_equal(s.exit.kind, DRIVER_EXIT_LOST);
    await_gone(escaped);
    harness_forget(&s);
    harness_start_ready(h, &s, "session-b", NULL);
    harness_end(&s);
}

/* A process of somebody else's under an id of the pool. */
static pid_t start_stranger(uint32_t uid)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (setresuid(uid, uid, uid) != 0 || write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void test_strangers_are_left_alone(void **state)
{
    require_root();
    struct harness *h = *state;
    struct seen s;
    serve_with_users(h, UIDS);
    pid_t stranger = start_stranger(h->config.uid_first);
    harness_start_ready(h, &s, SESSION, NULL);
    uint32_t uid = uid_of(&s);
    harness_end(&s);
    harness_start_ready(h, &s, "session-b", NULL); /* whichever it would have begun with */
    uint32_t again = uid_of(&s);
    harness_end(&s);
    bool alive = is_alive(stranger);
    kill(stranger, SIGKILL);
    waitpid(stranger, NULL, 0);
    assert_true(alive);
    assert_int_equal(uid, h->config.uid_first + 1);
    assert_int_equal(again, h->config.uid_first + 1);
}

static void test_accounts_are_left_alone(void **state)
{
    require_root();
    struct err err;
    uint32_t uid;
    const struct passwd *somebody = getpwnam("daemon");
    struct uids_range range = {somebody ? somebody->pw_uid : 0, 1, 0};
    (void)state;
    if (!somebody)
        skip();
    assert_int_equal(uids_claim(&range, "/nowhere", &uid, &err), -1);
    assert_non_null(strstr(err.text, "accounts"));
}

static unsigned count_copies(const struct harness *h)
{
    unsigned n = 0;
    DIR *dir = opendir(h->work);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        n += strncmp(e->d_name, "driver-", sizeof "driver-" - 1) == 0;
    closedir(dir);
    return n;
}

static void write_driver(const char *folder, const char *text)
{
    char path[2 * HARNESS_PATH_MAX];
    struct err err;
    CLEANUP_BUF struct buf code;
    buf_init(&code, 64 * 1024);
    snprintf(path, sizeof path, "%s/__main__.py", folder);
    assert_int_equal(file_read(AT_FDCWD, FAKE_DRIVER "/__main__.py", &code, &err), 0);
    buf_add_cstr(&code, text);
    assert_int_equal(file_write(AT_FDCWD, path, buf_str(&code), false, &err), 0);
}

/* After an upgrade the old copy stays for as long as a session runs from it, no longer. */
static void test_copies_of_the_driver(void **state)
{
    require_root();
    struct harness *h = *state;
    struct seen s;
    char driver[2 * HARNESS_PATH_MAX];
    snprintf(driver, sizeof driver, "%s/driver", h->folder);
    assert_int_equal(mkdir(driver, 0700), 0);
    write_driver(driver, "");
    h->config.driver_folder = driver;
    serve_with_users(h, UIDS);
    harness_start_ready(h, &s, SESSION, NULL);
    write_driver(driver, "# newer\n");
    harness_leave(h);
    harness_serve(h); /* and sweeps */
    harness_leave(h);
    assert_int_equal(count_copies(h), 2);
    harness_serve(h);
    end_adopted(h, SESSION);
    harness_leave(h);
    assert_int_equal(count_copies(h), 1);
    harness_serve(h);
}

/* The server died after the end of a session, before that was cleaned. */
static void test_old_working_folder_is_swept(void **state)
{
    struct harness *h = *state;
    struct seen s;
    char work[2 * HARNESS_PATH_MAX];
    snprintf(work, sizeof work, "%s/" SESSION, h->work);
    harness_start_ready(h, &s, SESSION, NULL);
    harness_leave(h);
    harness_serve(h);
    harness_leave(h); /* the sweep is over */
    assert_int_equal(access(work, F_OK), 0);
    harness_serve(h);
    harness_adopt(h, &s, SESSION);
    harness_await(&s, &s.status, 1);
    h->runner->ops->stop(s.driver, 0);
    harness_await(&s, &s.exited, 1);
    harness_leave(h);
    harness_serve(h);
    harness_leave(h);
    assert_int_equal(access(work, F_OK), -1);
    harness_serve(h);
    end_adopted(h, SESSION);
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
    assert_non_null(strstr(err.text, "belongs to user"));
    assert_non_null(strstr(err.text, h->work));
    assert_int_equal(chown(h->work, 0, 0), 0);
    assert_int_equal(chmod(h->work, 01777), 0);
    assert_null(shim_runner_new(NULL, &h->config, &err));
    assert_non_null(strstr(err.text, "can be written by others"));
    assert_int_equal(rmdir(h->work), 0);
    assert_int_equal(symlink(h->folder, h->work), 0);
    assert_null(shim_runner_new(NULL, &h->config, &err));
    assert_non_null(strstr(err.text, "is not a folder for working folders"));
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
        HARNESS_TEST(test_servers_share_no_user),
        HARNESS_TEST(test_user_of_a_killed_shim),
        HARNESS_TEST(test_user_of_a_lost_session),
        HARNESS_TEST(test_strangers_are_left_alone),
        HARNESS_TEST(test_accounts_are_left_alone),
        HARNESS_TEST(test_copies_of_the_driver),
        HARNESS_TEST(test_old_working_folder_is_swept),
        HARNESS_TEST(test_work_root_of_somebody_else),
        HARNESS_TEST(test_group_is_ended),
        HARNESS_TEST(test_group_of_a_lost_session),
        HARNESS_TEST(test_no_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
