/* One request: what libcurl is told of it, and what it tells. */
#include "remote/transport/http_client_private.h"

enum { HEADERS_MAX = 128, BUFFER_BYTES = 256 * 1024 };

void transfer_free(struct transfer *t)
{
    turn_leave(t);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    buf_done(&t->head);
    free(t);
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
    bool taken = t->events->data(t->ctx, str_of(bytes, size * count));
    turn_stall(t, !taken);
    return taken ? size * count : CURL_WRITEFUNC_PAUSE;
}

static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t n = t->events->read ? t->events->read(t->ctx, to, size * count) : 0;
    turn_stall(t, n == TRANSFER_WAIT);
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

/* What another attempt will not change: the settings are wrong, or who answers is not whom they name. An
 * unsupported protocol is none of these: libcurl says so of an answer that is not HTTP. */
static bool passes(CURLcode code)
{
    switch ((int)code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR: return false;
    default: return true;
    }
}

static void tell_why(const struct transfer *t, CURLcode code, struct err *err)
{
    if (head_is_too_large(t))
        err_set(err, ERR_UNAVAILABLE, "The head of the answer is too large.");
    else
        err_set(err, passes(code) ? ERR_UNAVAILABLE : ERR_INVALID_REQUEST, "%s",
                t->error[0] ? t->error : curl_easy_strerror(code));
}

void transfer_finish(struct transfer *t, CURLcode code, const struct err *err)
{
    const struct transfer_events *events = t->events;
    void *ctx = t->ctx;
    struct err own;
    if (!err && code == CURLE_OK)
        tell_head(t);
    else if (!err)
        tell_why(t, code, &own);
    const struct err *why = err ? err : code == CURLE_OK ? NULL : &own;
    transfer_free(t);
    events->done(ctx, why);
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
    list_init(&t->link);
    buf_init(&t->head, TRANSFER_HEADS_MAX);
    CURLcode code = curl_easy_setopt(t->easy, CURLOPT_URL, r->url);
    bool fits = set_headers(t, r);
    set_body(t, r);
    set_limits(t, r);
    set_answer(t);
    if (fits && code == CURLE_OK) {
        turn_take(t);
        return t;
    }
    transfer_free(t);
    err_set(err, ERR_INVALID_REQUEST,
            fits ? "The URL %.500s cannot be asked." : "A header for %.500s is too long.", r->url);
    return NULL;
}

void transfer_cancel(struct transfer *t)
{
    struct http_client *c = t->client;
    transfer_free(t);
    turns_go_on(c);
}

/* At the loop's next turn: libcurl may bring bytes that it holds from inside the call. */
void transfer_go_on(struct transfer *t)
{
    t->go_on = true;
    uv_async_send(&t->client->turn);
}
