/* Blob files come and go with what names them. */
#include "fixture.h"

#include "base/buf.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { LARGE = OBJECT_INLINE_MAX + 1 };

static struct str large(struct objects_fixture *o, char letter)
{
    char *p = arena_alloc(o->f->arena, LARGE + 1);
    memset(p, letter, LARGE);
    return str_of(p, LARGE);
}

static void put_large(struct objects_fixture *o, const char *key, char letter)
{
    assert_int_equal(put_wait(o, str_from(key), body_of(o, large(o, letter))), ERR_NONE);
}

static void delete_key(struct objects_fixture *o, const char *key)
{
    struct store_batch *b = store_batch_new(o->f->store);
    store_delete_object(b, STR("b"), str_from(key), NULL);
    assert_int_equal(commit_wait(o->f, b), ERR_NONE);
}

static void unused_body_goes(void **state)
{
    struct objects_fixture *o = *state;
    struct object_body *body = body_of(o, large(o, 'x'));
    assert_int_equal(blob_files(o), 1);
    object_body_free(body);
    object_body_free(NULL);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 0);
}

static void body_goes_with_a_batch_that_fails(void **state)
{
    struct objects_fixture *o = *state;
    struct store_batch *b = store_batch_new(o->f->store);
    struct object_put put = {.bucket = STR("none"), .key = STR("k")};
    objects_add(o->objects, b, &put, body_of(o, large(o, 'x')));
    assert_int_equal(commit_wait(o->f, b), ERR_NO_SUCH_BUCKET);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 0);

    b = store_batch_new(o->f->store);
    objects_add(o->objects, b, &put, body_of(o, large(o, 'x')));
    store_batch_free(b);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 0);
}

static void sweep_removes_what_nothing_names(void **state)
{
    struct objects_fixture *o = *state;
    put_large(o, "kept", 'k');
    put_large(o, "replaced", '1');
    put_large(o, "replaced", '2');
    put_large(o, "deleted", 'd');
    delete_key(o, "deleted");
    assert_int_equal(blob_files(o), 4);
    objects_sweep(o->objects);
    objects_sweep(o->objects);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 2);
    assert_str(garbage_wait(o->f), "");
    assert_true(str_eq(content_wait(o, STR("kept")), large(o, 'k')));
    assert_true(str_eq(content_wait(o, STR("replaced")), large(o, '2')));
}

static void sweep_takes_many(void **state)
{
    struct objects_fixture *o = *state;
    enum { MANY = 300 };
    struct body_answer answers[MANY] = {0};
    for (int i = 0; i < MANY; i++) {
        struct object_writer *w = object_writer_new(o->objects, LARGE, NULL, NULL);
        object_writer_add(w, large(o, 'x'));
        object_writer_finish(w, on_body, &answers[i]);
    }
    struct store_batch *b = store_batch_new(o->f->store);
    char key[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "k%d", i);
        struct object_put put = {.bucket = STR("b"), .key = str_from(key)};
        objects_add(o->objects, b, &put, body_wait(o, &answers[i]));
    }
    assert_int_equal(commit_wait(o->f, b), ERR_NONE);
    assert_int_equal(blob_files(o), MANY);
    b = store_batch_new(o->f->store);
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "k%d", i);
        store_delete_object(b, STR("b"), str_from(key), NULL);
    }
    assert_int_equal(commit_wait(o->f, b), ERR_NONE);
    objects_sweep(o->objects);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 0);
    assert_str(garbage_wait(o->f), "");
}

static void open_reader_outlives_the_sweep(void **state)
{
    struct objects_fixture *o = *state;
    struct err err;
    put_large(o, "k", 'x');
    struct str id = str_sub(object_wait(o->f, "b", STR("k"))->pieces, 0, 32);
    int fd = blob_fd(o, id, &err);
    assert_true(fd >= 0);
    delete_key(o, "k");
    objects_sweep(o->objects);
    sweep_wait(o);
    char byte;
    assert_true(read(fd, &byte, 1) == 1 && byte == 'x');
    close(fd);
    assert_int_equal(blob_fd(o, id, &err), -1);
    assert_int_equal(err.code, ERR_INTERNAL);
}

