#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct item {
    int number;
    struct list link;
};

static int number_at(const struct list *l)
{
    return CONTAINER_OF(l, struct item, link)->number;
}

static void order_is_kept(void **state)
{
    (void)state;
    struct list head;
    struct item items[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
    list_init(&head);
    assert_true(list_empty(&head));
    assert_null(list_first(&head));
    list_append(&head, &items[1].link);
    list_append(&head, &items[2].link);
    list_prepend(&head, &items[0].link);
    int expected = 1;
    LIST_EACH(l, &head)
        assert_int_equal(number_at(l), expected++);
    assert_int_equal(expected, 4);
    assert_int_equal(number_at(list_first(&head)), 1);
}

static void nodes_may_leave_during_a_walk(void **state)
{
    (void)state;
    struct list head;
    struct item items[5];
    list_init(&head);
    for (int i = 0; i < 5; i++) {
        items[i].number = i;
        list_append(&head, &items[i].link);
    }
    LIST_EACH_SAFE(l, &head) {
        if (number_at(l) % 2 == 0)
            list_remove(l);
    }
    assert_int_equal(number_at(list_first(&head)), 1);
    list_remove(&items[1].link);
    assert_int_equal(number_at(list_first(&head)), 3);
    list_remove(&items[3].link);
    assert_true(list_empty(&head));
    list_remove(&items[3].link); /* once more is no harm */
    assert_true(list_empty(&items[3].link));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_kept),
        cmocka_unit_test(nodes_may_leave_during_a_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
