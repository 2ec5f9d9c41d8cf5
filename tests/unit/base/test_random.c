#include "base/random.h"

#include "base/mem.h"

#include <pthread.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void bytes_are_all_set(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 16, 127, 128, 129, 500, 5000};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        unsigned char seen[5001] = {0};
        unsigned char p[5001];
        for (int round = 0; round < 200; round++) {
            p[sizes[i]] = 0xA5;
            random_bytes(p, sizes[i]);
            assert_int_equal(p[sizes[i]], 0xA5); /* and no more */
            for (size_t k = 0; k < sizes[i]; k++)
                seen[k] |= p[k];
        }
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(seen[k], 0xFF);
    }
    random_bytes(NULL, 0);
}

static void uuids_are_of_version_4(void **state)
{
    (void)state;
    char last[UUID_TEXT_LEN + 1] = "";
    for (int i = 0; i < 1000; i++) {
        char id[UUID_TEXT_LEN + 1];
        random_uuid(id);
        assert_true(uuid_valid(str_from(id)));
        assert_int_equal(id[14], '4');
        assert_non_null(strchr("89ab", id[19]));
        assert_string_not_equal(id, last);
        memcpy(last, id, sizeof last);
    }
}

static void other_forms_are_no_uuids(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0123456789abcdef0123456789abcdef",
        "01234567-89ab-cdef-0123-456789abcde",
        "01234567-89ab-cdef-0123-456789abcdef0",
        "01234567-89AB-cdef-0123-456789abcdef",
        "0123456789ab-cdef-0123-456789abcdef--",
        "01234567-89ab-cdef-0123-456789abcdeg",
        "01234567_89ab_cdef_0123_456789abcdef",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(uuid_valid(str_from(bad[i])));
    assert_true(uuid_valid(STR("01234567-89ab-cdef-0123-456789abcdef")));
}

static void texts_use_the_whole_alphabet(void **state)
{
    (void)state;
    char text[3001];
    random_text(text, 3000, "abc");
    assert_int_equal(strlen(text), 3000);
    size_t counts[3] = {0};
    for (size_t i = 0; i < 3000; i++)
        counts[text[i] - 'a']++;
    for (size_t i = 0; i < 3; i++)
        assert_in_range(counts[i], 800, 1200); /* seven standard deviations */
    random_text(text, 0, "abc");
    assert_string_equal(text, "");
}

static void *draw(void *ret)
{
    random_bytes(ret, 16);
    return NULL;
}

static void threads_draw_for_themselves(void **state)
{
    (void)state;
    unsigned char a[16];
    unsigned char b[16];
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, draw, a), 0);
    draw(b);
    pthread_join(t, NULL);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_all_set),           cmocka_unit_test(uuids_are_of_version_4),
        cmocka_unit_test(other_forms_are_no_uuids),    cmocka_unit_test(texts_use_the_whole_alphabet),
        cmocka_unit_test(threads_draw_for_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
