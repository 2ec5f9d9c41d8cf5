#include "base/clock.h"
#include "base/mem.h"
#include "base/timefmt.h"

#include <time.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void times_are_written(void **state)
{
    (void)state;
    char text[TIME_TEXT_MAX];
    time_format_amz(1795462200123, text);
    assert_string_equal(text, "20261123T193000Z");
    time_format_http(1795462200123, text);
    assert_string_equal(text, "Mon, 23 Nov 2026 19:30:00 GMT");
    time_format_iso(1795462200123, text);
    assert_string_equal(text, "2026-11-23T19:30:00.123Z");
    time_format_iso(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

static void times_are_read(void **state)
{
    (void)state;
    int64_t ms = 0;
    assert_true(time_parse_amz(STR("20261123T193000Z"), &ms));
    assert_true(ms == 1795462200000);
    ms = 0;
    assert_true(time_parse_http(STR("Mon, 23 Nov 2026 19:30:00 GMT"), &ms));
    assert_true(ms == 1795462200000);
    for (const char *const *s = (const char *[]){"2026-11-23T19:30:00Z", "2026-11-23T19:30:00.999Z", NULL};
         *s; s++) {
        ms = 0;
        assert_true(time_parse_iso(str_from(*s), &ms));
        assert_true(ms == 1795462200000);
    }
    assert_true(time_parse_amz(STR("20240229T000000Z"), &ms)); /* a leap year */
}

static void reading_is_the_reverse_of_writing(void **state)
{
    (void)state;
    for (int64_t t = 0; t < 4102444800000; t += 86399999 * 13) {
        char text[TIME_TEXT_MAX];
        int64_t back;
        time_format_amz(t, text);
        assert_true(time_parse_amz(str_from(text), &back));
        assert_true(back == t / 1000 * 1000);
        time_format_http(t, text);
        assert_true(time_parse_http(str_from(text), &back));
        assert_true(back == t / 1000 * 1000);
    }
}

static void other_forms_are_refused(void **state)
{
    (void)state;
    static const char *const amz[] = {"",
                                      "20261123T193000",
                                      "20261123T193000z",
                                      "20261123 193000Z",
                                      "20260231T193000Z",
                                      "20261323T193000Z",
                                      "20261123T243000Z",
                                      "20261123T196000Z",
                                      "20261123T193060Z",
                                      "2026112+T193000Z",
                                      "20230229T000000Z"};
    static const char *const http[] = {"",
                                       "Mon, 23 Nov 2026 19:30:00 UTC",
                                       "Mon, 23 Nox 2026 19:30:00 GMT",
                                       "Mon, 31 Feb 2026 19:30:00 GMT",
                                       "Monday, 23-Nov-26 19:30:00 GMT",
                                       "Mon Nov 23 19:30:00 2026",
                                       "Mon, 23xNov 2026 19:30:00 GMT",
                                       "Mon, 23 Novx2026 19:30:00 GMT"};
    int64_t ms = 7;
    for (size_t i = 0; i < ARRAY_SIZE(amz); i++)
        assert_false(time_parse_amz(str_from(amz[i]), &ms));
    for (size_t i = 0; i < ARRAY_SIZE(http); i++)
        assert_false(time_parse_http(str_from(http[i]), &ms));
    assert_int_equal(ms, 7);
}

static void a_manual_clock_stands_still(void **state)
{
    (void)state;
    struct clock_manual c;
    clock_manual_init(&c, 5000);
    int64_t mono = clock_mono_ms(&c.clock);
    assert_true(clock_wall_ms(&c.clock) == 5000);
    clock_manual_advance(&c, 250);
    assert_true(clock_wall_ms(&c.clock) == 5250);
    assert_true(clock_mono_ms(&c.clock) == mono + 250);
}

static void the_systems_clock_runs(void **state)
{
    (void)state;
    assert_true(clock_wall_ms(&clock_system) / 1000 - time(NULL) <= 1);
    int64_t mono = clock_mono_ms(&clock_system);
    uint64_t nanos = clock_nanos();
    assert_true((int64_t)(nanos / 1000000) - mono < 10000);
    assert_true(clock_nanos() >= nanos);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written),           cmocka_unit_test(times_are_read),
        cmocka_unit_test(other_forms_are_refused),     cmocka_unit_test(reading_is_the_reverse_of_writing),
        cmocka_unit_test(a_manual_clock_stands_still), cmocka_unit_test(the_systems_clock_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
