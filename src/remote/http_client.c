#include "remote/http_client.h"

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"

#include <curl/curl.h>

enum { HEADERS_MAX = 128, BUFFER_BYTES = 256 * 1024 };

struct http_client {
    CURLM *multi;
    uv_timer_t timer;
    uv_async_t turn; /* a transfer is to go on */
    struct list transfers;
    unsigned handles; /* of libuv, not closed yet */
    bool freed;
};

struct socket_watch {
    uv_poll_t poll;
    struct http_client *client;
    curl_socket_t fd;
};

struct transfer {
    struct http_client *client;
    struct list link;
    CURL *easy;
    struct curl_slist *headers;
    const struct transfer_events *events;
    void *ctx;
    bool go_on; /* asked for */
    bool head_told;
    size_t head_lines;
    int status;
    struct buf head; /* "name: value\n" lines of the answer under way */
    char error[CURL_ERROR_SIZE];
};

/* --- libcurl on the loop --- */

static void finish(struct transfer *t, CURLcode code);

static void read_messages(struct http_client *c)
{
    CURLMsg *m;
    int left;
    while (!c->freed && (m = curl_multi_info_read(c->multi, &left))) {
        struct transfer *t = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        finish(t, code);
    }
}

static void release(struct http_client *c)
{
    if (--c->handles > 0 || !c->freed)
        return;
    free(c);
}

static void on_closed(uv_handle_t *h)
{
    release(h->data);
}

static void act(struct http_client *c, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(c->multi, fd, events, &running);
    read_messages(c);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static void on_turn(uv_async_t *async)
{
    struct http_client *c = async->data;
    if (c->freed)
        return;
    LIST_EACH(node, &c->transfers) {
        struct transfer *t = CONTAINER_OF(node, struct transfer, link);
        if (!t->go_on)
            continue;
        t->go_on = false;
        curl_easy_pause(t->easy, CURLPAUSE_CONT);
    }
    read_messages(c);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct socket_watch *w = CONTAINER_OF(poll, struct socket_watch, poll);
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(w->client, w->fd, flags);
}

static int set_timer(CURLM *multi, long ms, void *ctx)
{
    struct http_client *c = ctx;
    (void)multi;
    if (c->freed)
        return 0;
    if (ms < 0)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static void on_watch_closed(uv_handle_t *h)
{
    struct socket_watch *w = CONTAINER_OF((uv_poll_t *)h, struct socket_watch, poll);
    release(w->client);
    free(w);
}

static struct socket_watch *watch(struct http_client *c, curl_socket_t fd)
{
    struct socket_watch *w = mem_new(sizeof *w);
    w->client = c;
    w->fd = fd;
    int error = uv_poll_init_socket(c->timer.loop, &w->poll, fd);
    if (error) {
        log_error("remote", "a connection cannot be watched", F_CSTR("reason", uv_strerror(error)));
        free(w);
        return NULL;
    }
    c->handles++;
    curl_multi_assign(c->multi, fd, w);
    return w;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *assigned)
{
    struct http_client *c = ctx;
    struct socket_watch *w = assigned;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            uv_close((uv_handle_t *)&w->poll, on_watch_closed);
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (!w && !(w = watch(c, fd)))
        return 0; /* an error would end every transfer: this one ends by its time */
    int events = what == CURL_POLL_IN ? UV_READABLE : what == CURL_POLL_OUT ? UV_WRITABLE : 0;
    if (what == CURL_POLL_INOUT)
        events = UV_READABLE | UV_WRITABLE;
    uv_poll_start(&w->poll, events, on_poll);
    return 0;
}

struct http_client *http_client_new(struct loop *loop, size_t connections)
{
    static bool ready;
    struct http_client *c = mem_new(sizeof *c);
    if (!ready)
        REQUIRE(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
    ready = true;
    list_init(&c->transfers);
    c->multi = curl_multi_init();
    REQUIRE(c->multi);
    uv_timer_init(loop_uv(loop), &c->timer);
    uv_async_init(loop_uv(loop), &c->turn, on_turn);
    c->timer.data = c;
    c->turn.data = c;
    c->handles = 2;
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)connections);
    curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    return c;
}

static void destroy(struct transfer *t)
{
    curl_multi_remove_handle(t->client->multi, t->easy);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    list_remove(&t->link);
    buf_done(&t->head);
    free(t);
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    LIST_EACH_SAFE(node, &c->transfers)
        destroy(CONTAINER_OF(node, struct transfer, link));
    c->freed = true;
    curl_multi_cleanup(c->multi);
    uv_close((uv_handle_t *)&c->timer, on_closed);
    uv_close((uv_handle_t *)&c->turn, on_closed);
}

/* --- A transfer's events --- */

static bool head_is_too_large(const struct transfer *t)
{
    return t->head.overflow || t->head_lines > HEADERS_MAX;
}

/* Interim answers (100 Continue) begin a head anew. */
static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    struct str line = str_of(bytes, size * count);
    if (str_starts(line, STR("HTTP/"))) {
        buf_clear(&t->head);
        t->head_lines = 0;
    } else if (str_trim(line).n) {
        buf_add_str(&t->head, str_trim(line));
        buf_add_char(&t->head, '\n');
        t->head_lines++;
    }
    return head_is_too_large(t) ? 0 : line.n;
}

static size_t split_head(struct str text, struct http_header *ret)
{
    size_t n = 0;
    while (text.p && n < HEADERS_MAX) {
        struct str value = str_cut(&text, '\n');
        struct str name = str_cut(&value, ':');
        if (value.p)
            ret[n++] = (struct http_header){name, str_trim(value)};
    }
    return n;
}

