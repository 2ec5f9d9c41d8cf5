/* What the tests of signatures share: a request built in place, and the known credentials of AWS's
 * documentation. */
#pragma once

#include "aws/sign.h"
#include "base/timefmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { CASE_HEADERS_MAX = 16 };

#define DOC_KEY "AKIAIOSFODNN7EXAMPLE"
#define DOC_SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* A request; lines are "Name: value". */
struct wire {
    enum sigv4_style style;
    const char *service;
    const char *method;
    const char *path;
    const char *query; /* NULL: none */
    const char *headers[CASE_HEADERS_MAX];
    const char *body;
};

struct prepared {
    struct http_header items[CASE_HEADERS_MAX];
    struct http_headers headers;
    struct sigv4_request req;
};

static inline void prepare(const struct wire *w, struct prepared *p)
{
    *p = (struct prepared){.headers = {.items = p->items, .count = 0}};
    for (size_t i = 0; i < CASE_HEADERS_MAX && w->headers[i]; i++) {
        struct str value = str_from(w->headers[i]);
        struct str name = str_cut(&value, ':');
        p->items[p->headers.count++] = (struct http_header){name, str_trim(value)};
    }
    p->req = (struct sigv4_request){.style = w->style,
                                    .service = str_from(w->service),
                                    .method = str_from(w->method),
                                    .path = str_from(w->path),
                                    .query = str_from(w->query),
                                    .headers = &p->headers};
}

static inline int64_t at(const char *amz_time)
{
    int64_t ms = 0;
    assert_true(time_parse_amz(str_from(amz_time), &ms));
    return ms;
}

/* Parses and verifies as the server does; the arena must outlive `auth`. */
static inline int check(const struct wire *w, const char *secret, int64_t now_ms, struct arena *arena,
                        struct sigv4_auth *auth, struct err *err)
{
    struct prepared p;
    char hash[SHA256_HEX_LEN + 1];
    struct sigv4_settings settings = {.region = "us-east-1", .skew_ms = 300000, .cached_keys = 8};
    prepare(w, &p);
    sha256_hex(str_from(w->body), hash);
    if (sigv4_parse(&p.req, arena, auth, err) < 0)
        return -1;
    struct sigv4_verifier *v = sigv4_verifier_new(&settings);
    int rc = sigv4_verify(v, &p.req, auth, str_from(hash), str_from(secret), now_ms, err);
    sigv4_verifier_free(v);
    return rc;
}
