#include "cli/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_bytes(void **state)
{
    (void)state;
    static const struct {
        int64_t bytes;
        const char *words;
    } rows[] = {{0, "0 B"},
                {1023, "1023 B"},
                {1024, "1 KiB"},
                {1536, "1.5 KiB"},
                {512 << 20, "512 MiB"},
                {5LL << 29, "2.5 GiB"},
                {1LL << 62, "4096 PiB"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[WORDS_MAX];
        words_bytes(rows[i].bytes, text);
        assert_string_equal(text, rows[i].words);
    }
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *words;
    } rows[] = {{-5, "0 s"},         {59, "59 s"},           {60, "1 min 0 s"}, {3599, "59 min 59 s"},
                {3600, "1 h 0 min"}, {86399, "23 h 59 min"}, {90000, "1 d 1 h"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[WORDS_MAX];
        words_duration(rows[i].seconds, text);
        assert_string_equal(text, rows[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
