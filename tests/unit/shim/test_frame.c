#include "shim/frame.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void add_simple(struct buf *out, const char *kind, const char *text)
{
    struct frame f;
    frame_open(&f, out, kind);
    jsonw_member_str(&f.json, "text", str_from(text));
    assert_true(frame_close(&f));
}

static void test_round_trip(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf b;
    struct str body;
    struct err err;
    buf_init(&b, 4096);
    add_simple(&b, "first", "one");
    size_t first = b.n;
    add_simple(&b, "second", "zw\xC3\xB6lf");
    assert_int_equal(frame_first(buf_str(&b), &body), FRAME_WHOLE);
    assert_int_equal(body.n + FRAME_HEADER_BYTES, first);
    json_auto_t *one = frame_parse(body, &err);
    assert_true(str_is(frame_kind(one), "first"));
    assert_int_equal(frame_first(str_sub(buf_str(&b), first, b.n), &body), FRAME_WHOLE);
    json_auto_t *two = frame_parse(body, &err);
    assert_true(str_is(json_member_str(two, "text"), "zw\xC3\xB6lf"));
}

static void test_every_part_is_a_part(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf b;
    struct str body = STR_NULL;
    buf_init(&b, 4096);
    add_simple(&b, "kind", "text");
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(frame_first(str_of(b.p, n), &body), FRAME_PART);
    assert_null(body.p);
}

static void test_length_bounds(void **state)
{
    (void)state;
    struct str body;
    assert_int_equal(frame_first(STR("\0\0\0\0x"), &body), FRAME_BROKEN);
    assert_int_equal(frame_first(STR("\x00\x10\x00\x00"), &body), FRAME_PART); /* the longest */
    assert_int_equal(frame_first(STR("\x00\x10\x00\x01"), &body), FRAME_BROKEN);
    assert_int_equal(frame_first(STR("\xff\xff\xff\xff"), &body), FRAME_BROKEN);
}

static void test_bodies_that_are_none(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         "[]",
                                         "{}",
                                         "7",
                                         "{\"t\":7}",
                                         "{\"t\":\"x\"",
                                         "{\"t\":\"x\"} ,",
                                         "\"t\"",
                                         "{\"t\":\"x\",\"t\":\"y\"}",
                                         "{\"t\":\"\xff\"}"};
    struct err err;
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
        assert_null(frame_parse(str_from(bodies[i]), &err));
}

/* What does not fit leaves the buffer as it was. */
static void test_too_long(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf b;
    struct frame f;
    CLEANUP_FREE char *text = mem_new(FRAME_BODY_MAX + 1);
    memset(text, 'x', FRAME_BODY_MAX);
    buf_init(&b, 4 * FRAME_BODY_MAX);
    add_simple(&b, "kind", "text");
    size_t before = b.n;
    frame_open(&f, &b, "long");
    jsonw_member_str(&f.json, "text", str_of(text, FRAME_BODY_MAX));
    assert_false(frame_close(&f));
    assert_int_equal(b.n, before);
    assert_true(frame_add(&b, str_of(text, FRAME_BODY_MAX)));
    assert_false(frame_add(&b, str_of(text, FRAME_BODY_MAX + 1)));
    assert_int_equal(b.n, before + FRAME_HEADER_BYTES + FRAME_BODY_MAX);
}

static void test_full_buffer(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf b;
    struct frame f;
    buf_init(&b, 64);
    add_simple(&b, "kind", "text");
    size_t before = b.n;
    frame_open(&f, &b, "kind");
    jsonw_member_str(&f.json, "text", STR("more than there is room for"));
    assert_false(frame_close(&f));
    assert_int_equal(b.n, before);
    assert_false(b.overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_every_part_is_a_part),
        cmocka_unit_test(test_length_bounds), cmocka_unit_test(test_bodies_that_are_none),
        cmocka_unit_test(test_too_long),      cmocka_unit_test(test_full_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
