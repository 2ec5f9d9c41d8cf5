/* What becomes of a call: a transaction on the catalog's thread, and an answer at the client's pace. */
#include "hive/bounds.h"
#include "hive/conn.h"

enum { CALLER_BYTES = 4 * 1024 * 1024 };

/* What only the work needed. */
static void call_free_input(struct hive_exchange *call)
{
    call->server->input_bytes -= call->bytes.n;
    buf_done(&call->bytes);
    arena_free(TAKE(call->arena));
    arena_free(TAKE(call->caller));
}

void hive_exchange_free(struct hive_exchange *call)
{
    call_free_input(call);
    atomic_fetch_sub(&call->server->answer_bytes, call->counted);
    buf_done(&call->answer);
    free(call);
}

/* --- Answers --- */

static void on_written(uv_write_t *w, int status)
{
    struct hive_exchange *call = w->data;
    struct hive_conn *c = call->conn;
    bool ends = call->refused && c && c->token[0]; /* its session has ended */
    hive_exchange_free(call);
    if (!c)
        return;
    c->call = NULL;
    timer_stop(loop_timers(c->server->loop), &c->write);
    if (status < 0 || ends)
        hive_conn_close(c);
    else
        hive_conn_next(c);
}

/* Each byte that is taken gives the client the whole time again. */
static void on_slow(struct timer *t)
{
    struct hive_conn *c = t->ctx;
    size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp);
    if (left >= c->unwritten) {
        hive_conn_close(c);
        return;
    }
    c->unwritten = left;
    timer_start(loop_timers(c->server->loop), t, HIVE_WRITE_MS, on_slow, c);
}

static void call_answer(struct hive_exchange *call)
{
    struct hive_conn *c = call->conn;
    if (!c) {
        hive_exchange_free(call);
        return;
    }
    call_free_input(call);
    uv_buf_t b = {.base = call->answer.p, .len = call->answer.n};
    call->write.data = call;
    c->unwritten = call->answer.n;
    timer_start(loop_timers(c->server->loop), &c->write, HIVE_WRITE_MS, on_slow, c);
    if (uv_write(&call->write, (uv_stream_t *)&c->tcp, &b, 1, on_written) != 0) {
        hive_conn_close(c);
        hive_exchange_free(call);
    }
}

void hive_refuse(struct hive_exchange *call, int32_t type, const char *text)
{
    buf_clear(&call->answer);
    hive_write_failure(call->message.name, call->message.sequence, type, text, &call->answer);
    call_answer(call);
}

/* --- Calls, on the catalog's thread --- */

static void clear_answer(struct hive_exchange *call)
{
    atomic_fetch_sub(&call->server->answer_bytes, call->counted);
    call->counted = 0;
    buf_done(&call->answer);
    buf_init(&call->answer, HIVE_ANSWER_MAX);
}

static int count_answer(struct hive_exchange *call, struct err *err)
{
    size_t n = call->answer.n;
    if (call->answer.overflow)
        return err_set(err, ERR_TOO_LARGE,
                       "The answer has more than %d MiB: ask for fewer partitions at once.",
                       HIVE_ANSWER_MAX >> 20);
    if (arena_overflow(call->arena))
        return err_set(err, ERR_TOO_LARGE, "The answer is too large: ask for fewer partitions at once.");
    call->counted = n;
    return atomic_fetch_add(&call->server->answer_bytes, n) + n <= HIVE_ANSWERS_MAX
               ? 0
               : err_set(err, ERR_UNAVAILABLE, "Too many large answers wait for their clients: try again.");
}

static int carry_out(struct hive_exchange *call, struct catalog_tx *tx, struct err *err)
{
    struct hive_args args;
    struct hive_result result = {.yes = false};
    struct hive_call c = {tx, call->arena, &args, &result};
    if (thrift_read(call->method->args, call->message.body, call->arena, &args, err) < 0 ||
        hive_check_bounds(&args, err) < 0 || call->method->fn(&c, err) < 0 || hive_complete(&c, err) < 0)
        return -1;
    hive_write_reply(call->method, call->message.sequence, &result, NULL, &call->answer);
    return count_answer(call, err);
}

/* The answer waits for the client; what it was made of does not. */
static int run_call(struct catalog_tx *tx, void *ctx, struct err *err)
{
    struct hive_exchange *call = ctx;
    clear_answer(call); /* of a first run */
    int rc = carry_out(call, tx, err);
    if (rc < 0)
        clear_answer(call);
    arena_reset(call->arena);
    return rc;
}

static void on_done(void *ctx, const struct err *err)
{
    struct hive_exchange *call = ctx;
    if (err) {
        buf_clear(&call->answer);
        hive_write_reply(call->method, call->message.sequence, NULL, err, &call->answer);
    }
    call_answer(call);
}

static const struct catalog_caller *caller_of(struct hive_exchange *call)
{
    const struct hive_config *config = &call->conn->server->config;
    call->caller = arena_new(CALLER_BYTES);
    return config->caller(config->ctx, str_from(call->conn->token), call->caller);
}

/* What asks the server about itself is answered also while the catalog's database is away. */
void hive_carry_out(struct hive_exchange *call)
{
    struct catalog *catalog = call->conn->server->config.catalog;
    enum catalog_mode mode = call->method->mode == HIVE_WRITE ? CATALOG_WRITE : CATALOG_READ;
    struct err err;
    call->arena = catalog_arena_new();
    if (call->method->mode == HIVE_SELF)
        on_done(call, run_call(NULL, call, &err) < 0 ? &err : NULL);
    else
        catalog_run(catalog, mode, caller_of(call), call->arena, run_call, on_done, call);
}
