#include "http/parser.h"

enum { FIRST_FIELDS = 16 };

static struct http_parser *owner(llhttp_t *ll)
{
    return CONTAINER_OF(ll, struct http_parser, ll);
}

static int refuse(struct http_parser *p, int status, const char *reason)
{
    p->event = EVENT_BAD;
    p->status = status;
    p->reason = reason;
    return HPE_USER;
}

/* A part may come in several calls, but its bytes lie side by side in the head. */
static void extend(struct http_parser *p, struct http_span *span, const char *at, size_t n)
{
    if (span->n == 0)
        span->at = p->piece_at + (uint32_t)(at - p->piece);
    span->n += (uint32_t)n;
}

static int on_url(llhttp_t *ll, const char *at, size_t n)
{
    struct http_parser *p = owner(ll);
    extend(p, &p->target, at, n);
    return p->target.n > p->target_bytes ? refuse(p, 414, "The request's target is too long.") : 0;
}

static int on_field(llhttp_t *ll, const char *at, size_t n)
{
    struct http_parser *p = owner(ll);
    if (p->in_head)
        extend(p, &p->field.name, at, n);
    return 0;
}

static int on_value(llhttp_t *ll, const char *at, size_t n)
{
    struct http_parser *p = owner(ll);
    if (p->in_head)
        extend(p, &p->field.value, at, n);
    return 0;
}

static void grow_fields(struct http_parser *p)
{
    p->field_capacity = p->field_capacity ? p->field_capacity * 2 : FIRST_FIELDS;
    p->fields = mem_grow(p->fields, p->field_capacity, sizeof *p->fields);
}

/* Trailers come here too; they are not kept. */
static int on_value_complete(llhttp_t *ll)
{
    struct http_parser *p = owner(ll);
    if (!p->in_head)
        return 0;
    if (p->field_count == p->header_count)
        return refuse(p, 431, "The request has too many headers.");
    if (p->field_count == p->field_capacity)
        grow_fields(p);
    p->fields[p->field_count++] = p->field;
    p->field = (struct http_field){0};
    return 0;
}

static int on_headers_complete(llhttp_t *ll)
{
    struct http_parser *p = owner(ll);
    if (ll->http_major != 1)
        return refuse(p, 505, "The server speaks HTTP/1.1 and HTTP/1.0.");
    if (ll->method == HTTP_CONNECT)
        return refuse(p, 501, "The server is no proxy: it does not know CONNECT.");
    ll->upgrade = 0; /* an offer that may be ignored (RFC 9110, 7.8) */
    p->event = EVENT_HEAD;
    return HPE_PAUSED;
}

static int on_body(llhttp_t *ll, const char *at, size_t n)
{
    struct http_parser *p = owner(ll);
    if (n == 0)
        return 0;
    p->event = EVENT_DATA;
    p->data = str_of(at, n);
    return HPE_PAUSED;
}

