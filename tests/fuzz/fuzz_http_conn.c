/* A whole connection: any bytes, in any pieces, with handlers that answer at once, later, or early, and sinks
 * that pause. Each request is finished exactly once, and nothing is left when the client has gone. The
 * input's first byte is the size of the pieces, the second says whether the client goes with a reset. */
#include "fuzz.h"

#include "http/server_private.h"

#include <sys/socket.h>

enum { HELD_MAX = 16, TURNS_MAX = 10000 };

static const struct http_limits limits = {
    .target_bytes = 256,
    .head_bytes = 2048,
    .header_count = 16,
    .connections = 10,
    .head_timeout_ms = 3600000,
    .body_timeout_ms = 3600000,
    .idle_timeout_ms = 3600000,
    .write_timeout_ms = 3600000,
    .pipeline = 4,
};

static struct loop *loop;
static struct http_server *server;
static struct http_request *held[HELD_MAX];
static size_t held_count;
static size_t heads;
static size_t finished;

static void answer(struct http_request *req)
{
    http_respond(req, &(struct http_response){.status = 200, .body = req->target});
}

static void hold(struct http_request *req)
{
    REQUIRE(held_count < HELD_MAX);
    held[held_count++] = req;
}

static void too_large(void *ctx, struct http_request *req)
{
    (void)ctx;
    http_respond(req, &(struct http_response){.status = 413});
}

static bool sink_data(void *ctx, struct str bytes)
{
    REQUIRE(bytes.n > 0);
    hold(ctx);
    return false;
}

static void sink_aborted(void *ctx)
{
    struct http_request *req = ctx;
    REQUIRE(!req->conn);
    for (size_t i = 0; i < held_count; i++)
        if (held[i] == req)
            held[i] = held[--held_count];
    answer(req);
}

static void on_head(void *ctx, struct http_request *req)
{
    (void)ctx;
    heads++;
    if (str_starts(req->path, STR("/e")))
        http_body_buffer(req, 32, too_large);
    else if (str_starts(req->path, STR("/s")))
        http_body_stream(req, &(struct http_sink){.ctx = req, .data = sink_data, .aborted = sink_aborted});
    else if (str_starts(req->path, STR("/n")))
        answer(req);
    else if (str_starts(req->path, STR("/c")))
        http_respond(req, &(struct http_response){.status = 200, .close = true});
}

static void on_done(void *ctx, struct http_request *req)
{
    (void)ctx;
    if (str_starts(req->path, STR("/h")))
        hold(req);
    else
        answer(req);
}

static void on_finished(void *ctx, struct http_request *req)
{
    (void)ctx;
    (void)req;
    finished++;
}

static void turn(void)
{
    uv_run(loop_uv(loop), UV_RUN_NOWAIT);
}

/* What the handlers have put off: the oldest first or last, by the input. */
static void catch_up(bool oldest)
{
    if (!held_count)
        return;
    struct http_request *req = held[oldest ? 0 : held_count - 1];
    if (oldest)
        held[0] = held[held_count - 1];
    held_count--;
    if (str_starts(req->path, STR("/s")))
        http_body_resume(req);
    else
        answer(req);
}

static void start(void)
{
    struct err err;
    const struct http_handler handler = {.head = on_head, .done = on_done, .finished = on_finished};
    loop = loop_new();
    server = http_server_start(loop, "127.0.0.1", 0, NULL, &limits, &handler, &err);
    REQUIRE(server);
}

/* The client reads what came back. */
static void drain(int fd)
{
    char bytes[65536];
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        continue;
}

/* As server.c does with a connection that it accepts. */
static void adopt(int fd)
{
    struct http_conn *c = conn_new(server);
    server->conn_count++;
    REQUIRE(uv_tcp_open(&c->tcp, fd) == 0);
    conn_start(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    if (size < 3)
        return 0;
    if (!server)
        start();
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    heads = finished = 0;
    adopt(ends[0]);
    size_t step = data[0] ? data[0] : size;
    for (size_t at = 2; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        if (send(ends[1], data + at, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
        turn();
        if (data[at] % 3 == 0)
            catch_up(data[1] & 2);
        drain(ends[1]);
    }
    if (data[1] & 1)
        close(ends[1]);
    else
        shutdown(ends[1], SHUT_WR);
    for (int i = 0; i < TURNS_MAX && server->conn_count; i++) {
        turn();
        catch_up(data[1] & 2);
        if (!(data[1] & 1))
            drain(ends[1]);
    }
    while (held_count)
        catch_up(true);
    turn();
    REQUIRE(server->conn_count == 0);
    REQUIRE(heads == finished && server->request_count == 0);
    if (!(data[1] & 1))
        close(ends[1]);
    return 0;
}
