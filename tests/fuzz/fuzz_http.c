/* The HTTP parser: any bytes become requests or a refusal, and it is the same whether they come at once or in
 * pieces, whose size the first byte gives. */
#include "fuzz.h"

#include "http/head.h"

enum { SEEN_BYTES = 8 << 20 };

static const struct http_limits limits = {.target_bytes = 2048, .head_bytes = 8192, .header_count = 32};

/* Writes down a head as the server takes it. */
static void see_head(const struct http_parser *p, struct buf *seen)
{
    struct http_request req = {.arena = arena_new(HTTP_ARENA_MAX)};
    struct http_framing framing;
    struct http_refusal refusal = http_head_take(p, &req, &framing);
    buf_printf(seen, "[%d]", refusal.status);
    if (!refusal.status) {
        buf_add_str(seen, req.method);
        buf_add_str(seen, req.target);
        for (size_t i = 0; i < req.headers.count; i++) {
            buf_add_str(seen, req.headers.items[i].name);
            buf_add_str(seen, req.headers.items[i].value);
        }
    }
    arena_free(req.arena);
}

/* False after a refusal. */
static bool feed(struct http_parser *p, struct str bytes, struct buf *seen)
{
    for (;;) {
        switch (http_parser_next(p, &bytes)) {
        case EVENT_MORE: return true;
        case EVENT_HEAD: see_head(p, seen); break;
        case EVENT_DATA: buf_add_str(seen, p->data); break;
        case EVENT_END: buf_add_str(seen, STR("[end]")); break;
        case EVENT_BAD:
            REQUIRE(p->status >= 400 && p->reason);
            buf_printf(seen, "[bad %d]", p->status);
            return false;
        }
    }
}

static void see(struct str bytes, size_t step, struct buf *seen)
{
    struct http_parser p;
    http_parser_init(&p, &limits);
    buf_init(seen, SEEN_BYTES);
    while (bytes.n) {
        size_t n = bytes.n < step ? bytes.n : step;
        if (!feed(&p, str_of(bytes.p, n), seen))
            break;
        bytes = str_of(bytes.p + n, bytes.n - n);
    }
    http_parser_done(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, pieces;
    if (size < 2)
        return 0;
    struct str bytes = str_of((const char *)data + 1, size - 1);
    see(bytes, bytes.n, &whole);
    see(bytes, data[0] % 61 + 1, &pieces);
    REQUIRE(str_eq(buf_str(&whole), buf_str(&pieces)));
    buf_done(&whole);
    buf_done(&pieces);
    return 0;
}
