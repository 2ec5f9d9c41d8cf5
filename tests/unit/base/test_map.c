#include "base/map.h"

#include "base/random.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct entry {
    char key[16];
    bool in; /* what a plain array says */
};

static struct str key_of(const struct entry *e)
{
    return str_from(e->key);
}

static void an_empty_map_has_nothing(void **state)
{
    (void)state;
    struct map m;
    size_t at = 0;
    map_init(&m);
    assert_null(map_get(&m, STR("a")));
    assert_null(map_remove(&m, STR("a")));
    assert_null(map_next(&m, &at));
    map_done(&m);
}

static void entries_are_replaced(void **state)
{
    (void)state;
    struct map m;
    int first;
    int second;
    map_init(&m);
    assert_null(map_put(&m, STR("k"), &first));
    assert_ptr_equal(map_put(&m, STR("k"), &second), &first);
    assert_int_equal(m.count, 1);
    assert_ptr_equal(map_get(&m, STR("k")), &second);
    assert_ptr_equal(map_remove(&m, STR("k")), &second);
    assert_null(map_get(&m, STR("k")));
    assert_int_equal(m.count, 0);
    assert_null(map_put(&m, STR(""), &first)); /* the empty key is a key */
    assert_ptr_equal(map_get(&m, STR_NULL), &first);
    map_done(&m);
}

static void check(const struct map *m, const struct entry *entries, size_t n)
{
    size_t in = 0;
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(map_get(m, key_of(&entries[i])), entries[i].in ? &entries[i] : NULL);
        in += entries[i].in;
    }
    assert_int_equal(m->count, in);
    size_t seen = 0;
    for (size_t at = 0; map_next(m, &at);)
        seen++;
    assert_int_equal(seen, in);
}

/* Random changes beside a plain array: removals close their gaps. */
static void it_does_what_an_array_does(void **state)
{
    (void)state;
    enum { N = 300 };
    static struct entry entries[N];
    struct map m;
    map_init(&m);
    for (size_t i = 0; i < N; i++)
        snprintf(entries[i].key, sizeof entries[i].key, "key-%zu", i);
    for (int round = 0; round < 20000; round++) {
        uint32_t r;
        random_bytes(&r, sizeof r);
        struct entry *e = &entries[r % N];
        bool put = (r >> 16) % 100 < (round / 4000 % 2 ? 30u : 70u);
        if (put)
            assert_ptr_equal(map_put(&m, key_of(e), e), e->in ? e : NULL);
        else
            assert_ptr_equal(map_remove(&m, key_of(e)), e->in ? e : NULL);
        e->in = put;
        if (round % 500 == 0)
            check(&m, entries, N);
    }
    check(&m, entries, N);
    map_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(entries_are_replaced),
        cmocka_unit_test(it_does_what_an_array_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
