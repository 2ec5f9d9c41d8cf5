/* Signatures, in lines: method, path, query ("-": none), "json" or "s3", then the headers. Nothing that was
 * not signed is accepted, and each refusal says why. */
#include "fuzz.h"

#include "aws/sigv4.h"

enum { HEADERS_MAX = 64, ARENA_BYTES = 8 << 20, INPUT_MAX = 64 * 1024 };

static const char secret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

static size_t read_headers(struct str rest, struct http_header *headers)
{
    size_t n = 0;
    while (rest.n && n < HEADERS_MAX) {
        struct str line = str_cut(&rest, '\n');
        headers[n].name = str_cut(&line, ':');
        headers[n].value = str_trim(line);
        n++;
    }
    return n;
}

static void check(const struct sigv4_request *req, struct arena *arena)
{
    struct err err = {0};
    struct sigv4_auth auth;
    if (sigv4_parse(req, arena, &auth, &err) < 0) {
        REQUIRE(err.text[0]);
        return;
    }
    struct sigv4_settings settings = {.region = "us-east-1", .skew_ms = 300000, .cached_keys = 2};
    struct sigv4_verifier *v = sigv4_verifier_new(&settings);
    struct str hash = STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    REQUIRE(sigv4_verify(v, req, &auth, hash, str_from(secret), auth.time_ms, &err) < 0 && err.text[0]);
    sigv4_verifier_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_header items[HEADERS_MAX];
    struct str rest = str_of((const char *)data, size);
    if (size > INPUT_MAX)
        return 0;
    struct sigv4_request req = {.method = str_cut(&rest, '\n'), .path = str_cut(&rest, '\n')};
    struct str query = str_cut(&rest, '\n');
    bool s3 = str_is(str_cut(&rest, '\n'), "s3");
    struct http_headers headers = {items, read_headers(rest, items)};
    req.style = s3 ? SIGV4_S3 : SIGV4_STANDARD;
    req.service = s3 ? STR("s3") : STR("athena");
    req.query = str_is(query, "-") ? STR_NULL : query;
    req.headers = &headers;
    struct arena *arena = arena_new(ARENA_BYTES);
    check(&req, arena);
    arena_free(arena);
    return 0;
}
