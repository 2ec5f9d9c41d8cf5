#include "loop/loop.h"

#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { THREADS = 4, POSTS = 5000 };

static struct loop *loop;
static pthread_t loop_thread;
static size_t done_count;
static int order[16];
static size_t order_count;

static int set_up(void **state)
{
    (void)state;
    loop = loop_new();
    loop_thread = pthread_self();
    done_count = order_count = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void append(void *ctx)
{
    order[order_count++] = *(int *)ctx;
}

static void stop(void *ctx)
{
    (void)ctx;
    loop_stop(loop);
}

static int numbers[] = {1, 2, 3};

static void post_two_and_stop(void *ctx)
{
    append(ctx);
    loop_post(loop, append, &numbers[1]);
    append(&numbers[2]); /* a post never runs before its caller goes on */
    loop_post(loop, stop, NULL);
}

static void posts_run_in_order_and_later(void **state)
{
    (void)state;
    loop_post(loop, post_two_and_stop, &numbers[0]);
    assert_int_equal(order_count, 0);
    loop_run(loop);
    assert_int_equal(order_count, 3);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 3);
    assert_int_equal(order[2], 2);
}

static size_t last_of[THREADS];

struct numbered {
    size_t thread;
    size_t number;
};

static void check_post(void *ctx)
{
    struct numbered *n = ctx;
    assert_true(pthread_equal(pthread_self(), loop_thread));
    assert_int_equal(n->number, ++last_of[n->thread]);
    free(n);
    if (++done_count == THREADS * POSTS)
        loop_stop(loop);
}

static void *post_many(void *ctx)
{
    size_t thread = (size_t)(uintptr_t)ctx;
    for (size_t i = 1; i <= POSTS; i++) {
        struct numbered *n = mem_new(sizeof *n);
        *n = (struct numbered){thread, i};
        loop_post(loop, check_post, n);
    }
    return NULL;
}

static void threads_may_post(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    memset(last_of, 0, sizeof last_of);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, (void *)(uintptr_t)i), 0);
    loop_run(loop);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(done_count, THREADS * POSTS);
}

static void posts_that_did_not_run_are_dropped(void **state)
{
    (void)state;
    loop_post(loop, append, &numbers[0]);
    loop_post(loop, append, &numbers[0]);
}

static atomic_int worked;

static void work(void *ctx)
{
    (void)ctx;
    if (!pthread_equal(pthread_self(), loop_thread))
        atomic_fetch_add(&worked, 1);
}

static void work_done(void *ctx)
{
    assert_true(pthread_equal(pthread_self(), loop_thread));
    if (++done_count == *(size_t *)ctx)
        loop_stop(loop);
}

static void work_runs_on_another_thread(void **state)
{
    (void)state;
    static size_t jobs = 50;
    for (size_t i = 0; i < jobs; i++)
        loop_work(loop, work, work_done, &jobs);
    assert_int_equal(done_count, 0);
    loop_run(loop);
    assert_int_equal(atomic_load(&worked), 50);
}

static struct timer timers[3];

static void note_timer(struct timer *t)
{
    append(t->ctx);
    if (order_count == 3)
        loop_stop(loop);
}

static void timers_fire_on_the_systems_clock(void **state)
{
    (void)state;
    int64_t start = clock_mono_ms(&clock_system);
    memset(timers, 0, sizeof timers);
    timer_start(loop_timers(loop), &timers[2], 30, note_timer, &numbers[2]);
    timer_start(loop_timers(loop), &timers[0], 0, note_timer, &numbers[0]);
    timer_start(loop_timers(loop), &timers[1], 10, note_timer, &numbers[1]);
    loop_run(loop);
    assert_true(clock_mono_ms(&clock_system) - start >= 30);
    for (int i = 0; i < 3; i++)
        assert_int_equal(order[i], i + 1);
}

static void a_lost_reader_does_not_end_the_process(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    close(ends[1]);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(posts_run_in_order_and_later),       T(threads_may_post),
        T(posts_that_did_not_run_are_dropped), T(work_runs_on_another_thread),
        T(timers_fire_on_the_systems_clock),   T(a_lost_reader_does_not_end_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
