#include "base/utf8.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void well_formed_text(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "a",
                                       "\xC2\x80",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF"};
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_true(utf8_valid(str_from(good[i])));
    assert_true(utf8_valid(str_of("a\0b", 3)));
}

static void malformed_text(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF", /* overlong */
        "\xE0\x9F\xBF",
        "\xF0\x8F\xBF\xBF",
        "\xED\xA0\x80",
        "\xED\xBF\xBF", /* surrogates */
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xFE",
        "\xFF",
        "\xC3",
        "\xE2\x82",
        "\xF0\x9F\x98",
        "\xC3"
        "a",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(utf8_valid(str_from(bad[i])));
}

static void characters(void **state)
{
    (void)state;
    uint32_t c = 0;
    assert_int_equal(utf8_char(STR("\xF0\x9F\x98\x80x"), &c), 4);
    assert_int_equal(c, 0x1F600);
    assert_int_equal(utf8_char(STR("\xE2\x82\xAC"), &c), 3);
    assert_int_equal(c, 0x20AC);
    assert_int_equal(utf8_char(STR(""), &c), 0);
    assert_int_equal(utf8_char(STR("\xFF"), NULL), 0);
    assert_int_equal(c, 0x20AC);
    assert_int_equal(utf8_count(STR("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80")), 4);
}

static void cuts_fall_between_characters(void **state)
{
    (void)state;
    struct str text = STR("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z");
    static const size_t floors[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
    for (size_t n = 0; n <= text.n; n++)
        assert_int_equal(utf8_floor(str_sub(text, 0, n)), floors[n]);
    assert_int_equal(utf8_floor(STR("\x80\x80\x80\x80\x80")), 5); /* not text: nothing to save */
}

static void invalid_bytes_are_replaced(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1000);
    utf8_add_valid(&b, STR("a\xFF\xC3\xA4\xE2\x82"));
    assert_true(str_is(buf_str(&b), "a\xEF\xBF\xBD\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD"));
    for (int i = 0; i < 5000; i++) {
        char bytes[12];
        random_bytes(bytes, sizeof bytes);
        buf_clear(&b);
        utf8_add_valid(&b, str_of(bytes, sizeof bytes));
        assert_true(utf8_valid(buf_str(&b)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_text),
        cmocka_unit_test(malformed_text),
        cmocka_unit_test(characters),
        cmocka_unit_test(cuts_fall_between_characters),
        cmocka_unit_test(invalid_bytes_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
