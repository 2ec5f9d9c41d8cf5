/* Drivers that crash, hang, hide and flood: the end is told as it was, and nothing of them is left. */
#include "harness.h"

#include "shim/folder.h"

#include <signal.h>

#define SESSION "7a1b0c9e-0000-4000-8000-000000000002"

/* Makes descendants that are hard to find: in a session of their own, with their parent gone, deaf to
 * SIGTERM. */
#define HIDE                                                                                                 \
    "if os.fork() == 0:\n"                                                                                   \
    "    os.setsid()\n"                                                                                      \
    "    if os.fork() == 0:\n"                                                                               \
    "        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"                                                \
    "        os.execvp('sleep', ['sleep', '600'])\n"                                                         \
    "    os._exit(0)\n"                                                                                      \
    "os.wait()\n"

#define DEAF "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"

static void await_exit(struct seen *s, enum driver_exit_kind kind)
{
    harness_await(s, &s->exited, 1);
    if (s->exit.kind != kind)
        fail_msg("kind %d: %s", s->exit.kind, s->exit_reason);
}

static void test_killed_in_calculation(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1",
                HIDE "call.write(call.out, b'so far')\n"
                     "os.write(1, b'a line for the log\\n')\n"
                     "os.kill(os.getpid(), signal.SIGKILL)");
    await_exit(&s, DRIVER_EXIT_SIGNAL);
    assert_int_equal(s.done, 1);
    assert_string_equal(s.done_state, "FAILED");
    assert_true(s.done_driver_ended);
    assert_string_equal(s.done_reason, "The driver ended while the calculation was running: "
                                       "The driver was ended by signal 9 (Killed).");
    assert_string_equal(s.out, "so far");
    assert_int_equal(s.exit.signal, SIGKILL);
    assert_string_equal(s.log_tail, "a line for the log");
    harness_forget(&s);
}

static void test_killed_from_outside(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    kill(harness_driver_pid(h, SESSION), SIGKILL);
    await_exit(&s, DRIVER_EXIT_SIGNAL);
    assert_int_equal(s.done, 0);
    harness_forget(&s);
}

static void test_exit_code(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", HIDE "os._exit(7)");
    await_exit(&s, DRIVER_EXIT_CODE);
    assert_int_equal(s.exit.code, 7);
    assert_string_equal(s.exit_reason, "The driver ended by itself with code 7.");
    harness_forget(&s);
}

static void test_tells_why_it_ends(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", HIDE "send('failed', reason='its JVM is gone'); os._exit(3)");
    await_exit(&s, DRIVER_EXIT_CODE);
    assert_int_equal(s.exit.code, 3);
    assert_string_equal(s.exit_reason, "The driver ended by itself: its JVM is gone");
    harness_forget(&s);
}

static void test_fails_to_start(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start(h, &s, SESSION, "send('failed', reason='no such property'); sys.exit(1)");
    await_exit(&s, DRIVER_EXIT_START_FAILED);
    assert_string_equal(s.exit_reason, "no such property");
    harness_forget(&s);
}

static void test_dies_at_start(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start(h, &s, SESSION, "raise ValueError('broken engine')");
    await_exit(&s, DRIVER_EXIT_START_FAILED);
    assert_string_equal(s.exit_reason, "The driver ended by itself with code 1 before it was ready.");
    assert_non_null(strstr(s.log_tail, "ValueError: broken engine"));
    harness_forget(&s);
}

static void test_no_interpreter(void **state)
{
    struct harness *h = *state;
    struct seen s;
    h->config.interpreter = "/nowhere/python3";
    harness_start(h, &s, SESSION, NULL);
    await_exit(&s, DRIVER_EXIT_START_FAILED);
    assert_string_equal(s.exit_reason,
                        "The driver could not be started, its program cannot be run (/nowhere/python3): "
                        "No such file or directory");
    harness_forget(&s);
}

static void test_no_shim(void **state)
{
    struct harness *h = *state;
    struct seen s;
    h->config.shim_program = "/nowhere/glaux-shim";
    harness_start(h, &s, SESSION, NULL);
    await_exit(&s, DRIVER_EXIT_START_FAILED);
    assert_non_null(strstr(s.exit_reason, "/nowhere/glaux-shim"));
    harness_forget(&s);
}