static int on_message_complete(llhttp_t *ll)
{
    owner(ll)->event = EVENT_END;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

static void begin_head(struct http_parser *p)
{
    p->in_head = true;
    buf_clear(&p->partial);
    p->target = (struct http_span){0};
    p->field = (struct http_field){0};
    p->field_count = 0;
    p->framing_bytes = 0;
}

void http_parser_init(struct http_parser *p, const struct http_limits *limits)
{
    *p = (struct http_parser){
        .target_bytes = limits->target_bytes,
        .head_bytes = limits->head_bytes,
        .header_count = limits->header_count,
    };
    llhttp_init(&p->ll, HTTP_REQUEST, &settings);
    buf_init(&p->partial, limits->head_bytes);
    begin_head(p);
}

void http_parser_done(struct http_parser *p)
{
    buf_done(&p->partial);
    free(p->fields);
    p->fields = NULL;
}

/* What the client did wrong, by llhttp's code. Methods are upper case, so what starts otherwise is not HTTP.
 */
static void judge(struct http_parser *p, struct str rest)
{
    p->event = EVENT_BAD;
    p->status = 400;
    p->reason = "The bytes are not an HTTP/1.1 request.";
    switch ((int)llhttp_get_errno(&p->ll)) {
    case HPE_INVALID_METHOD: {
        char first = p->partial.n ? p->partial.p[0] : rest.n ? rest.p[0] : '\0';
        if (first >= 'A' && first <= 'Z') {
            p->status = 501;
            p->reason = "The server does not know the request's method.";
        }
        break;
    }
    case HPE_PAUSED_H2_UPGRADE:
    case HPE_INVALID_VERSION:
        p->status = 505;
        p->reason = "The server speaks HTTP/1.1 and HTTP/1.0.";
        break;
    case HPE_INVALID_URL: p->reason = "The request's target is malformed."; break;
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_UNEXPECTED_CONTENT_LENGTH: p->reason = "The request's Content-Length is malformed."; break;
    case HPE_INVALID_TRANSFER_ENCODING: p->reason = "The request's Transfer-Encoding is malformed."; break;
    case HPE_INVALID_HEADER_TOKEN: p->reason = "A header of the request is malformed."; break;
    case HPE_INVALID_CHUNK_SIZE:
    case HPE_STRICT: p->reason = "The request's framing is malformed."; break;
    default: break;
    }
}

/* The head's bytes in one piece: where they are if they came at once, else collected. */
static void close_head(struct http_parser *p, const char *from, size_t n)
{
    if (p->partial.n) {
        buf_add(&p->partial, from, n);
        p->head = buf_str(&p->partial);
    } else {
        p->head = str_of(from, n);
    }
    p->in_head = false;
}

static enum http_event take_head(struct http_parser *p, struct str *bytes)
{
    struct str piece = str_sub(*bytes, 0, p->head_bytes - p->partial.n);
    p->piece = piece.p;
    p->piece_at = (uint32_t)p->partial.n;
    if (llhttp_execute(&p->ll, piece.p, piece.n) == HPE_OK) {
        buf_add(&p->partial, piece.p, piece.n);
        *bytes = str_sub(*bytes, piece.n, bytes->n);
        if (p->partial.n == p->head_bytes)
            refuse(p, 431, "The request's head is too long.");
        return p->event;
    }
    if (p->event == EVENT_HEAD) {
        size_t n = (size_t)(llhttp_get_error_pos(&p->ll) - piece.p);
        close_head(p, piece.p, n);
        *bytes = str_sub(*bytes, n, bytes->n);
    } else if (p->event != EVENT_BAD) {
        judge(p, piece);
    }
    return p->event;
}

/* The limit comes before other faults behind it, however the bytes are cut. */
static enum http_event take_body(struct http_parser *p, struct str *bytes)
{
    const char *from = bytes->p ? bytes->p : "";
    bool stopped = llhttp_execute(&p->ll, from, bytes->n) != HPE_OK;
    size_t n = stopped ? (size_t)(llhttp_get_error_pos(&p->ll) - from) : bytes->n;
    p->framing_bytes += n - (p->event == EVENT_DATA ? p->data.n : 0);
    if (p->framing_bytes > p->head_bytes)
        refuse(p, 431, "The chunks' extensions or the trailers are too long.");
    else if (stopped && p->event == EVENT_MORE)
        judge(p, *bytes);
    *bytes = str_sub(*bytes, n, bytes->n);
    if (p->event == EVENT_DATA)
        p->framing_bytes = 0;
    if (p->event == EVENT_END)
        begin_head(p);
    return p->event;
}

enum http_event http_parser_next(struct http_parser *p, struct str *bytes)
{
    if (p->event == EVENT_BAD)
        return EVENT_BAD;
    if (p->in_head && bytes->n == 0)
        return EVENT_MORE;
    p->event = EVENT_MORE;
    llhttp_resume(&p->ll);
    return p->in_head ? take_head(p, bytes) : take_body(p, bytes);
}

bool http_parser_in_head(const struct http_parser *p)
{
    return p->in_head && p->partial.n > 0;
}

struct str http_parser_method(const struct http_parser *p)
{
    return str_from(llhttp_method_name((llhttp_method_t)p->ll.method));
}