/* What the pieces give, with the letter of each file once for every byte. */
static struct str read_pieces(struct objects_fixture *o, const struct http_pieces *pieces)
{
    struct buf all;
    struct http_piece p;
    buf_init(&all, 1 << 20);
    while (pieces->next(pieces->ctx, &p)) {
        assert_int_equal(pread(p.fd, buf_reserve(&all, p.length), p.length, (off_t)p.offset), p.length);
        all.n += p.length;
        close(p.fd);
    }
    struct str got = arena_str(o->f->arena, buf_str(&all));
    buf_done(&all);
    return got;
}

static void blobs_that_are_still_to_be_read_stay(void **state)
{
    static const char *const keys[] = {"a", "b", "c"};
    struct objects_fixture *o = *state;
    struct object_piece parts[3];
    struct http_pieces first, second;
    struct err err;
    for (size_t i = 0; i < 3; i++) {
        put_large(o, keys[i], keys[i][0]);
        parts[i] =
            (struct object_piece){str_sub(object_wait(o->f, "b", str_from(keys[i]))->pieces, 0, 32), i, 2};
    }
    assert_int_equal(objects_read(o->objects, parts, 3, 0, 6, &first, &err), 0);
    assert_int_equal(objects_read(o->objects, parts, 3, 3, 3, &second, &err), 0);
    put_large(o, "d", 'd');
    for (size_t i = 0; i < 3; i++)
        delete_key(o, keys[i]);
    delete_key(o, "d");
    objects_sweep(o->objects);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 3);
    assert_str(read_pieces(o, &first), "aabbcc");
    first.done(first.ctx);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 2); /* the second reader wants the others */
    assert_str(read_pieces(o, &second), "bcc");
    second.done(second.ctx);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 0);
    assert_int_equal(objects_read(o->objects, parts, 3, 0, 6, &first, &err), -1);
    assert_int_equal(err.code, ERR_INTERNAL);
}

static void ranges_of_pieces(void **state)
{
    struct objects_fixture *o = *state;
    struct object_piece parts[3];
    struct http_pieces pieces;
    struct err err;
    for (size_t i = 0; i < 3; i++) {
        char key[2] = {(char)('a' + i), '\0'};
        put_large(o, key, key[0]);
        parts[i] =
            (struct object_piece){str_sub(object_wait(o->f, "b", str_from(key))->pieces, 0, 32), 0, i * 2};
    }
    for (uint64_t from = 0; from <= 6; from++)
        for (uint64_t to = from; to <= 6; to++) {
            assert_int_equal(objects_read(o->objects, parts, 3, from, to - from, &pieces, &err), 0);
            assert_true(str_eq(read_pieces(o, &pieces), str_sub(STR("bbcccc"), from, to)));
            pieces.done(pieces.ctx);
        }
}

static void names_never_leave_the_folder(void **state)
{
    struct objects_fixture *o = *state;
    static const char *const ids[] = {"",
                                      "../glaux.db",
                                      "../../../../../../../../../etc/passwd",
                                      "tmp",
                                      "0123456789ABCDEF0123456789ABCDEF",
                                      "0123456789abcdef0123456789abcde/"};
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        struct err err;
        assert_int_equal(blob_fd(o, str_from(ids[i]), &err), -1);
        assert_int_equal(err.code, ERR_INTERNAL);
    }
    static const char *const keys[] = {"../x", "/etc/passwd", "..", ".", "a//b", "a/../../b", "\x01\x02"};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        put_large(o, keys[i], (char)('a' + i));
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        assert_true(str_eq(content_wait(o, str_from(keys[i])), large(o, (char)('a' + i))));
    assert_int_equal(blob_files(o), ARRAY_SIZE(keys));
}

/* --- A crash --- */

