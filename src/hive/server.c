#include "hive/server.h"

#include "base/list.h"
#include "base/log.h"
#include "hive/bounds.h"
#include "hive/call.h"
#include "hive/thrift.h"

#include <stdatomic.h>

enum { BACKLOG = 128, READ_BYTES = 64 * 1024, CALLER_BYTES = 4 * 1024 * 1024 };

struct hive_server {
    uv_tcp_t listener;
    struct loop *loop;
    struct hive_config config;
    struct list conns;
    size_t count;
    size_t input_bytes;         /* of all connections and calls */
    atomic_size_t answer_bytes; /* that are not yet with their clients */
    bool stopped;
    size_t handles; /* open ones: the listener and the connections */
};

struct call;

struct conn {
    uv_tcp_t tcp;
    struct list link;
    struct hive_server *server;
    struct buf input;
    struct thrift_scan scan;
    struct timer first; /* until it has shown its token */
    struct timer write; /* the client takes nothing of an answer */
    size_t unwritten;   /* when `write` was started */
    struct call *call;  /* under way */
    char token[HIVE_TOKEN_MAX + 1];
    bool closing;
};

/* Outlives its connection where that closes first, not the server. */
struct call {
    struct hive_server *server;
    struct conn *conn; /* NULL: nobody waits for the answer */
    struct buf bytes;  /* the message */
    bool refused;
    struct thrift_message message;
    const struct hive_method *method;
    struct arena *arena;
    struct arena *caller; /* who calls */
    struct buf answer;
    size_t counted; /* of the answer, in answer_bytes */
    uv_write_t write;
};

/* --- Ends --- */

static void free_if_unused(struct hive_server *s)
{
    if (s->stopped && s->handles == 0)
        free(s);
}

static void on_conn_closed(uv_handle_t *h)
{
    struct conn *c = h->data;
    struct hive_server *s = c->server;
    s->input_bytes -= c->input.n;
    buf_done(&c->input);
    free(c);
    s->count--;
    s->handles--;
    free_if_unused(s);
}

static void conn_close(struct conn *c)
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

static void on_late(struct timer *t)
{
    conn_close(t->ctx);
}

/* What only the work needed. */
static void call_free_input(struct call *call)
{
    call->server->input_bytes -= call->bytes.n;
    buf_done(&call->bytes);
    arena_free(TAKE(call->arena));
    arena_free(TAKE(call->caller));
}

static void call_free(struct call *call)
{
    call_free_input(call);
    atomic_fetch_sub(&call->server->answer_bytes, call->counted);
    buf_done(&call->answer);
    free(call);
}

/* --- Answers --- */

static void conn_next(struct conn *c);

static void on_written(uv_write_t *w, int status)
{
    struct call *call = w->data;
    struct conn *c = call->conn;
    bool ends = call->refused && c && c->token[0]; /* its session has ended */
    call_free(call);
    if (!c)
        return;
    c->call = NULL;
    timer_stop(loop_timers(c->server->loop), &c->write);
    if (status < 0 || ends)
        conn_close(c);
    else
        conn_next(c);
}

/* Each byte that is taken gives the client the whole time again. */
static void on_slow(struct timer *t)
{
    struct conn *c = t->ctx;
    size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp);
    if (left >= c->unwritten) {
        conn_close(c);
        return;
    }
    c->unwritten = left;
    timer_start(loop_timers(c->server->loop), t, HIVE_WRITE_MS, on_slow, c);
}

static void call_answer(struct call *call)
{
    struct conn *c = call->conn;
    if (!c) {
        call_free(call);
        return;
    }
    call_free_input(call);
    uv_buf_t b = {.base = call->answer.p, .len = call->answer.n};
    call->write.data = call;
    c->unwritten = call->answer.n;
    timer_start(loop_timers(c->server->loop), &c->write, HIVE_WRITE_MS, on_slow, c);
    if (uv_write(&call->write, (uv_stream_t *)&c->tcp, &b, 1, on_written) != 0) {
        conn_close(c);
        call_free(call);
    }
}

static void call_fail(struct call *call, int32_t type, const char *text)
{
    buf_clear(&call->answer);
    hive_write_failure(call->message.name, call->message.sequence, type, text, &call->answer);
    call_answer(call);
}

/* --- Calls, on the catalog's thread --- */

static void clear_answer(struct call *call)
{
    atomic_fetch_sub(&call->server->answer_bytes, call->counted);
    call->counted = 0;
    buf_done(&call->answer);
    buf_init(&call->answer, HIVE_ANSWER_MAX);
}

static int count_answer(struct call *call, struct err *err)
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

static int carry_out(struct call *call, struct catalog_tx *tx, struct err *err)
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
    struct call *call = ctx;
    clear_answer(call); /* of a first run */
    int rc = carry_out(call, tx, err);
    if (rc < 0)
        clear_answer(call);
    arena_reset(call->arena);
    return rc;
}

static void on_done(void *ctx, const struct err *err)
{
    struct call *call = ctx;
    if (err) {
        buf_clear(&call->answer);
        hive_write_reply(call->method, call->message.sequence, NULL, err, &call->answer);
    }
    call_answer(call);
}

static const struct catalog_caller *caller_of(struct call *call)
{
    const struct hive_config *config = &call->conn->server->config;
    call->caller = arena_new(CALLER_BYTES);
    return config->caller(config->ctx, str_from(call->conn->token), call->caller);
}

/* What asks the server about itself is answered also while the catalog's database is away. */
static void call_start(struct call *call)
{
    struct catalog *catalog = call->conn->server->config.catalog;
    enum catalog_mode mode = call->method->mode == HIVE_WRITE ? CATALOG_WRITE : CATALOG_READ;
    struct err err;
    if (call->method->mode == HIVE_SELF)
        on_done(call, run_call(NULL, call, &err) < 0 ? &err : NULL);
    else
        catalog_run(catalog, mode, caller_of(call), call->arena, run_call, on_done, call);
}

