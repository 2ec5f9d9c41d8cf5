/* The end of a message is found wherever the bytes are cut, and nothing hostile gets through. */
#include "fixture.h"
#include "hive/thrift.h"

#define BYTES(literal) str_of(literal, sizeof(literal) - 1)

/* get_table("db", "t") with a field that nobody knows: a map from text to a list of structs. */
#define STRICT_HEAD "\x80\x01\x00\x01\x00\x00\x00\x09get_table\x00\x00\x00\x07"
#define OLD_HEAD "\x00\x00\x00\x09get_table\x01\x00\x00\x00\x07"
#define BODY                                                                                                 \
    "\x0B\x00\x01\x00\x00\x00\x02"                                                                           \
    "db"                                                                                                     \
    "\x0D\x00\x09\x0B\x0F\x00\x00\x00\x01\x00\x00\x00\x01k\x0C\x00\x00\x00\x02\x02\x00\x01\x01\x00\x00"      \
    "\x0B\x00\x02\x00\x00\x00\x01t\x00"

static void every_cut_is_survived(void **state)
{
    static const char *const heads[] = {STRICT_HEAD, OLD_HEAD};
    const size_t sizes[] = {sizeof STRICT_HEAD - 1, sizeof OLD_HEAD - 1};
    (void)state;
    for (size_t h = 0; h < 2; h++) {
        char text[256];
        memcpy(text, heads[h], sizes[h]);
        memcpy(text + sizes[h], BODY, sizeof BODY - 1);
        size_t n = sizes[h] + sizeof BODY - 1;
        for (size_t cut = 0; cut < n; cut++) {
            struct thrift_scan s = {.at = 0};
            assert_int_equal(thrift_scan(&s, str_of(text, cut)), THRIFT_MORE);
            memcpy(text + n, "next", 4);
            assert_int_equal(thrift_scan(&s, str_of(text, n + 4)), THRIFT_WHOLE);
            assert_int_equal(s.at, n);
        }
        struct thrift_message m;
        struct err err;
        assert_int_equal(thrift_message_read(str_of(text, n), &m, &err), 0);
        assert_true(str_is(m.name, "get_table"));
        assert_int_equal(m.kind, THRIFT_CALL);
        assert_int_equal(m.sequence, 7);
    }
}

static void one_byte_after_the_other(void **state)
{
    static const char text[] = STRICT_HEAD BODY;
    struct thrift_scan s = {.at = 0};
    (void)state;
    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_int_equal(thrift_scan(&s, str_of(text, n)), THRIFT_MORE);
    assert_int_equal(thrift_scan(&s, str_of(text, sizeof text - 1)), THRIFT_WHOLE);
}

static enum thrift_found scan_body(struct str body)
{
    CLEANUP_BUF struct buf b;
    struct thrift_scan s = {.at = 0};
    buf_init(&b, 1 << 20);
    buf_add_str(&b, BYTES(STRICT_HEAD));
    buf_add_str(&b, body);
    return thrift_scan(&s, buf_str(&b));
}

static void hostile_bytes_are_broken(void **state)
{
    (void)state;
    struct thrift_scan s = {.at = 0};
    assert_int_equal(thrift_scan(&s, STR("GET / HTTP/1.1\r\n")), THRIFT_BROKEN);
    s = (struct thrift_scan){.at = 0};
    assert_int_equal(thrift_scan(&s, BYTES("\x80\x02\x00\x01\x00\x00\x00\x01x")), THRIFT_BROKEN);
    s = (struct thrift_scan){.at = 0};
    assert_int_equal(thrift_scan(&s, BYTES("\x80\x01\x00\x01\x7F\x00\x00\x01x")), THRIFT_BROKEN);
    assert_int_equal(scan_body(BYTES("\x05\x00\x01")), THRIFT_BROKEN);
    assert_int_equal(scan_body(BYTES("\x0B\x00\x01\xFF\xFF\xFF\xFF")), THRIFT_BROKEN);
    assert_int_equal(scan_body(BYTES("\x0F\x00\x01\x01\x00\x00\x00\x01")), THRIFT_BROKEN);
    assert_int_equal(scan_body(BYTES("\x0F\x00\x01\x0B\xFF\xFF\xFF\xFF")), THRIFT_BROKEN);
    assert_int_equal(scan_body(BYTES("\x0F\x00\x01\x0B\x7F\xFF\xFF\xFF")), THRIFT_MORE);
}

static void depth_is_bounded(void **state)
{
    CLEANUP_BUF struct buf b;
    (void)state;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < THRIFT_DEPTH_MAX; i++)
        buf_add(&b, "\x0C\x00\x01", 3);
    assert_int_equal(scan_body(buf_str(&b)), THRIFT_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_survived),
        cmocka_unit_test(one_byte_after_the_other),
        cmocka_unit_test(hostile_bytes_are_broken),
        cmocka_unit_test(depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