static void test_deaf_driver_is_killed(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", HIDE DEAF "call.write(call.out, b'busy')\nwhile True: pass");
    harness_await(&s, &s.started, 1);
    h->runner->ops->stop(s.driver, 300);
    await_exit(&s, DRIVER_EXIT_STOPPED);
    assert_int_equal(s.exit.signal, SIGKILL);
    assert_string_equal(s.done_state, "CANCELED");
    assert_true(s.done_driver_ended);
    harness_forget(&s);
}

static void test_shorter_grace_counts(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, DEAF);
    harness_run(&s, "calc-1", "time.sleep(600)");
    harness_await(&s, &s.started, 1);
    h->runner->ops->stop(s.driver, 600000);
    h->runner->ops->stop(s.driver, 0);
    await_exit(&s, DRIVER_EXIT_STOPPED);
    harness_forget(&s);
}

static void test_stop_while_starting(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start(h, &s, SESSION, DEAF "time.sleep(600)");
    h->runner->ops->stop(s.driver, 100); /* not even the shim is there */
    await_exit(&s, DRIVER_EXIT_STOPPED);
    harness_forget(&s);
}

static void test_memory_limit(void **state)
{
    struct harness *h = *state;
    struct seen s;
    h->config.memory_bytes = 100 << 20;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1",
                "if os.fork() == 0:\n"
                "    hog = bytearray(os.urandom(1 << 20) * 150)\n"
                "    time.sleep(600)\n"
                "time.sleep(600)\n");
    await_exit(&s, DRIVER_EXIT_MEMORY);
    assert_non_null(strstr(s.exit_reason, "than its limit of 100 MiB (engine.memory) and was ended."));
    assert_non_null(strstr(s.done_reason, "than its limit of 100 MiB (engine.memory) and was ended."));
    harness_forget(&s);
}

/* Pages that processes share count once. */
static void test_shared_memory_counts_once(void **state)
{
    struct harness *h = *state;
    struct seen s;
    h->config.memory_bytes = 150 << 20;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1",
                "hog = bytearray(os.urandom(1 << 20) * 80)\n"
                "pids = []\n"
                "for _ in range(4):\n"
                "    pid = os.fork()\n"
                "    if pid == 0:\n"
                "        time.sleep(600)\n"
                "    pids.append(pid)\n"
                "time.sleep(2.5)\n"
                "for pid in pids: os.kill(pid, signal.SIGKILL)\n"
                "for pid in pids: os.waitpid(pid, 0)\n");
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.done_state, "COMPLETED");
    harness_end(&s);
}

static void test_bad_frames_end_the_driver(void **state)
{
    static const char *const hostile[] = {
        "link.sendall(b'\\xff\\xff\\xff\\xff' + b'x' * 100)\ntime.sleep(600)",
        "link.sendall(struct.pack('>I', 9) + b'not json!')\ntime.sleep(600)",
        "link.sendall(struct.pack('>I', 2) + b'[]')\ntime.sleep(600)",
        "link.sendall(struct.pack('>I', 0))\ntime.sleep(600)",
        "link.shutdown(socket.SHUT_RDWR)\ntime.sleep(600)",
    };
    struct harness *h = *state;
    for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
        struct seen s;
        harness_start_ready(h, &s, SESSION, NULL);
        harness_run(&s, "calc-1", hostile[i]);
        await_exit(&s, DRIVER_EXIT_SIGNAL);
        assert_non_null(strstr(s.exit_reason, "the link to its shim"));
        assert_int_equal(s.done, 1);
        harness_forget(&s);
        struct err err;
        assert_int_equal(shim_session_remove(h->data, STR(SESSION), &err), 0);
    }
}

/* Frames that are whole but make no sense: of other calculations, of unknown kinds, twice. */
static void test_odd_frames_are_ignored(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1",
                "send('ready', spark_version=7)\n"
                "send('failed', reason='too late')\n"
                "send('started', id='calc-9')\n"
                "send('done', id='calc-9', state='COMPLETED')\n"
                "send('no such kind', id=call.id)\n"
                "send('progress', id=call.id, text='p' * 100000)\n"
                "call.end['state'] = 'GREAT'\n"
                "call.end['reason'] = 'r' * 100000\n");
    harness_await(&s, &s.done, 1);
    assert_int_equal(s.ready, 1);
    assert_int_equal(s.started, 1);
    assert_int_equal(s.exited, 0);
    assert_string_equal(s.done_id, "calc-1");
    assert_string_equal(s.done_state, "FAILED");
    assert_in_range(strlen(s.done_reason), 1000, 4096);
    assert_in_range(strlen(s.progress_text), 500, 4096);
    harness_end(&s);
}

