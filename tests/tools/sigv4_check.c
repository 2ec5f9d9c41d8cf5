/* Verifies or signs requests that are given as JSON, one a line on standard input, and answers one line each;
 * the differential tests drive it. Members that may hold any byte (path, query, header values, body) are
 * base64. */
#include "aws/sign.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/jsonw.h"

#include <stdio.h>

enum { LINE_MAX_BYTES = 8 << 20, ARENA_MAX_BYTES = 64 << 20 };

static struct str bytes_of(struct arena *arena, const json_t *value)
{
    struct str text = json_text(value);
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    if (!text.p)
        return STR_NULL;
    REQUIRE(base64_decode(text, out, text.n, &n));
    return str_of(out, n);
}

static struct http_headers headers_of(struct arena *arena, const json_t *list)
{
    size_t count = json_array_size(list);
    struct http_header *items = arena_array(arena, count + 1, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(list, i);
        items[i].name = json_text(json_array_get(pair, 0));
        items[i].value = str_trim(bytes_of(arena, json_array_get(pair, 1)));
    }
    return (struct http_headers){items, count};
}

static int verify(const json_t *in, const struct sigv4_request *req, struct str hash, struct arena *arena,
                  struct sigv4_auth *auth, struct err *err)
{
    char *region = arena_cstr(arena, json_member_str(in, "region"));
    struct sigv4_settings settings = {.region = region, .skew_ms = 300000, .cached_keys = 4};
    if (sigv4_parse(req, arena, auth, err) < 0)
        return -1;
    struct sigv4_verifier *v = sigv4_verifier_new(&settings);
    int rc = sigv4_verify(v, req, auth, hash, json_member_str(in, "secret"), json_member_int(in, "now_ms", 0),
                          err);
    sigv4_verifier_free(v);
    return rc;
}

static int sign(const json_t *in, const struct sigv4_request *req, struct str hash, struct arena *arena,
                struct str *ret, struct err *err)
{
    struct sigv4_credentials credentials = {.access_key_id = json_member_str(in, "access_key_id"),
                                            .secret = json_member_str(in, "secret")};
    struct str declared = http_header(req->headers, "x-amz-content-sha256");
    return sigv4_sign(req, &credentials, json_member_str(in, "region"), declared.p ? declared : hash, arena,
                      ret, err);
}

static void answer(const json_t *in, struct arena *arena, struct jsonw *w)
{
    struct http_headers headers = headers_of(arena, json_object_get(in, "headers"));
    struct sigv4_request req = {
        .style = str_is(json_member_str(in, "style"), "s3") ? SIGV4_S3 : SIGV4_STANDARD,
        .service = json_member_str(in, "service"),
        .method = json_member_str(in, "method"),
        .path = bytes_of(arena, json_object_get(in, "path")),
        .query = bytes_of(arena, json_object_get(in, "query")),
        .headers = &headers,
    };
    struct sigv4_auth auth = {0};
    struct str authorization = STR_NULL;
    struct err err = {0};
    char hash[SHA256_HEX_LEN + 1];
    sha256_hex(bytes_of(arena, json_object_get(in, "body")), hash);
    if (str_is(json_member_str(in, "op"), "sign"))
        sign(in, &req, str_from(hash), arena, &authorization, &err);
    else
        verify(in, &req, str_from(hash), arena, &auth, &err);
    jsonw_member_str(w, "result", err.code ? str_from(err_info(err.code)->symbol) : STR("ok"));
    jsonw_member_str(w, "text", str_from(err.text));
    jsonw_member_str(w, "authorization", authorization);
    jsonw_member_str(w, "access_key_id", auth.access_key_id);
    jsonw_member_str(w, "session_token", auth.session_token);
    jsonw_member_str(w, "peek", sigv4_peek_service(req.headers, req.query));
}

static int answer_line(struct str line)
{
    CLEANUP_ARENA struct arena *arena = arena_new(ARENA_MAX_BYTES);
    CLEANUP_BUF struct buf out;
    struct jsonw w;
    struct err err;
    json_auto_t *in = json_parse(line, &err);
    if (!in) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    buf_init(&out, LINE_MAX_BYTES);
    jsonw_init(&w, &out);
    jsonw_object(&w);
    answer(in, arena, &w);
    jsonw_end_object(&w);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    return fflush(stdout);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    int rc = 0;
    while (rc == 0 && (n = getline(&line, &cap, stdin)) > 0)
        rc = answer_line(str_of(line, (size_t)n));
    free(line);
    return rc == 0 ? 0 : 1;
}
