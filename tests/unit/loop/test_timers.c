#include "loop/timers.h"

#include "base/random.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MANY = 500 };

static struct clock_manual clock_;
static struct timers ts;
static struct timer *fired[MANY];
static size_t fired_count;
static size_t rearmed;

static void on_rearm(struct timers *t)
{
    assert_ptr_equal(t, &ts);
    rearmed++;
}

static int set_up(void **state)
{
    (void)state;
    clock_manual_init(&clock_, 0);
    timers_init(&ts, &clock_.clock);
    ts.rearm = on_rearm;
    fired_count = rearmed = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    timers_done(&ts);
    return 0;
}

static void note(struct timer *t)
{
    assert_false(timer_active(t));
    fired[fired_count++] = t;
}

static void advance(int64_t ms)
{
    clock_manual_advance(&clock_, ms);
    timers_run_due(&ts);
}

static void a_timer_fires_once_when_due(void **state)
{
    (void)state;
    struct timer t = {0};
    timer_start(&ts, &t, 100, note, NULL);
    assert_true(timer_active(&t));
    assert_int_equal(timers_next_ms(&ts), 100);
    advance(99);
    assert_int_equal(fired_count, 0);
    advance(1);
    assert_int_equal(fired_count, 1);
    advance(1000);
    assert_int_equal(fired_count, 1);
    assert_int_equal(timers_next_ms(&ts), -1);
}

static void a_timer_can_be_moved_and_stopped(void **state)
{
    (void)state;
    struct timer t = {0};
    timer_start(&ts, &t, 100, note, NULL);
    timer_start(&ts, &t, 300, note, NULL);
    assert_int_equal(ts.count, 1);
    advance(200);
    assert_int_equal(fired_count, 0);
    timer_stop(&ts, &t);
    timer_stop(&ts, &t);
    assert_false(timer_active(&t));
    advance(200);
    assert_int_equal(fired_count, 0);
}

static void extreme_delays_are_kept_in_range(void **state)
{
    (void)state;
    struct timer past = {0};
    struct timer never = {0};
    timer_start(&ts, &never, INT64_MAX, note, NULL);
    timer_start(&ts, &past, INT64_MIN, note, NULL);
    assert_int_equal(timers_next_ms(&ts), 0);
    timers_run_due(&ts);
    assert_int_equal(fired_count, 1);
    assert_ptr_equal(fired[0], &past);
    timer_stop(&ts, &never);
}

static void timers_due_together_run_in_the_order_set(void **state)
{
    (void)state;
    static struct timer t[MANY];
    memset(t, 0, sizeof t);
    for (size_t i = 0; i < MANY; i++)
        timer_start(&ts, &t[i], 50, note, NULL);
    advance(50);
    assert_int_equal(fired_count, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(fired[i], &t[i]);
}

static void timers_fire_in_the_order_of_their_deadlines(void **state)
{
    (void)state;
    static struct timer t[MANY];
    memset(t, 0, sizeof t);
    for (size_t i = 0; i < 10 * MANY; i++) {
        uint16_t r[2];
        random_bytes(r, sizeof r);
        struct timer *one = &t[r[0] % MANY];
        if (r[1] % 4 == 0)
            timer_stop(&ts, one);
        else
            timer_start(&ts, one, r[1] % 1000, note, NULL);
    }
    size_t active = ts.count;
    int64_t last = 0;
    while (ts.count) {
        advance(timers_next_ms(&ts));
        for (; fired_count; fired_count = 0)
            for (size_t i = 0; i < fired_count; i++, active--) {
                assert_true(fired[i]->due_ms >= last);
                last = fired[i]->due_ms;
            }
    }
    assert_int_equal(active, 0);
}

static struct timer again;
static struct timer other;

static void restart(struct timer *t)
{
    note(t);
    timer_start(&ts, t, 0, restart, NULL);
}

static void stop_other(struct timer *t)
{
    note(t);
    timer_stop(&ts, &other);
}

static void a_timer_set_meanwhile_waits_for_the_next_call(void **state)
{
    (void)state;
    again = other = (struct timer){0};
    timer_start(&ts, &again, 0, restart, NULL);
    timer_start(&ts, &other, 0, note, NULL);
    timers_run_due(&ts);
    assert_int_equal(fired_count, 2);
    assert_ptr_equal(fired[1], &other);
    timers_run_due(&ts);
    assert_int_equal(fired_count, 3);
    timer_stop(&ts, &again);
}

static void a_timer_may_stop_another_that_is_due(void **state)
{
    (void)state;
    again = other = (struct timer){0};
    timer_start(&ts, &again, 10, stop_other, NULL);
    timer_start(&ts, &other, 10, note, NULL);
    advance(10);
    assert_int_equal(fired_count, 1);
    assert_int_equal(ts.count, 0);
}

static void only_an_earlier_deadline_rearms(void **state)
{
    (void)state;
    struct timer a = {0};
    struct timer b = {0};
    timer_start(&ts, &a, 100, note, NULL);
    assert_int_equal(rearmed, 1);
    timer_start(&ts, &b, 200, note, NULL);
    assert_int_equal(rearmed, 1);
    timer_start(&ts, &b, 50, note, NULL);
    assert_int_equal(rearmed, 2);
    timer_stop(&ts, &a);
    assert_int_equal(rearmed, 2);
    timer_stop(&ts, &b);
    assert_int_equal(rearmed, 3);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_timer_fires_once_when_due),
        T(a_timer_can_be_moved_and_stopped),
        T(extreme_delays_are_kept_in_range),
        T(timers_due_together_run_in_the_order_set),
        T(timers_fire_in_the_order_of_their_deadlines),
        T(a_timer_set_meanwhile_waits_for_the_next_call),
        T(a_timer_may_stop_another_that_is_due),
        T(only_an_earlier_deadline_rearms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
