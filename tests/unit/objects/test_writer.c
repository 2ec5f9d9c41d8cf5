/* Bodies that come piece by piece. */
#include "fixture.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/random.h"

static struct str random_str(struct objects_fixture *o, size_t n)
{
    char *p = arena_alloc(o->f->arena, n + 1);
    random_bytes(p, n);
    return str_of(p, n);
}

static size_t random_below(size_t n)
{
    uint64_t r;
    random_bytes(&r, sizeof r);
    return (size_t)(r % n);
}

static void assert_hex(enum digest_kind kind, struct str bytes, const char *got)
{
    unsigned char sum[DIGEST_SIZE_MAX];
    char hex[2 * DIGEST_SIZE_MAX + 1];
    digest_of(kind, bytes, sum);
    hex_encode(sum, digest_size(kind), hex);
    assert_string_equal(hex, got);
}

static void assert_digest(enum digest_kind kind, struct str bytes, const struct object_body *body)
{
    unsigned char sum[DIGEST_SIZE_MAX];
    digest_of(kind, bytes, sum);
    assert_memory_equal(sum, object_body_digest(body, kind), digest_size(kind));
}

struct sender {
    bool may_go_on;
    unsigned waits;
};

static void on_drained(void *ctx)
{
    struct sender *s = ctx;
    assert_false(s->may_go_on);
    s->may_go_on = true;
}

/* Sends the bytes in pieces of random size, and waits where the writer asks for it. */
static void send_in_pieces(struct objects_fixture *o, struct object_writer *w, struct str bytes,
                           size_t piece_max, struct sender *s)
{
    while (bytes.n) {
        size_t n = 1 + random_below(piece_max);
        s->may_go_on = object_writer_add(w, str_sub(bytes, 0, n));
        bytes = str_sub(bytes, n, bytes.n);
        s->waits += !s->may_go_on;
        loop_turn_until(o, &s->may_go_on);
    }
}

static void one_body(struct objects_fixture *o, size_t size, size_t piece_max)
{
    struct str bytes = random_str(o, size);
    struct sender s = {true, 0};
    struct body_answer a = {0};
    struct object_writer *w = object_writer_new(o->objects, (int64_t)size, on_drained, &s);
    object_writer_digest(w, DIGEST_SHA1);
    object_writer_digest(w, DIGEST_CRC64NVME);
    object_writer_digest(w, DIGEST_SHA1);
    send_in_pieces(o, w, bytes, piece_max, &s);
    object_writer_finish(w, on_body, &a);
    assert_false(a.answered);
    struct object_body *body = body_wait(o, &a);
    assert_non_null(body);
    const struct object_body_info *info = object_body_info(body);
    assert_int_equal(info->size, size);
    assert_hex(DIGEST_MD5, bytes, info->etag);
    assert_digest(DIGEST_MD5, bytes, body);
    assert_digest(DIGEST_SHA1, bytes, body);
    assert_digest(DIGEST_CRC64NVME, bytes, body);
    assert_null(object_body_digest(body, DIGEST_SHA256));
    assert_int_equal(blob_files(o), size > OBJECT_INLINE_MAX);

    assert_int_equal(put_wait(o, STR("k"), body), ERR_NONE);
    assert_true(str_eq(content_wait(o, STR("k")), bytes));
    struct store_batch *b = store_batch_new(o->f->store);
    store_delete_object(b, STR("b"), STR("k"), NULL);
    assert_int_equal(commit_wait(o->f, b), ERR_NONE);
    objects_sweep(o->objects);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 0);
}

static void any_size_in_any_pieces(void **state)
{
    static const size_t sizes[] = {0,
                                   1,
                                   100,
                                   OBJECT_INLINE_MAX - 1,
                                   OBJECT_INLINE_MAX,
                                   OBJECT_INLINE_MAX + 1,
                                   262143,
                                   262144,
                                   262145,
                                   1048577,
                                   3000001};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        one_body(*state, sizes[i], 1 + sizes[i]);
        one_body(*state, sizes[i], 65536);
        one_body(*state, sizes[i], 1 + sizes[i] / 50);
    }
}

