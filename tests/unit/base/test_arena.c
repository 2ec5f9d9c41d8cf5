#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new(4 << 20);
    for (size_t size = 0; size < 9000; size += 37) {
        char *p = arena_alloc(a, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 'x', size);
    }
}

static void pieces_do_not_overlap(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new(4 << 20);
    char *pieces[300];
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        pieces[i] = arena_alloc(a, i * 11 % 5000 + 1);
        memset(pieces[i], (int)i, i * 11 % 5000 + 1);
    }
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
        for (size_t k = 0; k < i * 11 % 5000 + 1; k++)
            assert_int_equal(pieces[i][k], (char)i);
}

static void strings_are_copied_with_an_end(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new(4 << 20);
    char text[] = "text";
    struct str copy = arena_str(a, str_from(text));
    text[0] = 'X';
    assert_true(str_is(copy, "text"));
    assert_int_equal(copy.p[4], '\0');
    assert_null(arena_str(a, STR_NULL).p);
    assert_non_null(arena_str(a, STR("")).p);
    assert_string_equal(arena_cstr(a, STR_NULL), "");
    assert_true(str_is(arena_printf(a, "%d-%s", 7, "b"), "7-b"));
    struct str wide = arena_printf(a, "%6000d", 1);
    assert_int_equal(wide.n, 6000);
    assert_int_equal(wide.p[5999], '1');
}

static void a_reset_arena_serves_again(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new(10000);
    arena_reset(a); /* nothing to forget */
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 9; i++) {
            char *p = arena_alloc(a, i == 3 ? 6000 : 100);
            assert_int_equal(p[0] | p[50] | p[99], 0);
            memset(p, 'x', 100);
        }
        assert_true(arena_used(a) > 6000);
        arena_reset(a);
        assert_int_equal(arena_used(a), 0);
    }
    memset(arena_alloc(a, 9000), 'x', 9000); /* the first block is a large one */
    arena_reset(a);
    assert_int_equal(*(char *)arena_alloc(a, 9000), 0);
}

static void a_watched_arena_tells(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new_watched(10000);
    arena_alloc(a, 9000);
    assert_false(arena_overflow(a));
    assert_int_equal(arena_room(a), 992);
    memset(arena_alloc(a, 20000), 'x', 20000);
    assert_true(arena_overflow(a));
    assert_int_equal(arena_room(a), 0);
    arena_reset(a);
    assert_false(arena_overflow(a));
}

static void nothing_is_freed_twice(void **state)
{
    (void)state;
    arena_free(NULL);
    struct arena *a = arena_new(100);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),   cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(strings_are_copied_with_an_end), cmocka_unit_test(a_reset_arena_serves_again),
        cmocka_unit_test(a_watched_arena_tells),          cmocka_unit_test(nothing_is_freed_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