/* --- Who calls --- */

static bool is_authorized(struct conn *c)
{
    const struct hive_config *config = &c->server->config;
    return c->token[0] && config->authorize(config->ctx, str_from(c->token));
}

static bool try_token(struct conn *c, struct str token)
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
static void introduce(struct call *call)
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

static void call_run(struct call *call)
{
    struct err err;
    if (thrift_message_read(buf_str(&call->bytes), &call->message, &err) < 0 ||
        call->message.kind != THRIFT_CALL) {
        conn_close(call->conn);
        call_free(call);
        return;
    }
    call->method = hive_method_find(call->message.name);
    if (call->method && str_is(call->method->name, "set_ugi"))
        introduce(call);
    if (!is_authorized(call->conn)) {
        call->refused = true;
        call_fail(call, THRIFT_UNSUPPORTED_CLIENT,
                  "This metastore is for Glaux's sessions: the connection has shown no token of one.");
    } else if (!call->method) {
        call_fail(call, THRIFT_UNKNOWN_METHOD, "Invalid method name: the metastore does not have it.");
    } else {
        call->arena = catalog_arena_new();
        call_start(call);
    }
}

/* --- Input --- */

/* The message leaves the input; what came behind it stays. */
static struct call *take_message(struct conn *c)
{
    struct call *call = mem_new(sizeof *call);
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
static bool is_oneway(const struct conn *c)
{
    struct thrift_message m;
    struct err err;
    return thrift_message_read(str_sub(buf_str(&c->input), 0, c->scan.at), &m, &err) == 0 &&
           (m.kind == THRIFT_ONEWAY || str_is(m.name, "shutdown"));
}

static void skip_message(struct conn *c)
{
    c->server->input_bytes -= c->scan.at;
    buf_consume(&c->input, c->scan.at);
    c->scan = (struct thrift_scan){.at = 0};
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b);

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *ret)
{
    struct conn *c = h->data;
    (void)hint;
    char *room = buf_reserve(&c->input, READ_BYTES);
    *ret = uv_buf_init(room, room ? READ_BYTES : 0);
}

static size_t message_limit(const struct conn *c)
{
    return c->token[0] ? c->server->config.max_message : HIVE_FIRST_MESSAGE_MAX;
}

/* Looks for the next message in what has come; reads on if there is none. */
static void conn_next(struct conn *c)
{
    while (!c->closing && !c->call) {
        enum thrift_found found = thrift_scan(&c->scan, buf_str(&c->input));
        bool too_long = (found == THRIFT_WHOLE ? c->scan.at : c->input.n) > message_limit(c);
        if (found == THRIFT_BROKEN || too_long) {
            conn_close(c);
        } else if (found == THRIFT_MORE) {
            int rc = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
            if (rc != 0 && rc != UV_EALREADY)
                conn_close(c);
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
static bool is_in_bounds(const struct conn *c)
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
    struct conn *c = stream->data;
    (void)b;
    if (n < 0) {
        conn_close(c);
    } else if (n > 0) {
        c->input.n += (size_t)n;
        c->server->input_bytes += (size_t)n;
        if (is_in_bounds(c))
            conn_next(c);
        else
            conn_close(c);
    }
}

/* --- The listener --- */

static void on_connection(uv_stream_t *listener, int status)
{
    struct hive_server *s = listener->data;
    if (status < 0)
        return;
    struct conn *c = mem_new(sizeof *c);
    c->server = s;
    c->tcp.data = c;
    s->count++;
    s->handles++;
    REQUIRE(uv_tcp_init(loop_uv(s->loop), &c->tcp) == 0);
    list_append(&s->conns, &c->link);
    buf_init(&c->input, s->config.max_message + READ_BYTES);
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0 || s->count > s->config.max_connections) {
        conn_close(c);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    timer_start(loop_timers(s->loop), &c->first, HIVE_FIRST_CALL_MS, on_late, c);
    conn_next(c);
}

static void on_listener_closed(uv_handle_t *h)
{
    struct hive_server *s = h->data;
    s->handles--;
    free_if_unused(s);
}

struct hive_server *hive_server_start(struct loop *loop, uint16_t port, const struct hive_config *config,
                                      struct err *err)
{
    struct hive_server *s = mem_new(sizeof *s);
    struct sockaddr_in address;
    s->loop = loop;
    s->config = *config;
    s->handles = 1;
    s->listener.data = s;
    list_init(&s->conns);
    REQUIRE(uv_tcp_init(loop_uv(loop), &s->listener) == 0);
    REQUIRE(uv_ip4_addr("127.0.0.1", port, &address) == 0);
    int rc = uv_tcp_bind(&s->listener, (const struct sockaddr *)&address, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
    if (rc == 0)
        return s;
    err_set(err, ERR_INTERNAL, "cannot listen on 127.0.0.1 port %u for the metastore: %s", port,
            uv_strerror(rc));
    hive_server_stop(s);
    return NULL;
}

uint16_t hive_server_port(const struct hive_server *s)
{
    struct sockaddr_in a;
    int n = sizeof a;
    return uv_tcp_getsockname(&s->listener, (struct sockaddr *)&a, &n) == 0 ? ntohs(a.sin_port) : 0;
}

void hive_server_stop(struct hive_server *s)
{
    if (!s)
        return;
    s->stopped = true;
    LIST_EACH_SAFE(node, &s->conns)
        conn_close(CONTAINER_OF(node, struct conn, link));
    uv_close((uv_handle_t *)&s->listener, on_listener_closed);
}
