#include "hive/conn.h"

#include "base/log.h"

enum { READ_BYTES = 64 * 1024 };

/* --- Ends --- */

void hive_server_free_if_unused(struct hive_server *s)
{
    if (s->stopped && s->handles == 0)
        free(s);
}

static void on_conn_closed(uv_handle_t *h)
{
    struct hive_conn *c = h->data;
    struct hive_server *s = c->server;
    s->input_bytes -= c->input.n;
    buf_done(&c->input);
    free(c);
    s->count--;
    s->handles--;
    hive_server_free_if_unused(s);
}

void hive_conn_close(struct hive_conn *c)
{
    if (c->closing)
        return;
    c->closing = true;
    if (c->call)
        c->call->conn = NULL;
    timer_stop(loop_timers(c->server->loop), &c->first);
    timer_stop(loop_timers(c->server->loop), &c->write);
    list_remove(&c->link);
    uv_close((uv_handle_t *)&c->tcp, on_conn_closed);
}

/* --- Who calls --- */

static bool is_authorized(struct hive_conn *c)
{
    const struct hive_config *config = &c->server->config;
    return c->token[0] && config->authorize(config->ctx, str_from(c->token));
}

static bool try_token(struct hive_conn *c, struct str token)
{
    const struct hive_config *config = &c->server->config;
    if (!token.n || token.n > HIVE_TOKEN_MAX || !config->authorize(config->ctx, token))
        return false;
    memcpy(c->token, token.p, token.n);
    c->token[token.n] = '\0';
    timer_stop(loop_timers(c->server->loop), &c->first);
    return true;
}

/* A token that is none leaves the connection as it was. */
static void introduce(struct hive_exchange *call)
{
    enum { ARENA_BYTES = 8 * HIVE_FIRST_MESSAGE_MAX };
    CLEANUP_ARENA struct arena *a = arena_new(ARENA_BYTES);
    struct hive_args args;
    struct err err;
    if (call->message.body.n > HIVE_FIRST_MESSAGE_MAX ||
        thrift_read(call->method->args, call->message.body, a, &args, &err) < 0)
        return;
    for (size_t i = 0; i < args.groups.count; i++)
        if (try_token(call->conn, args.groups.items[i]))
            return;
}

static void call_run(struct hive_exchange *call)
{
    struct err err;
    if (thrift_message_read(buf_str(&call->bytes), &call->message, &err) < 0 ||
        call->message.kind != THRIFT_CALL) {
        hive_conn_close(call->conn);
        hive_exchange_free(call);
        return;
    }
    call->method = hive_method_find(call->message.name);
    if (call->method && str_is(call->method->name, "set_ugi"))
        introduce(call);
    if (!is_authorized(call->conn)) {
        call->refused = true;
        hive_refuse(call, THRIFT_UNSUPPORTED_CLIENT,
                    "This metastore is for Glaux's sessions: the connection has shown no token of one.");
    } else if (!call->method) {
        hive_refuse(call, THRIFT_UNKNOWN_METHOD, "Invalid method name: the metastore does not have it.");
    } else {
        hive_carry_out(call);
    }
}

/* --- Input --- */

/* The message leaves the input; what came behind it stays. */
static struct hive_exchange *take_message(struct hive_conn *c)
{
    struct hive_exchange *call = mem_new(sizeof *call);
    size_t rest = c->input.n - c->scan.at;
    call->server = c->server;
    call->conn = c;
    call->bytes = c->input;
    call->bytes.n = c->scan.at;
    buf_init(&call->answer, HIVE_ANSWER_MAX);
    buf_init(&c->input, call->bytes.max);
    buf_add(&c->input, call->bytes.p + c->scan.at, rest);
    c->scan = (struct thrift_scan){.at = 0};
    c->call = call;
    return call;
}

/* A call that wants no answer is not carried out: `shutdown` is the only one. */
static bool is_oneway(const struct hive_conn *c)
{
    struct thrift_message m;
    struct err err;
    return thrift_message_read(str_sub(buf_str(&c->input), 0, c->scan.at), &m, &err) == 0 &&
           (m.kind == THRIFT_ONEWAY || str_is(m.name, "shutdown"));
}

static void skip_message(struct hive_conn *c)
{
    c->server->input_bytes -= c->scan.at;
    buf_consume(&c->input, c->scan.at);
    c->scan = (struct thrift_scan){.at = 0};
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b);

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *ret)
{
    struct hive_conn *c = h->data;
    (void)hint;
    char *room = buf_reserve(&c->input, READ_BYTES);
    *ret = uv_buf_init(room, room ? READ_BYTES : 0);
}

static size_t message_limit(const struct hive_conn *c)
{
    return c->token[0] ? c->server->config.max_message : HIVE_FIRST_MESSAGE_MAX;
}

void hive_conn_next(struct hive_conn *c)
{
    while (!c->closing && !c->call) {
        enum thrift_found found = thrift_scan(&c->scan, buf_str(&c->input));
        bool too_long = (found == THRIFT_WHOLE ? c->scan.at : c->input.n) > message_limit(c);
        if (found == THRIFT_BROKEN || too_long) {
            hive_conn_close(c);
        } else if (found == THRIFT_MORE) {
            int rc = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
            if (rc != 0 && rc != UV_EALREADY)
                hive_conn_close(c);
            return;
        } else if (is_oneway(c)) {
            skip_message(c);
        } else {
            uv_read_stop((uv_stream_t *)&c->tcp);
            call_run(take_message(c));
        }
    }
}

/* Small messages find room always: all connections' are bounded by their number. */
static bool is_in_bounds(const struct hive_conn *c)
{
    const struct hive_server *s = c->server;
    bool fits =
        c->input.n <= HIVE_FIRST_MESSAGE_MAX || s->input_bytes <= HIVE_LARGE_MESSAGES * s->config.max_message;
    if (!fits)
        log_warn("hive", "too many large calls at once: a connection is closed",
                 F_INT("bytes", (int64_t)s->input_bytes));
    return fits;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct hive_conn *c = stream->data;
    (void)b;
    if (n < 0) {
        hive_conn_close(c);
    } else if (n > 0) {
        c->input.n += (size_t)n;
        c->server->input_bytes += (size_t)n;
        if (is_in_bounds(c))
            hive_conn_next(c);
        else
            hive_conn_close(c);
    }
}

/* --- Life --- */

struct hive_conn *hive_conn_new(struct hive_server *s)
{
    struct hive_conn *c = mem_new(sizeof *c);
    c->server = s;
    c->tcp.data = c;
    s->count++;
    s->handles++;
    REQUIRE(uv_tcp_init(loop_uv(s->loop), &c->tcp) == 0);
    list_append(&s->conns, &c->link);
    buf_init(&c->input, s->config.max_message + READ_BYTES);
    return c;
}

static void on_late(struct timer *t)
{
    hive_conn_close(t->ctx);
}

void hive_conn_start(struct hive_conn *c)
{
    uv_tcp_nodelay(&c->tcp, 1);
    timer_start(loop_timers(c->server->loop), &c->first, HIVE_FIRST_CALL_MS, on_late, c);
    hive_conn_next(c);
}
