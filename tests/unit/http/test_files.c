/* Bodies that are files. */
#include "rig.h"

#include "base/log.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* A file whose byte at i is i's hash, so that a piece out of place shows. */
static char byte_at(size_t i)
{
    return (char)(i * 2654435761u >> 13);
}

static void make_file(size_t n)
{
    char *bytes = mem_new(n + 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = byte_at(i);
    rig.file_fd = memfd_create("body", MFD_CLOEXEC);
    assert_int_equal(write(rig.file_fd, bytes, n), (ssize_t)n);
    rig.file_length = n;
    free(bytes);
}

static void check_file(const struct client *c, size_t n)
{
    struct str all = buf_str(&c->in);
    const char *body = (char *)memmem(all.p, all.n, "\r\n\r\n", 4) + 4;
    assert_true((size_t)(all.p + all.n - body) >= n);
    for (size_t i = 0; i < n; i++)
        if (body[i] != byte_at(i))
            fail_msg("byte %zu differs", i);
}

static void get_file(struct client *c, size_t n)
{
    char length[64];
    snprintf(length, sizeof length, "Content-Length: %zu\r\n", n);
    client_send(c, GET("/file"));
    client_wait(c, length);
    rig_wait(&rig, c->in.n > n);
    rig_wait(&rig, rig.finished > 0);
    check_file(c, n);
    assert_int_equal(rig.last_sent_bytes, c->in.n);
}

static void files_of_every_size_arrive(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 1000, 262143, 262144, 262145, 10000000};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct client *c = client_new(&rig);
        make_file(sizes[i]);
        rig.finished = rig.heads = 0;
        get_file(c, sizes[i]);
        client_free(c);
        close(rig.file_fd);
        rig.file_fd = -1;
    }
}

static void a_body_of_many_pieces_arrives(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 499500, 2000000};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct client *c = client_new(&rig);
        make_file(sizes[i]);
        client_send(c, "HEAD /pieces HTTP/1.1\r\nHost: h\r\n\r\n" GET("/pieces") GET("/close"));
        client_wait_eof(c);
        assert_int_equal(client_count(c, "HTTP/1.1 200 OK"), 3);
        const char *second = strstr(c->in.p, "\r\n\r\n") + 4;
        const char *body = strstr(second, "\r\n\r\n") + 4;
        for (size_t at = 0; at < sizes[i]; at++)
            if (body[at] != byte_at(at))
                fail_msg("byte %zu differs", at);
        client_free(c);
        close(rig.file_fd);
        rig.file_fd = -1;
    }
}

static void an_empty_file_and_head_need_no_bytes(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    make_file(0);
    client_send(c, GET("/file"));
    client_expect(c, "Content-Length: 0\r\n");
    rig.file_length = 5000;
    client_send(c, "HEAD /file HTTP/1.1\r\nHost: h\r\n\r\n" GET("/hello"));
    client_wait(c, "Content-Length: 5000\r\n");
    client_wait(c, "hello");
    client_free(c);
}

static void answers_behind_a_file_wait(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    make_file(1000000);
    client_send(c, GET("/file") GET("/hello") GET("/file") GET("/close"));
    client_wait_eof(c);
    assert_int_equal(client_count(c, "HTTP/1.1 200 OK"), 4);
    assert_true(str_ends(buf_str(&c->in), STR("bye")));
    check_file(c, 1000000);
    client_free(c);
}

static void memory_stays_flat_for_a_slow_reader(void **state)
{
    (void)state;
    enum { CLIENTS = 4, LARGE = 256 << 20 };
    struct client *c[CLIENTS];
    rig.file_fd = memfd_create("body", MFD_CLOEXEC);
    assert_int_equal(ftruncate(rig.file_fd, LARGE), 0);
    rig.file_length = LARGE;
    struct rusage before;
    getrusage(RUSAGE_SELF, &before);
    for (size_t i = 0; i < CLIENTS; i++) {
        c[i] = client_new(&rig);
        client_set_deaf(c[i], true);
        client_send(c[i], GET("/file"));
    }
    rig_wait(&rig, rig.heads == CLIENTS);
    rig_pass(&rig, 100);
    struct rusage after;
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 32 * 1024);
    for (size_t i = 0; i < CLIENTS; i++)
        client_free(c[i]);
    rig_wait(&rig, rig.finished == CLIENTS);
}

static void a_file_that_is_too_short_ends_the_connection(void **state)
{
    (void)state;
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    log_set_fd(pipe_ends[1]);
    struct client *c = client_new(&rig);
    make_file(600000);
    rig.file_length = 700000;
    client_send(c, GET("/file"));
    client_wait_eof(c);
    assert_true(c->in.n < 700000);
    client_free(c);
    log_set_fd(STDERR_FILENO);
    char line[512] = "";
    assert_true(read(pipe_ends[0], line, sizeof line - 1) > 0);
    assert_non_null(strstr(line, "it is shorter than it was"));
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void a_client_gone_amid_a_file_is_no_harm(void **state)
{
    (void)state;
    make_file(20000000);
    for (int i = 0; i < 20; i++) {
        struct client *c = client_new(&rig);
        client_send(c, GET("/file") GET("/file"));
        rig_wait(&rig, c->in.n > (size_t)i * 10000);
        client_free(c);
    }
    rig_wait(&rig, rig.finished == rig.heads);
}

static void files_arrive_where_no_descriptor_is_left(void **state)
{
    (void)state;
    struct rlimit before, none_left;
    struct client *c = client_new(&rig);
    make_file(100000);
    client_send(c, GET("/hello"));
    rig_wait(&rig, c->in.n > 0);
    buf_clear(&c->in);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none_left = before;
    int free_one = dup(0);
    none_left.rlim_cur = (rlim_t)free_one + 1;
    close(free_one);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none_left), 0);
    client_send(c, GET("/file"));
    rig_wait(&rig, c->in.n > 100000);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    check_file(c, 100000);
    client_free(c);
}

static void draining_waits_for_files(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    make_file(5000000);
    client_send(c, GET("/file"));
    rig_wait(&rig, c->in.n > 0);
    rig_drain(&rig, 60000);
    client_wait_eof(c);
    check_file(c, 5000000);
    client_free(c);
    rig_wait(&rig, rig.drained);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        T(files_of_every_size_arrive),
        T(a_body_of_many_pieces_arrives),
        T(an_empty_file_and_head_need_no_bytes),
        T(answers_behind_a_file_wait),
        T(memory_stays_flat_for_a_slow_reader),
        T(a_file_that_is_too_short_ends_the_connection),
        T(a_client_gone_amid_a_file_is_no_harm),
        T(draining_waits_for_files),
        T(files_arrive_where_no_descriptor_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
