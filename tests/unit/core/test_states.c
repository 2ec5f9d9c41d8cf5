/* All 64 pairs of each table. */
#include "core/states.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Row: from; column: to; in the model's order. */
static const char *const session_table[SESSION_STATES] = {
    /*             CREATING CREATED IDLE BUSY TERMINATING TERMINATED DEGRADED FAILED */
    /* CREATING    */ ".xx.x..x",
    /* CREATED     */ "..x.x..x",
    /* IDLE        */ "...xx.xx",
    /* BUSY        */ "..x.x.xx",
    /* TERMINATING */ ".....x.x",
    /* TERMINATED  */ "........",
    /* DEGRADED    */ "..xxx..x",
    /* FAILED      */ "........",
};

static const char *const calculation_table[CALCULATION_STATES] = {
    /*             CREATING CREATED QUEUED RUNNING CANCELING CANCELED COMPLETED FAILED */
    /* CREATING    */ ".xxxx.xx",
    /* CREATED     */ "..xxx..x",
    /* QUEUED      */ "...xx..x",
    /* RUNNING     */ "....xxxx",
    /* CANCELING   */ ".....xxx",
    /* CANCELED    */ "........",
    /* COMPLETED   */ "........",
    /* FAILED      */ "........",
};

static void test_session_edges(void **state)
{
    (void)state;
    for (unsigned from = 1; from <= SESSION_STATES; from++)
        for (unsigned to = 1; to <= SESSION_STATES; to++)
            assert_int_equal(session_edge_legal(from, to), session_table[from - 1][to - 1] == 'x');
}

static void test_calculation_edges(void **state)
{
    (void)state;
    for (unsigned from = 1; from <= CALCULATION_STATES; from++)
        for (unsigned to = 1; to <= CALCULATION_STATES; to++)
            assert_int_equal(calculation_edge_legal(from, to), calculation_table[from - 1][to - 1] == 'x');
}

static void test_no_state_has_no_edges(void **state)
{
    (void)state;
    for (unsigned s = 0; s <= SESSION_STATES + 1; s++) {
        assert_false(session_edge_legal(0, s));
        assert_false(session_edge_legal(SESSION_STATES + 1, s));
        assert_false(calculation_edge_legal(0, s));
        assert_false(calculation_edge_legal(CALCULATION_STATES + 1, s));
    }
}

static void test_names_round_trip(void **state)
{
    (void)state;
    for (unsigned s = 1; s <= SESSION_STATES; s++)
        assert_int_equal(session_state_from(session_state_text(s)), s);
    for (unsigned c = 1; c <= CALCULATION_STATES; c++)
        assert_int_equal(calculation_state_from(calculation_state_text(c)), c);
    assert_int_equal(session_state_from(STR("idle")), 0);
    assert_int_equal(session_state_from(STR_NULL), 0);
}

static void test_ends_have_no_way_on(void **state)
{
    (void)state;
    for (unsigned s = 1; s <= SESSION_STATES; s++)
        assert_int_equal(session_state_ended(s), strchr(session_table[s - 1], 'x') == NULL);
    for (unsigned c = 1; c <= CALCULATION_STATES; c++)
        assert_int_equal(calculation_state_ended(c), strchr(calculation_table[c - 1], 'x') == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_edges),         cmocka_unit_test(test_calculation_edges),
        cmocka_unit_test(test_no_state_has_no_edges), cmocka_unit_test(test_names_round_trip),
        cmocka_unit_test(test_ends_have_no_way_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
