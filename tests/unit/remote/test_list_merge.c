/* Pages of what lives elsewhere and of what waits here. */
#include "remote/proxy/list_merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

enum { LINES_MAX = 16 };

/* A side of words: those that end with '/' are common prefixes; "..." at the end: truncated. */
static struct list_side side_of(const char *words)
{
    struct listed *items = arena_array(arena, LINES_MAX, sizeof *items);
    struct list_side side = {.items = items};
    struct str rest = str_from(words);
    while (rest.p && rest.n) {
        struct str word = str_cut(&rest, ' ');
        if (str_is(word, "..."))
            side.truncated = true;
        else
            items[side.count++] = (struct listed){.name = word, .is_prefix = str_ends(word, STR("/"))};
    }
    return side;
}

/* The page as words, with its end in brackets. */
static void assert_page(int max, const char *here, const char *there, const char *expected)
{
    struct s3_list q = {.max_keys = max, .delimiter = STR("/")};
    struct list_side h = side_of(here), t = side_of(there);
    struct merged_list m;
    struct str text = STR("");
    list_merge(arena, &q, &h, &t, &m);
    for (size_t i = 0; i < m.count; i++)
        text = arena_printf(arena, "%.*s%.*s ", STR_ARG(text), STR_ARG(m.items[i].name));
    if (m.truncated)
        text = arena_printf(arena, "%.*s[%.*s]", STR_ARG(text), STR_ARG(m.next));
    assert_string_equal(arena_cstr(arena, text), expected);
}

static void both_sides_in_order(void **state)
{
    (void)state;
    assert_page(10, "b d", "a c e", "a b c d e ");
    assert_page(10, "", "a b", "a b ");
    assert_page(10, "a b", "", "a b ");
    assert_page(10, "", "", "");
}

static void one_name_is_one_line(void **state)
{
    (void)state;
    assert_page(10, "a x/", "a b x/", "a b x/ ");
}

static void a_page_ends_where_it_is_full(void **state)
{
    (void)state;
    assert_page(2, "b", "a c", "a b [b]");
    assert_page(3, "b", "a c", "a b c ");
    assert_page(2, "a", "b/ c", "a b/ [b/\xFF]");
}

/* What lies behind the other side's last line may have something of its in front. */
static void nothing_is_ahead_of_a_side_that_goes_on(void **state)
{
    (void)state;
    assert_page(10, "b z", "a c ...", "a b c [c]");
    assert_page(10, "a b ...", "a c", "a b [b]");
    assert_page(10, "z", "p/ ...", "p/ [p/\xFF]");
}

static void assert_lines(struct s3_list q, size_t max, const char *keys, const char *expected)
{
    struct object_record records[LINES_MAX];
    struct listed *items;
    struct str rest = str_from(keys), text = STR("");
    size_t n = 0;
    while (rest.p && rest.n)
        records[n++] = (struct object_record){.key = str_cut(&rest, ' ')};
    size_t count = list_roll_up(arena, &q, records, n, max, &items);
    for (size_t i = 0; i < count; i++) {
        assert_true(items[i].is_prefix == !items[i].here);
        text = arena_printf(arena, "%.*s%.*s%s ", STR_ARG(text), STR_ARG(items[i].name),
                            items[i].is_prefix ? "*" : "");
    }
    assert_string_equal(arena_cstr(arena, text), expected);
}

static void keys_are_rolled_up(void **state)
{
    (void)state;
    struct s3_list plain = {.prefix = STR("p/")};
    struct s3_list slash = {.prefix = STR("p/"), .delimiter = STR("/")};
    struct s3_list longer = {.delimiter = STR("--")};
    assert_lines(plain, 9, "p/a p/b/1 p/b/2", "p/a p/b/1 p/b/2 ");
    assert_lines(slash, 9, "p/ p/a p/b/1 p/b/2 p/c/", "p/ p/a p/b/* p/c/* ");
    assert_lines(slash, 2, "p/a p/b/1 p/b/2 p/c", "p/a p/b/* ");
    assert_lines(longer, 9, "a--b a--c a-d", "a--* a-d ");
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(both_sides_in_order),          WITH_ARENA(one_name_is_one_line),
        WITH_ARENA(a_page_ends_where_it_is_full), WITH_ARENA(nothing_is_ahead_of_a_side_that_goes_on),
        WITH_ARENA(keys_are_rolled_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