static void known_sums(void **state)
{
    struct objects_fixture *o = *state;
    struct err err;
    struct object_body *body = objects_body_from_bytes(o->objects, STR("hello"), &err);
    assert_non_null(body);
    const struct object_body_info *info = object_body_info(body);
    assert_string_equal(info->etag, "5d41402abc4b2a76b9719d911017c592");
    assert_digest(DIGEST_CRC32, STR("hello"), body);
    assert_null(object_body_digest(body, DIGEST_SHA1));
    assert_int_equal(put_wait(o, STR("h"), body), ERR_NONE);
    const struct object_record *r = object_wait(o->f, "b", STR("h"));
    assert_str(r->body, "hello");
    assert_str(r->etag, "5d41402abc4b2a76b9719d911017c592");
    assert_str(r->content_type, "x/y");
    assert_int_equal(r->size, 5);
    assert_null(r->pieces.p);
}

static void bytes_are_bounded(void **state)
{
    struct objects_fixture *o = *state;
    struct err err;
    struct object_body *body = objects_body_from_bytes(o->objects, random_str(o, OBJECT_BYTES_MAX), &err);
    assert_non_null(body);
    object_body_free(body);
    assert_null(objects_body_from_bytes(o->objects, random_str(o, OBJECT_BYTES_MAX + 1), &err));
    assert_int_equal(err.code, ERR_TOO_LARGE);
}

static void sender_waits_and_goes_on(void **state)
{
    struct objects_fixture *o = *state;
    struct str bytes = random_str(o, 8 * 1024 * 1024);
    struct sender s = {true, 0};
    struct body_answer a = {0};
    struct object_writer *w = object_writer_new(o->objects, (int64_t)bytes.n, on_drained, &s);
    send_in_pieces(o, w, bytes, 65536, &s);
    object_writer_finish(w, on_body, &a);
    struct object_body *body = body_wait(o, &a);
    assert_true(s.waits > 0);
    assert_hex(DIGEST_MD5, bytes, object_body_info(body)->etag);
    object_body_free(body);
    sweep_wait(o);
    assert_int_equal(blob_files(o), 0);
}

static void too_large_leaves_nothing(void **state)
{
    struct objects_fixture *o = *state;
    for (size_t size = 10; size < 1000000; size *= 99) {
        struct sender s = {true, 0};
        struct body_answer a = {0};
        struct object_writer *w = object_writer_new(o->objects, (int64_t)size - 1, on_drained, &s);
        send_in_pieces(o, w, random_str(o, size), size / 2, &s);
        object_writer_finish(w, on_body, &a);
        assert_null(body_wait(o, &a));
        assert_int_equal(a.err.code, ERR_TOO_LARGE);
        assert_int_equal(blob_files(o), 0);
    }
}

static void abort_leaves_nothing(void **state)
{
    struct objects_fixture *o = *state;
    for (size_t size = 10; size < 2000000; size *= 11) {
        struct sender s = {true, 0};
        struct object_writer *w = object_writer_new(o->objects, 1 << 30, on_drained, &s);
        send_in_pieces(o, w, random_str(o, size), size, &s);
        object_writer_abort(w);
        sweep_wait(o);
        assert_int_equal(blob_files(o), 0);
    }
}

#define WITH_OBJECTS(test) cmocka_unit_test_setup_teardown(test, objects_setup, objects_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_OBJECTS(any_size_in_any_pieces),   WITH_OBJECTS(known_sums),
        WITH_OBJECTS(bytes_are_bounded),        WITH_OBJECTS(sender_waits_and_goes_on),
        WITH_OBJECTS(too_large_leaves_nothing), WITH_OBJECTS(abort_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
