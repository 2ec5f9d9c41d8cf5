/* The target of a copy at a remote. An object is uploaded when all of it is here, so that nothing half is
 * ever sent; a part streams by one PUT, as nobody takes a part that was not confirmed. */
#include "objects/s3/conditional.h"
#include "remote/copy/copy_to.h"
#include "remote/proxy/proxy_head.h"
#include "remote/refusal.h"

/* --- Headers --- */

static bool is_left_out(const struct copy *c, struct str name)
{
    static const char *const prefixes[] = {"x-amz-copy-source", "x-amz-metadata-directive", "x-amz-tagging",
                                           "x-amz-checksum-algorithm", "range"};
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
        if (str_eq_nocase(str_sub(name, 0, strlen(prefixes[i])), str_from(prefixes[i])))
            return true;
    bool of_the_content =
        !str_eq_nocase(str_sub(name, 0, 6), STR("x-amz-")) && !str_eq_nocase(str_sub(name, 0, 3), STR("if-"));
    of_the_content |= str_eq_nocase(str_sub(name, 0, 11), STR("x-amz-meta-"));
    return of_the_content && !c->replace_meta;
}

/* What the request says of the target, and what the source says of the content. */
static struct http_headers headers_of(const struct copy_to *t)
{
    const struct copy *c = t->copy;
    struct http_headers asked = proxy_request_headers(c->call, true);
    size_t n = 0;
    struct http_header *items =
        arena_array(c->call->req->arena, asked.count + c->header_count + 1, sizeof *items);
    for (size_t i = 0; i < asked.count; i++)
        if (!is_left_out(c, asked.items[i].name))
            items[n++] = asked.items[i];
    for (size_t i = 0; i < c->header_count && !c->replace_meta; i++)
        items[n++] = c->headers[i];
    if (c->tags.n)
        items[n++] = (struct http_header){STR("x-amz-tagging"), c->tags};
    return (struct http_headers){items, n};
}

/* --- An object --- */

static void fail(struct copy_to *t, const struct err *why)
{
    struct err err;
    err_set(&err, why->code, "The target of the copy (remote %s) cannot be written: %.500s",
            t->copy->to_remote->config.name, why->text);
    copy_fail(t->copy, &err);
}

static void on_uploaded(void *ctx, struct str etag, const struct err *err)
{
    struct copy_to *t = ctx;
    t->upload = NULL;
    if (err)
        fail(t, err);
    else
        copy_done(t->copy, etag_unquote(etag), &(struct s3_checksum){0});
}

void copy_there_send(struct copy_to *t, struct object_body *body)
{
    const struct copy *c = t->copy;
    struct http_headers headers = headers_of(t);
    struct upload_target target = {c->call->target.bucket, c->call->target.key, headers.items, headers.count};
    struct upload_source source = {.size = c->length};
    struct err err;
    t->body = body;
    if (object_body_source(body, &source.bytes, &source.fd, &err) < 0)
        copy_fail(t->copy, &err);
    else
        t->upload =
            upload_start(c->to_remote, deliveries_ledger(c->deliveries), &target, &source, on_uploaded, t);
}

/* --- A part --- */

static size_t on_read(void *ctx, char *to, size_t max)
{
    struct copy_to *t = ctx;
    struct copy *c = t->copy;
    struct str content = str_sub(copy_content(c), 0, max);
    bool whole = copy_is_whole(c);
    if (!content.n)
        return whole ? 0 : TRANSFER_WAIT;
    memcpy(to, content.p, content.n);
    copy_consume(c, content.n);
    return content.n;
}

static void on_head(void *ctx, int status, const struct http_headers *headers)
{
    struct copy_to *t = ctx;
    t->status = status;
    t->etag = arena_str(t->copy->call->req->arena, etag_unquote(http_header(headers, "etag")));
}

static bool on_data(void *ctx, struct str bytes)
{
    struct copy_to *t = ctx;
    buf_add_str(&t->refusal, bytes);
    return true;
}

static void on_done(void *ctx, const struct err *err)
{
    struct copy_to *t = ctx;
    struct copy *c = t->copy;
    struct err why;
    t->put = NULL;
    bool told = refusal_is_told(buf_str(&t->refusal));
    bool answered = t->status >= 300 || told; /* perhaps before all was sent, which then fails */
    if (!err && t->status == 200 && !told && t->etag.n && copy_is_whole(c) && !copy_content(c).n) {
        copy_done(c, t->etag, &(struct s3_checksum){0});
        return;
    }
    if (answered || (!err && t->status != 200))
        (void)refusal_read(t->status, &(struct http_headers){0}, buf_str(&t->refusal), c->call->target.bucket,
                           &why);
    else
        err_set(&why, ERR_UNAVAILABLE, "%s", err ? err->text : "status 200, without an ETag for all of it");
    fail(t, &why);
}

static const struct transfer_events events = {on_read, NULL, on_head, on_data, on_done};

static void open_part(struct copy_to *t)
{
    const struct copy *c = t->copy;
    struct http_headers headers = headers_of(t);
    struct stream_request r = {
        .out =
            {
                .method = STR("PUT"),
                .bucket = c->call->target.bucket,
                .key = c->call->target.key,
                .query = proxy_request_query(c->call),
                .headers = headers.items,
                .header_count = headers.count,
                .payload_hash = STR("UNSIGNED-PAYLOAD"),
            },
        .body_bytes = c->length,
    };
    t->put = stream_start(c->to_remote, &r, &events, t);
}

void copy_there_open(struct copy_to *t)
{
    struct copy *c = t->copy;
    struct err err;
    if (c->is_part) {
        open_part(t);
        return;
    }
    if (deliveries_take_space(c->deliveries, c->length, &err) < 0) {
        copy_fail_soon(c, &err);
        return;
    }
    c->has_space = true;
    (void)s3_checksum_named(STR("CRC64NVME"), &t->checksum);
    copy_to_write(t);
}

void copy_there_close(struct copy_to *t)
{
    stream_cancel(TAKE(t->put));
    if (t->upload)
        upload_cancel(TAKE(t->upload));
    object_body_free(TAKE(t->body));
}
