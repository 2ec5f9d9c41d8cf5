#include "base/err.h"

#include "base/utf8.h"

#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void an_error_is_a_code_and_a_sentence(void **state)
{
    (void)state;
    struct err e;
    assert_int_equal(err_set(&e, ERR_NO_SUCH_KEY, "no key '%s'", "a"), -1);
    assert_int_equal(e.code, ERR_NO_SUCH_KEY);
    assert_string_equal(e.text, "no key 'a'");
    assert_string_equal(e.detail, "");
    assert_int_equal(err_set_detail(&e, ERR_INVALID_REQUEST, "CODE", "why"), -1);
    assert_string_equal(e.detail, "CODE");
    err_set_errno(&e, ENOSPC, "writing '%s'", "f");
    assert_int_equal(e.code, ERR_NO_SPACE);
    assert_string_equal(e.text, "writing 'f': No space left on device");
    assert_string_equal(e.detail, "");
}

static void an_error_can_be_put_into_another_sentence(void **state)
{
    (void)state;
    struct err e;
    err_set(&e, ERR_INTERNAL, "inner");
    err_set(&e, e.code, "outer, since %s", e.text);
    assert_string_equal(e.text, "outer, since inner");
}

static void long_sentences_are_cut_between_characters(void **state)
{
    (void)state;
    struct err e;
    char text[2 * ERR_TEXT_MAX];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'a', shift);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 4);
        err_set(&e, ERR_INTERNAL, "%s", text);
        assert_true(strlen(e.text) < ERR_TEXT_MAX);
        assert_true(strlen(e.text) > ERR_TEXT_MAX - 5);
        assert_true(utf8_valid(str_from(e.text)));
    }
    memset(text, 'd', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_set_detail(&e, ERR_INTERNAL, text, "long detail");
    assert_int_equal(strlen(e.detail), ERR_DETAIL_MAX - 1);
    err_set_errno(&e, ENOENT, "%s", text);
    assert_true(strlen(e.text) < ERR_TEXT_MAX);
}

static void every_code_has_its_row(void **state)
{
    (void)state;
    for (int code = ERR_NONE + 1; code < ERR_CODE_MAX; code++) {
        const struct err_info *info = err_info((enum err_code)code);
        assert_int_equal(info->code, code);
        assert_true(info->json_status >= 400 && info->json_status < 600);
        assert_true(info->s3_status >= 400 && info->s3_status < 600);
        assert_true(info->doc[0] && info->json_name[0] && info->s3_name[0]);
    }
    assert_int_equal(err_info(ERR_NONE)->code, ERR_INTERNAL);
    assert_int_equal(err_info((enum err_code)9999)->code, ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_is_a_code_and_a_sentence),
        cmocka_unit_test(an_error_can_be_put_into_another_sentence),
        cmocka_unit_test(long_sentences_are_cut_between_characters),
        cmocka_unit_test(every_code_has_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
