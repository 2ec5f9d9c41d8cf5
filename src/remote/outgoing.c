#include "remote/outgoing.h"

#include "base/encode.h"
#include "base/timefmt.h"

enum { PATH_MAX_BYTES = 8192, FURTHER_HEADERS = 5 };

/* Names with dots do not fit the certificate of a host that has them in front. */
static bool in_path(const struct remote *r, struct str bucket)
{
    return r->path_style || (str_find(bucket, '.') != SIZE_MAX && strcmp(r->scheme, "https") == 0);
}

static struct str path_of(const struct remote *r, const struct outgoing *o, struct arena *arena)
{
    CLEANUP_BUF struct buf path;
    buf_init(&path, PATH_MAX_BYTES);
    buf_add_char(&path, '/');
    if (o->bucket.n && in_path(r, o->bucket)) {
        buf_add_str(&path, o->bucket);
        if (o->key.n)
            buf_add_char(&path, '/');
    }
    uri_encode_add(&path, o->key, true);
    return arena_str(arena, buf_str(&path));
}

static struct str host_of(const struct remote *r, const struct outgoing *o, struct arena *arena)
{
    if (!o->bucket.n || in_path(r, o->bucket))
        return arena_str(arena, str_from(r->authority));
    return arena_printf(arena, "%.*s.%s", STR_ARG(o->bucket), r->authority);
}

static void add(struct outgoing_signed *s, struct str name, struct str value)
{
    s->headers[s->header_count++] = (struct http_header){name, value};
}

int outgoing_sign(const struct remote *r, const struct outgoing *o, const struct credentials *c,
                  struct arena *arena, struct outgoing_signed *ret, struct err *err)
{
    char now[TIME_TEXT_MAX];
    struct str host = host_of(r, o, arena), path = path_of(r, o, arena), authorization;
    time_format_amz(clock_wall_ms(r->clock) + r->skew_ms, now);
    ret->headers = arena_array(arena, o->header_count + FURTHER_HEADERS, sizeof *ret->headers);
    ret->header_count = 0;
    for (size_t i = 0; i < o->header_count; i++)
        add(ret, o->headers[i].name, o->headers[i].value);
    add(ret, STR("Host"), host);
    add(ret, STR("X-Amz-Date"), arena_str(arena, str_from(now)));
    add(ret, STR("X-Amz-Content-Sha256"), o->payload_hash);
    if (c->token)
        add(ret, STR("X-Amz-Security-Token"), arena_str(arena, str_from(c->token)));
    struct http_headers headers = {ret->headers, ret->header_count};
    struct sigv4_request req = {SIGV4_S3, STR("s3"), o->method, path, o->query, &headers};
    struct sigv4_credentials keys = {str_from(c->access_key_id), str_from(c->secret)};
    if (sigv4_sign(&req, &keys, str_from(r->config.region), o->payload_hash, arena, &authorization, err) < 0)
        return -1;
    add(ret, STR("Authorization"), authorization);
    struct str url = arena_printf(arena, "%s://%.*s%.*s%s%.*s", r->scheme, STR_ARG(host), STR_ARG(path),
                                  o->query.n ? "?" : "", STR_ARG(o->query));
    ret->url = arena_cstr(arena, url);
    return 0;
}
