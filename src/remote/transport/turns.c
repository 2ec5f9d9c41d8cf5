/* Who may have a connection. A transfer that its receiver or sender here makes wait counts for none, so that
 * clients that stall do not lock others out; but there is an end to that. */
#include "remote/transport/http_client_private.h"

enum {
    STALLED_TIMES = 3, /* so many times the connections may be stalled beside them */
    PATIENCE_MS = 10 * 1000,
    LOOK_MS = 1000
};

static bool may_begin(const struct http_client *c)
{
    size_t beside = c->stalled < c->connections * STALLED_TIMES ? c->stalled : c->connections * STALLED_TIMES;
    return c->begun < c->connections + beside;
}

static void begin(struct transfer *t)
{
    struct http_client *c = t->client;
    list_remove(&t->link);
    list_append(&c->transfers, &t->link);
    t->begun = true;
    c->begun++;
    REQUIRE(curl_multi_add_handle(c->multi, t->easy) == CURLM_OK);
}

/* NULL: none has for long enough. */
static struct transfer *longest_stalled(const struct http_client *c)
{
    struct transfer *longest = NULL;
    uint64_t now = uv_now(c->timer.loop);
    LIST_EACH(node, &c->transfers) {
        struct transfer *t = CONTAINER_OF(node, struct transfer, link);
        if (t->stalled && now - t->stalled_since_ms >= PATIENCE_MS &&
            (!longest || t->stalled_since_ms < longest->stalled_since_ms))
            longest = t;
    }
    return longest;
}

/* One a look: what has waited goes on with its place. */
static void on_patience(struct timer *timer)
{
    struct http_client *c = timer->ctx;
    struct transfer *t = may_begin(c) ? NULL : longest_stalled(c);
    struct err err;
    timer_start(loop_timers(c->loop), &c->patience, LOOK_MS, on_patience, c);
    if (t) {
        err_set(
            &err, ERR_UNAVAILABLE,
            "Nothing was read or sent for %d s while others waited for a connection (remote.connections).",
            PATIENCE_MS / 1000);
        transfer_finish(t, CURLE_OK, &err);
    }
    if (!c->freed)
        turns_go_on(c);
}

void turns_go_on(struct http_client *c)
{
    struct list *first;
    while ((first = list_first(&c->queue)) && may_begin(c))
        begin(CONTAINER_OF(first, struct transfer, link));
    if (!first)
        timer_stop(loop_timers(c->loop), &c->patience);
    else if (!timer_active(&c->patience))
        timer_start(loop_timers(c->loop), &c->patience, LOOK_MS, on_patience, c);
}

void turn_take(struct transfer *t)
{
    list_append(&t->client->queue, &t->link);
    turns_go_on(t->client);
}

void turn_leave(struct transfer *t)
{
    turn_stall(t, false);
    list_remove(&t->link);
    if (!t->begun)
        return;
    curl_multi_remove_handle(t->client->multi, t->easy);
    t->client->begun--;
}

void turn_stall(struct transfer *t, bool stalled)
{
    struct http_client *c = t->client;
    if (t->stalled == stalled)
        return;
    t->stalled = stalled;
    t->stalled_since_ms = uv_now(c->timer.loop);
    if (!stalled) {
        c->stalled--;
        return;
    }
    c->stalled++;
    if (!list_empty(&c->queue))
        uv_async_send(&c->turn);
}
