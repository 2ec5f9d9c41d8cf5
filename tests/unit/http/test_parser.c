/* What is a request and what is not: the same for every way in which the bytes arrive. */
#include "http/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct http_limits limits = {.target_bytes = 64, .head_bytes = 1024, .header_count = 8};

struct seen {
    struct buf events; /* one line an event */
    int status;
};

static void note_head(struct seen *s, const struct http_parser *p)
{
    buf_printf(&s->events, "HEAD %.*s %.*s", STR_ARG(http_parser_method(p)), (int)p->target.n,
               p->head.p + p->target.at);
    for (size_t i = 0; i < p->field_count; i++)
        buf_printf(&s->events, " [%.*s=%.*s]", (int)p->fields[i].name.n, p->head.p + p->fields[i].name.at,
                   (int)p->fields[i].value.n, p->head.p + p->fields[i].value.at);
    buf_add_cstr(&s->events, "\n");
}

/* Pieces of a body run together: how they are cut depends on how they arrive. */
static void note(struct seen *s, struct http_parser *p, enum http_event e, bool *in_body)
{
    if (e == EVENT_DATA && !*in_body)
        buf_add_cstr(&s->events, "DATA ");
    if (e != EVENT_DATA && *in_body)
        buf_add_cstr(&s->events, "\n");
    *in_body = e == EVENT_DATA;
    switch (e) {
    case EVENT_MORE: break;
    case EVENT_HEAD: note_head(s, p); break;
    case EVENT_DATA: buf_add_str(&s->events, p->data); break;
    case EVENT_END: buf_add_cstr(&s->events, "END\n"); break;
    case EVENT_BAD:
        buf_printf(&s->events, "BAD %d\n", p->status);
        s->status = p->status;
        break;
    }
}

static void feed(struct seen *s, struct str text, size_t step)
{
    struct http_parser p;
    bool in_body = false;
    http_parser_init(&p, &limits);
    buf_init(&s->events, 1 << 20);
    s->status = 0;
    for (size_t at = 0; at < text.n && s->status == 0; at += step) {
        /* A copy of its own, so that a sanitizer sees reads beyond the piece. */
        struct str part = str_sub(text, at, at + step);
        char *copy = mem_new(part.n);
        memcpy(copy, part.p, part.n);
        struct str rest = str_of(copy, part.n);
        enum http_event e;
        while ((e = http_parser_next(&p, &rest)) != EVENT_MORE && s->status == 0)
            if (e != EVENT_DATA || p.data.n)
                note(s, &p, e, &in_body);
        free(copy);
    }
    if (in_body)
        buf_add_cstr(&s->events, "\n");
    http_parser_done(&p);
}

/* Checks the events for the bytes at once and in pieces of every small size. */
static void expect_bytes(struct str text, const char *events)
{
    const size_t steps[] = {text.n, 1, 2, 3, 7, 64};
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        struct seen s;
        feed(&s, text, steps[i]);
        buf_add_char(&s.events, '\0');
        assert_string_equal(s.events.p, events);
        buf_done(&s.events);
    }
}

static void expect(const char *text, const char *events)
{
    expect_bytes(str_from(text), events);
}

static int status_of(struct str text, size_t step)
{
    struct seen s;
    feed(&s, text, step);
    buf_done(&s.events);
    return s.status;
}

static void expect_status(const char *text, int status)
{
    assert_int_equal(status_of(str_from(text), strlen(text)), status);
    assert_int_equal(status_of(str_from(text), 1), status);
}

static void heads_are_marked_on_raw_bytes(void **state)
{
    (void)state;
    expect("GET /a%20b?x=%C3%A4 HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nX-Two:  a  b \r\n\r\n",
           "HEAD GET /a%20b?x=%C3%A4 [Host=h] [X-Empty=] [X-Two=a  b ]\nEND\n");
    expect("\r\n\r\nGET / HTTP/1.1\r\nhost: h\r\n\r\n", "HEAD GET / [host=h]\nEND\n");
}

