#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void it_grows_up_to_its_maximum(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1000);
    for (int i = 0; i < 1000; i++)
        buf_add_char(&b, (char)('a' + i % 26));
    assert_false(b.overflow);
    assert_int_equal(b.n, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(b.p[i], 'a' + (int)(i % 26));
    buf_add_char(&b, 'z');
    assert_true(b.overflow);
    assert_int_equal(b.n, 1000);
}

static void after_an_overflow_nothing_is_added(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf b;
    buf_init(&b, 4);
    buf_add_cstr(&b, "abc");
    buf_add_cstr(&b, "de");
    buf_add_cstr(&b, "f");
    buf_printf(&b, "%d", 1);
    assert_true(b.overflow);
    assert_true(str_is(buf_str(&b), "abc"));
    assert_null(buf_reserve(&b, 0));
    buf_clear(&b);
    assert_false(b.overflow);
    buf_add_cstr(&b, "wxyz");
    assert_true(str_is(buf_str(&b), "wxyz"));
}

static void sizes_that_wrap_around_overflow(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf b;
    buf_init(&b, 100);
    buf_add_cstr(&b, "abc");
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_true(b.overflow);
}

static void print_fits_exactly(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 511, 512, 513, 5000};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        CLEANUP_BUF struct buf b;
        buf_init(&b, sizes[i]);
        buf_printf(&b, "%*d", (int)sizes[i], 7);
        assert_false(b.overflow);
        assert_int_equal(b.n, sizes[i]);
        assert_int_equal(b.p[b.n - 1], '7');
        buf_clear(&b);
        buf_printf(&b, "%*d", (int)sizes[i] + 1, 7);
        assert_true(b.overflow);
        assert_int_equal(b.n, 0);
    }
}

static void the_front_can_be_consumed(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf b;
    buf_init(&b, 100);
    buf_consume(&b, 0);
    buf_add_cstr(&b, "abcdef");
    buf_consume(&b, 2);
    assert_true(str_is(buf_str(&b), "cdef"));
    buf_consume(&b, 4);
    assert_int_equal(b.n, 0);
    assert_non_null(buf_str(&b).p);
}

static void an_empty_buffer_is_an_empty_string(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_true(str_is(buf_str(&b), ""));
    buf_add_str(&b, STR_NULL);
    assert_null(b.p);
    buf_done(&b);
    buf_add_cstr(&b, "again");
    assert_true(str_is(buf_str(&b), "again"));
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_up_to_its_maximum),
        cmocka_unit_test(after_an_overflow_nothing_is_added),
        cmocka_unit_test(sizes_that_wrap_around_overflow),
        cmocka_unit_test(print_fits_exactly),
        cmocka_unit_test(the_front_can_be_consumed),
        cmocka_unit_test(an_empty_buffer_is_an_empty_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