int64_t transfer_answer_length(const struct http_headers *headers)
{
    int64_t told = -1;
    for (size_t i = 0; i < headers->count; i++) {
        struct http_header h = headers->items[i];
        uint64_t length;
        if (str_eq_nocase(h.name, STR("transfer-encoding")))
            return -1;
        if (!str_eq_nocase(h.name, STR("content-length")))
            continue;
        if (!str_to_u64(h.value, &length) || length > INT64_MAX || (told >= 0 && told != (int64_t)length))
            return -1;
        told = (int64_t)length;
    }
    return told;
}

static void tell_head(struct transfer *t)
{
    struct http_header items[HEADERS_MAX];
    long status = 0;
    if (t->head_told)
        return;
    t->head_told = true;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->status = (int)status;
    struct http_headers headers = {items, split_head(buf_str(&t->head), items)};
    t->events->head(t->ctx, t->status, &headers);
}

static size_t on_data(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    tell_head(t);
    return t->events->data(t->ctx, str_of(bytes, size * count)) ? size * count : CURL_WRITEFUNC_PAUSE;
}

static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t n = t->events->read ? t->events->read(t->ctx, to, size * count) : 0;
    return n == TRANSFER_WAIT ? CURL_READFUNC_PAUSE : n;
}

static int on_seek(void *ctx, curl_off_t offset, int origin)
{
    const struct transfer *t = ctx;
    bool can = offset == 0 && origin == SEEK_SET && t->events->rewind && t->events->rewind(t->ctx);
    return can ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK;
}

/* No program that this server starts inherits it. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
    (void)ctx;
    (void)purpose;
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* What another attempt will not change: the settings are wrong, or who answers is not whom they name. */
static bool passes(CURLcode code)
{
    switch ((int)code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR: return false;
    default: return true;
    }
}

static void finish(struct transfer *t, CURLcode code)
{
    const struct transfer_events *events = t->events;
    void *ctx = t->ctx;
    struct err err;
    if (code == CURLE_OK)
        tell_head(t);
    else if (head_is_too_large(t))
        err_set(&err, ERR_UNAVAILABLE, "The head of the answer is too large.");
    else
        err_set(&err, passes(code) ? ERR_UNAVAILABLE : ERR_INVALID_REQUEST, "%s",
                t->error[0] ? t->error : curl_easy_strerror(code));
    destroy(t);
    events->done(ctx, code == CURLE_OK ? NULL : &err);
}

/* False: one of them is too long. */
static bool set_headers(struct transfer *t, const struct transfer_request *r)
{
    CLEANUP_BUF struct buf line;
    buf_init(&line, TRANSFER_HEADS_MAX);
    for (size_t i = 0; i < r->header_count; i++) {
        buf_clear(&line);
        /* "Name;" is how libcurl is told of a header without a value. */
        buf_printf(&line, r->headers[i].value.n ? "%.*s: %.*s" : "%.*s;%.*s", STR_ARG(r->headers[i].name),
                   STR_ARG(r->headers[i].value));
        buf_add_char(&line, '\0');
        if (line.overflow)
            return false;
        t->headers = curl_slist_append(t->headers, line.p);
    }
    static const char *const not_wanted[] = {"Expect:", "Accept:", "User-Agent:"};
    for (size_t i = 0; i < ARRAY_SIZE(not_wanted); i++)
        t->headers = curl_slist_append(t->headers, not_wanted[i]);
    if (r->body_bytes == TRANSFER_UNKNOWN_LENGTH)
        t->headers = curl_slist_append(t->headers, "Transfer-Encoding: chunked");
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return true;
}

static void set_body(struct transfer *t, const struct transfer_request *r)
{
    if (strcmp(r->method, "HEAD") == 0) {
        REQUIRE(r->body_bytes == TRANSFER_NO_BODY); /* libcurl would make a PUT of it */
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (r->body_bytes != TRANSFER_NO_BODY) {
        curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(t->easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_BYTES);
        curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
        curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, on_seek);
        curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t);
        if (r->body_bytes >= 0)
            curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->body_bytes);
    }
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_limits(struct transfer *t, const struct transfer_request *r)
{
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_ms);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)r->total_ms);
    curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, (long)((r->stall_ms + 999) / 1000));
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    curl_easy_setopt(t->easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    if (r->ca_file)
        curl_easy_setopt(t->easy, CURLOPT_CAINFO, r->ca_file);
}

static void set_answer(struct transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
}

struct transfer *transfer_start(struct http_client *c, const struct transfer_request *r,
                                const struct transfer_events *events, void *ctx, struct err *err)
{
    struct transfer *t = mem_new(sizeof *t);
    *t = (struct transfer){.client = c, .events = events, .ctx = ctx, .easy = curl_easy_init()};
    REQUIRE(t->easy);
    list_append(&c->transfers, &t->link);
    buf_init(&t->head, TRANSFER_HEADS_MAX);
    CURLcode code = curl_easy_setopt(t->easy, CURLOPT_URL, r->url);
    bool fits = set_headers(t, r);
    set_body(t, r);
    set_limits(t, r);
    set_answer(t);
    if (fits && code == CURLE_OK && curl_multi_add_handle(c->multi, t->easy) == CURLM_OK)
        return t;
    destroy(t);
    err_set(err, ERR_INVALID_REQUEST,
            fits ? "The URL %.500s cannot be asked." : "A header for %.500s is too long.", r->url);
    return NULL;
}

void transfer_cancel(struct transfer *t)
{
    destroy(t);
}

/* At the loop's next turn: libcurl may bring bytes that it holds from inside the call. */
void transfer_go_on(struct transfer *t)
{
    t->go_on = true;
    uv_async_send(&t->client->turn);
}