static void make_file(const struct objects_fixture *o, const char *place)
{
    char path[160];
    snprintf(path, sizeof path, "%s/blobs/%s", o->f->dir, place);
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void start_removes_what_a_crash_left(void **state)
{
    struct objects_fixture *o = *state;
    put_large(o, "kept", 'k');
    make_file(o, "ab/ab000000000000000000000000000001");
    make_file(o, "ff/ff000000000000000000000000000002");
    make_file(o, "00/notes by a person.txt");
    make_file(o, "tmp/ff000000000000000000000000000003");
    objects_reopen(o);
    struct object_body *body = body_of(o, large(o, 'n')); /* durable, not yet in a batch: no leftover */
    sweep_wait(o);
    assert_int_equal(blob_files(o), 3);
    assert_true(str_eq(content_wait(o, STR("kept")), large(o, 'k')));
    assert_int_equal(put_wait(o, STR("new"), body), ERR_NONE);
    assert_true(str_eq(content_wait(o, STR("new")), large(o, 'n')));
    objects_reopen(o);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 3);
}

static void start_sweeps_what_was_garbage_before(void **state)
{
    struct objects_fixture *o = *state;
    put_large(o, "kept", 'k');
    put_large(o, "deleted", 'd');
    delete_key(o, "deleted");
    assert_int_equal(blob_files(o), 2);
    objects_reopen(o);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 1);
    assert_str(garbage_wait(o->f), "");
}

static void start_looks_through_many(void **state)
{
    struct objects_fixture *o = *state;
    put_large(o, "kept", 'k');
    for (int i = 0; i < 3000; i++) {
        char place[48];
        snprintf(place, sizeof place, "%02x/%02x%022d00000000", i % 256, i % 256, i);
        make_file(o, place);
    }
    objects_reopen(o);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 1);
}

static void close_ends_work_under_way(void **state)
{
    struct objects_fixture *o = *state;
    put_large(o, "k", 'x');
    delete_key(o, "k");
    make_file(o, "ab/ab000000000000000000000000000001");
    objects_reopen(o);
    objects_sweep(o->objects); /* the teardown closes at once */
}

/* --- A full disk --- */

static void full_disk_leaves_nothing(void **state)
{
    struct objects_fixture *o = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/blobs/tmp", o->f->dir);
    objects_close(o->objects);
    o->objects = NULL;
    snprintf(path, sizeof path, "%s/blobs", o->f->dir);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("glaux-test", path, "tmpfs", 0, "size=3m") != 0)
        skip();
    struct err err;
    o->objects = objects_open(o->f->loop, o->f->store, o->f->dir, &err);
    assert_non_null(o->objects);
    struct str bytes = {.n = 8 * 1024 * 1024};
    bytes.p = arena_alloc(o->f->arena, bytes.n);
    struct body_answer a = {0};
    struct object_writer *w = object_writer_new(o->objects, (int64_t)bytes.n, NULL, NULL);
    object_writer_add(w, bytes);
    object_writer_finish(w, on_body, &a);
    assert_null(body_wait(o, &a));
    assert_non_null(strstr(a.err.text, "No space left on device"));
    assert_non_null(strstr(a.err.text, path));
    assert_int_equal(blob_files(o), 0);
    put_large(o, "k", 'x');
    sweep_wait(o);
    objects_close(o->objects);
    o->objects = NULL;
    umount2(path, MNT_DETACH);
}

#define WITH_OBJECTS(test) cmocka_unit_test_setup_teardown(test, objects_setup, objects_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_OBJECTS(unused_body_goes),
        WITH_OBJECTS(body_goes_with_a_batch_that_fails),
        WITH_OBJECTS(sweep_removes_what_nothing_names),
        WITH_OBJECTS(sweep_takes_many),
        WITH_OBJECTS(open_reader_outlives_the_sweep),
        WITH_OBJECTS(blobs_that_are_still_to_be_read_stay),
        WITH_OBJECTS(ranges_of_pieces),
        WITH_OBJECTS(names_never_leave_the_folder),
        WITH_OBJECTS(start_removes_what_a_crash_left),
        WITH_OBJECTS(start_sweeps_what_was_garbage_before),
        WITH_OBJECTS(start_looks_through_many),
        WITH_OBJECTS(close_ends_work_under_way),
        WITH_OBJECTS(full_disk_leaves_nothing), /* last: it leaves the mount namespace */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
