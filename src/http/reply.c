#include "http/reply.h"

#include "base/timefmt.h"
#include "http/server_private.h"
#include "http/status.h"

#include <stdio.h>

bool reply_is_bare(const struct http_request *req, int status)
{
    return status == 204 || status == 304 || str_is(req->method, "HEAD");
}

/* No header can end early: what a client stored comes back in some values. */
static void add_value(struct buf *b, struct str value)
{
    char *to = buf_reserve(b, value.n);
    if (!to)
        return;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        to[i] = (c < 0x20 && c != '\t') || c == 0x7F ? ' ' : value.p[i];
    }
    b->n += value.n;
}

static void add_header(struct buf *b, struct str name, struct str value)
{
    buf_add_str(b, name);
    buf_add(b, ": ", 2);
    add_value(b, value);
    buf_add(b, "\r\n", 2);
}

static void add_status_line(struct buf *b, int status)
{
    if (status == 200)
        buf_add_str(b, STR("HTTP/1.1 200 OK\r\n"));
    else
        buf_printf(b, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
}

static void add_number(struct buf *b, uint64_t v)
{
    char digits[20];
    size_t n = sizeof digits;
    do {
        digits[--n] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    buf_add(b, digits + n, sizeof digits - n);
}

static struct str date_block(struct http_server *s)
{
    int64_t now_ms = clock_wall_ms(loop_timers(s->loop)->clock);
    if (now_ms / 1000 != s->date_s) {
        char date[TIME_TEXT_MAX];
        time_format_http(now_ms, date);
        int n = snprintf(s->date_block, sizeof s->date_block,
                         "Server: glaux\r\nDate: %s\r\nx-amzn-RequestId: ", date);
        s->date_block_bytes = (size_t)n;
        s->date_s = now_ms / 1000;
    }
    return str_of(s->date_block, s->date_block_bytes);
}

void reply_head(struct buf *b, const struct request *r, const struct http_response *res, uint64_t length)
{
    REQUIRE(res->status >= 200 && res->status <= 599);
    add_status_line(b, res->status);
    buf_add_str(b, date_block(r->server));
    buf_add(b, r->pub.id, sizeof r->pub.id - 1);
    buf_add(b, "\r\n", 2);
    for (size_t i = 0; i < res->header_count; i++)
        add_header(b, res->headers[i].name, res->headers[i].value);
    if (res->status != 204 && res->status != 304) {
        buf_add_str(b, STR("Content-Length: "));
        add_number(b, length);
        buf_add(b, "\r\n", 2);
    }
    if (r->close)
        buf_add_str(b, STR("Connection: close\r\n"));
    else if (r->framing.http_1_0)
        buf_add_str(b, STR("Connection: keep-alive\r\n"));
    buf_add(b, "\r\n", 2);
}