static void test_flood_of_the_log(void **state)
{
    struct harness *h = *state;
    struct seen s;
    h->config.log_max_bytes = 64 << 10;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1",
                "for i in range(200): call.write(1, b'z' * 49999 + b'\\n')\n"
                "call.write(1, b'the last line\\n')");
    harness_await(&s, &s.done, 1);
    h->runner->ops->stop(s.driver, 5000);
    await_exit(&s, DRIVER_EXIT_STOPPED);
    assert_true(shim_session_bytes(h->data, STR(SESSION)) < 256 << 10);
    assert_non_null(strstr(s.log_tail, "the last line"));
    harness_forget(&s);
}

/* A working folder as hostile code leaves it: deep, closed, full of links that lead out of it. */
static void test_hostile_working_folder(void **state)
{
    struct harness *h = *state;
    struct seen s;
    char precious[2 * HARNESS_PATH_MAX], code[4 * HARNESS_PATH_MAX];
    snprintf(precious, sizeof precious, "%s/precious", h->folder);
    assert_int_equal(mkdir(precious, 0700), 0);
    snprintf(code, sizeof code,
             "os.symlink('%s', 'link')\n"
             "os.mkdir('closed'); os.mkdir('closed/inner'); os.chmod('closed', 0)\n"
             "for _ in range(100):\n"
             "    os.mkdir('d'); os.chdir('d')\n"
             "os.mkfifo('fifo')\n",
             h->folder);
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", code);
    harness_await(&s, &s.done, 1);
    assert_string_equal(s.done_state, "COMPLETED");
    harness_end(&s);
    assert_int_equal(access(precious, F_OK), 0);
}

static void test_shim_is_told_to_end(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    kill(harness_shim_pid(h, SESSION), SIGTERM);
    await_exit(&s, DRIVER_EXIT_STOPPED);
    harness_forget(&s);
}

static void test_shim_is_killed(void **state)
{
    struct harness *h = *state;
    struct seen s;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_run(&s, "calc-1", HIDE "call.write(call.out, b'kept')");
    harness_await(&s, &s.done, 1);
    kill(harness_shim_pid(h, SESSION), SIGKILL);
    await_exit(&s, DRIVER_EXIT_LOST);
    harness_forget(&s);
}

static void test_shim_is_stuck(void **state)
{
    struct harness *h = *state;
    struct seen s;
    h->config.answer_timeout_ms = 500;
    harness_start_ready(h, &s, SESSION, NULL);
    harness_leave(h);
    kill(harness_shim_pid(h, SESSION), SIGSTOP);
    harness_serve(h);
    harness_adopt(h, &s, SESSION);
    await_exit(&s, DRIVER_EXIT_LOST);
    harness_forget(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(test_killed_in_calculation),
        HARNESS_TEST(test_killed_from_outside),
        HARNESS_TEST(test_exit_code),
        HARNESS_TEST(test_tells_why_it_ends),
        HARNESS_TEST(test_fails_to_start),
        HARNESS_TEST(test_dies_at_start),
        HARNESS_TEST(test_no_interpreter),
        HARNESS_TEST(test_no_shim),
        HARNESS_TEST(test_deaf_driver_is_killed),
        HARNESS_TEST(test_shorter_grace_counts),
        HARNESS_TEST(test_stop_while_starting),
        HARNESS_TEST(test_memory_limit),
        HARNESS_TEST(test_shared_memory_counts_once),
        HARNESS_TEST(test_bad_frames_end_the_driver),
        HARNESS_TEST(test_odd_frames_are_ignored),
        HARNESS_TEST(test_flood_of_the_log),
        HARNESS_TEST(test_hostile_working_folder),
        HARNESS_TEST(test_shim_is_told_to_end),
        HARNESS_TEST(test_shim_is_killed),
        HARNESS_TEST(test_shim_is_stuck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
