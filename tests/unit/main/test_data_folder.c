#include "base/file.h"
#include "main/data_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

struct world {
    char top[64];
    char dir[96];
};

static int set_up(void **state)
{
    struct world *w = mem_new(sizeof *w);
    snprintf(w->top, sizeof w->top, "/tmp/glaux-folder-XXXXXX");
    assert_non_null(mkdtemp(w->top));
    snprintf(w->dir, sizeof w->dir, "%s/a/b", w->top);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    struct err err;
    assert_int_equal(file_remove_tree(AT_FDCWD, w->top, &err), 0);
    free(w);
    return 0;
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void test_made_private(void **state)
{
    struct world *w = *state;
    struct err err;
    CLEANUP_FD int fd = data_folder_open(w->dir, &err);
    assert_true(fd >= 0);
    assert_int_equal(mode_of(w->dir), 0700);
}

static void test_made_private_again(void **state)
{
    struct world *w = *state;
    struct err err;
    assert_int_equal(chmod(w->top, 0755), 0);
    CLEANUP_FD int fd = data_folder_open(w->top, &err);
    assert_true(fd >= 0);
    assert_int_equal(mode_of(w->top), 0700);
}

static void test_file_in_the_way(void **state)
{
    struct world *w = *state;
    struct err err;
    char path[128];
    snprintf(path, sizeof path, "%s/file", w->top);
    assert_true(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
    assert_int_equal(data_folder_open(path, &err), -1);
    assert_true(str_contains(str_from(err.text), STR("is not a folder")));
}

/* Another process that has the folder until it is killed. */
static pid_t start_owner(const char *dir)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct err err;
        if (data_folder_open(dir, &err) < 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void end_owner(pid_t pid)
{
    int status;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void test_one_server(void **state)
{
    struct world *w = *state;
    struct err err;
    assert_int_equal(data_folder_owner(w->dir), 0);
    pid_t pid = start_owner(w->dir);
    assert_int_equal(data_folder_owner(w->dir), pid);
    assert_int_equal(data_folder_open(w->dir, &err), -1);
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_int_equal(data_folder_owner(w->dir), pid); /* the attempt took nothing away */
    end_owner(pid);
    assert_int_equal(data_folder_owner(w->dir), 0);
    CLEANUP_FD int fd = data_folder_open(w->dir, &err);
    assert_true(fd >= 0);
}

static void test_info(void **state)
{
    struct world *w = *state;
    struct err err;
    struct server_info got, info = {.url = "http://127.0.0.1:1",
                                    .region = "us-east-1",
                                    .version = "1.2.3",
                                    .pid = 77,
                                    .started_ms = 1795415480868,
                                    .port = 65535};
    assert_int_equal(data_folder_write_info(w->top, &info, &err), 0);
    assert_int_equal(data_folder_read_info(w->top, &got, &err), 0);
    assert_string_equal(got.url, info.url);
    assert_string_equal(got.region, info.region);
    assert_string_equal(got.version, info.version);
    assert_int_equal(got.pid, info.pid);
    assert_int_equal(got.started_ms, info.started_ms);
    assert_int_equal(got.port, info.port);
}

static void test_no_info(void **state)
{
    struct world *w = *state;
    struct server_info info;
    struct err err;
    errno = 0;
    assert_int_equal(data_folder_read_info(w->top, &info, &err), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(data_folder_read_info(w->dir, &info, &err), -1);
    assert_int_equal(errno, ENOENT);
}

static void test_broken_info(void **state)
{
    struct world *w = *state;
    struct server_info info;
    struct err err;
    CLEANUP_FD int folder = open(w->top, O_RDONLY | O_DIRECTORY);
    assert_int_equal(file_write(folder, "server.json", STR("{\"pid\": 1"), false, &err), 0);
    assert_int_equal(data_folder_read_info(w->top, &info, &err), -1);
    assert_true(str_contains(str_from(err.text), STR("server.json")));
    assert_int_not_equal(errno, ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_private, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_made_private_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file_in_the_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_info, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_info, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken_info, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