static void bodies_are_cut_out(void **state)
{
    (void)state;
    expect("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
           "HEAD POST / [Content-Length=5]\nDATA hello\nEND\n");
    expect("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "HEAD POST / [Content-Length=0]\nEND\n");
    expect("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
           "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: t\r\n\r\n",
           "HEAD POST / [Transfer-Encoding=chunked]\nDATA hello world\nEND\n");
}

static void pipelined_requests_follow_each_other(void **state)
{
    (void)state;
    expect("GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET /3 HTTP/1.1\r\n\r\n",
           "HEAD GET /1\nEND\nHEAD POST /2 [Content-Length=2]\nDATA ab\nEND\nHEAD GET /3\nEND\n");
}

static void offers_to_upgrade_are_ignored(void **state)
{
    (void)state;
    expect("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
           "HEAD GET / [Connection=Upgrade] [Upgrade=h2c]\nEND\nHEAD GET /2\nEND\n");
}

static void other_versions_are_refused(void **state)
{
    (void)state;
    expect_status("GET /\r\n\r\n", 505); /* HTTP/0.9 */
    expect_status("GET / HTTP/2.0\r\n\r\n", 505);
    expect_status("GET / HTTP/0.9\r\n\r\n", 505);
    expect_status("GET / HTTP/3.7\r\n\r\n", 505);
    expect_status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
}

static void other_methods_are_refused(void **state)
{
    (void)state;
    expect_status("BREW / HTTP/1.1\r\n\r\n", 501);
    expect_status("CONNECT a:443 HTTP/1.1\r\n\r\n", 501);
    expect_status("get / HTTP/1.1\r\n\r\n", 400);
    expect_status("\x16\x03\x01\x02", 400); /* TLS on the plain port */
}

static void smuggling_is_refused(void **state)
{
    (void)state;
    static const char *const vectors[] = {
        "GET / HTTP/1.1\r\nHost: h\r\nX:\rY: z\r\n\r\n", /* empty header and bare CR, CVE-2023-30589 */
        "GET / HTTP/1.1\r\nHost: h\r\n X: y\r\n\r\n",    /* space before a name, CVE-2024-27982 */
        "POST / HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\n\r\n",               /* folded header */
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX0\r\n\r\n", /* no CRLF after the chunk
                                                                                    */
        "GET / HTTP/1.1\r\nHost: h\r\n\rX", /* CR and no LF at the head's end, CVE-2025-23167 */
        "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", /* chunk size overflows
                                                                                       */
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\na",
        "POST / HTTP/1.1\r\nContent-Length: 0x1\r\n\r\na",
        "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\na",
        "GET / HTTP/1.1\nHost: h\n\n",             /* bare LF */
        "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", /* bare LF between headers */
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2 \r\nab\r\n0\r\n\r\n", /* space after the size
                                                                                       */
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n", /* space before the colon */
        "GET / HTTP/1.1\r\nX: a\x01\r\n\r\n",
        "GET / HTTP/1.1\r\n: no name\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET  HTTP/1.1\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET / HTTP/1.1\r\nX: \x7F\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        struct str v = str_from(vectors[i]);
        for (size_t step = 1; step <= v.n; step += v.n - 1) {
            int status = status_of(v, step);
            if (status != 400 && status != 505)
                fail_msg("status %d in steps of %zu for %s", status, step, vectors[i]);
        }
    }
    expect_bytes(str_of("GET / HTTP/1.1\r\nX: a\0b\r\n\r\n", 27), "BAD 400\n");
}

static void targets_have_a_limit(void **state)
{
    (void)state;
    char text[256];
    snprintf(text, sizeof text, "GET /%063d HTTP/1.1\r\n\r\n", 0);
    expect_status(text, 0);
    snprintf(text, sizeof text, "GET /%064d HTTP/1.1\r\n\r\n", 0);
    expect_status(text, 414);
}

static void heads_have_a_limit(void **state)
{
    (void)state;
    char text[2048];
    const int frame = (int)strlen("GET / HTTP/1.1\r\nX: \r\n\r\n");
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nX: %0*d\r\n\r\n", 1024 - frame, 0);
    assert_int_equal(strlen(text), 1024);
    expect_status(text, 0);
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nX: %0*d\r\n\r\n", 1025 - frame, 0);
    expect_status(text, 431);
    memset(text, '\n', sizeof text); /* empty lines in front count */
    text[1500] = '\0';
    for (int i = 0; i < 1500; i += 2)
        text[i] = '\r';
    expect_status(text, 431);
}

static void headers_have_a_limit(void **state)
{
    (void)state;
    expect_status("GET / HTTP/1.1\r\nA:1\r\nA:2\r\nA:3\r\nA:4\r\nA:5\r\nA:6\r\nA:7\r\nA:8\r\n\r\n", 0);
    expect_status("GET / HTTP/1.1\r\nA:1\r\nA:2\r\nA:3\r\nA:4\r\nA:5\r\nA:6\r\nA:7\r\nA:8\r\nA:9\r\n\r\n",
                  431);
}

static void chunk_extensions_and_trailers_have_a_limit(void **state)
{
    (void)state;
    char text[4096];
    snprintf(text, sizeof text,
             "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x=%02000d\r\na\r\n0\r\n\r\n", 0);
    expect_status(text, 431);
    snprintf(text, sizeof text,
             "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: %02000d\r\n\r\n", 0);
    expect_status(text, 431);
}

static void a_partial_head_shows(void **state)
{
    (void)state;
    struct http_parser p;
    http_parser_init(&p, &limits);
    assert_false(http_parser_in_head(&p));
    struct str bytes = STR("GET / HT");
    assert_int_equal(http_parser_next(&p, &bytes), EVENT_MORE);
    assert_true(http_parser_in_head(&p));
    bytes = STR("TP/1.1\r\n\r\n");
    assert_int_equal(http_parser_next(&p, &bytes), EVENT_HEAD);
    assert_int_equal(http_parser_next(&p, &bytes), EVENT_END);
    assert_int_equal(http_parser_next(&p, &bytes), EVENT_MORE);
    assert_false(http_parser_in_head(&p));
    http_parser_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_marked_on_raw_bytes),
        cmocka_unit_test(bodies_are_cut_out),
        cmocka_unit_test(pipelined_requests_follow_each_other),
        cmocka_unit_test(offers_to_upgrade_are_ignored),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(other_methods_are_refused),
        cmocka_unit_test(smuggling_is_refused),
        cmocka_unit_test(targets_have_a_limit),
        cmocka_unit_test(heads_have_a_limit),
        cmocka_unit_test(headers_have_a_limit),
        cmocka_unit_test(chunk_extensions_and_trailers_have_a_limit),
        cmocka_unit_test(a_partial_head_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
