/* An object in parts: begun, noted, sent a few at a time, put together. */
#include "remote/delivery/upload_private.h"

#include "base/encode.h"
#include "base/xml.h"
#include "objects/s3/xml_read.h"
#include "remote/refusal.h"

#include <stdio.h>

enum { ETAG_MAX = 256, DOCUMENT_MAX = 4 * 1024 * 1024 };

/* --- The end --- */

/* Of the document; absent if it has none. */
static struct str etag_of(struct upload *u, struct str document)
{
    CLEANUP_ARENA struct arena *a = arena_new(XML_READ_ARENA_BYTES);
    struct err ignored;
    const struct xml_node *root = xml_read(a, document, &ignored);
    const struct xml_node *etag = root ? xml_child(root, "ETag") : NULL;
    return etag && etag->text.n <= ETAG_MAX ? arena_str(u->arena, etag->text) : STR_NULL;
}

static void on_completed(void *ctx, const struct remote_answer *answer, const struct err *err)
{
    struct upload *u = ctx;
    u->call = NULL;
    if (!err)
        ledger_complete(TAKE(u->entry));
    upload_end(u, err || !answer ? STR_NULL : etag_of(u, answer->body), err);
}

/* Conditions are compared when there is an object; all else belongs to the upload. */
static void set_headers(struct upload *u, struct remote_request *r, bool conditions)
{
    struct http_header *items = arena_array(u->arena, u->target.header_count, sizeof *items);
    for (size_t i = 0; i < u->target.header_count; i++) {
        struct http_header h = u->target.headers[i];
        if (str_eq_nocase(str_sub(h.name, 0, 3), STR("if-")) == conditions)
            items[r->header_count++] = h;
    }
    r->headers = items;
}

static void complete(struct upload *u)
{
    buf_init(&u->document, DOCUMENT_MAX);
    buf_add_cstr(&u->document, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (int i = 0; i < u->parts; i++) {
        buf_printf(&u->document, "<Part><PartNumber>%d</PartNumber>", i + 1);
        xml_element(&u->document, "ETag", str_from(u->etags[i]));
        buf_add_cstr(&u->document, "</Part>");
    }
    buf_add_cstr(&u->document, "</CompleteMultipartUpload>");
    char *hash = arena_alloc(u->arena, SHA256_HEX_LEN + 1);
    sha256_hex(buf_str(&u->document), hash);
    struct remote_request r = {
        .method = STR("POST"),
        .bucket = u->target.bucket,
        .key = u->target.key,
        .query = str_from(u->query),
        .body = buf_str(&u->document),
        .payload_hash = str_from(hash),
        .element = "ETag",
    };
    set_headers(u, &r, true);
    u->call = remote_send(u->remote, &r, on_completed, u);
}

/* --- The parts --- */

static void send_parts(struct upload *u)
{
    for (size_t i = 0; i < UPLOAD_PARALLEL && u->next <= u->parts; i++) {
        struct upload_part *p = &u->slots[i];
        if (p->busy)
            continue;
        int64_t offset = (u->next - 1) * u->part_bytes;
        int64_t left = u->source.size - offset;
        upload_piece(u, p, u->next++, offset, left < u->part_bytes ? left : u->part_bytes);
    }
}

static bool take_etag(struct upload *u, const struct upload_part *p, const struct remote_answer *answer)
{
    struct str etag = http_header(answer->headers, "etag");
    if (etag.n > ETAG_MAX)
        return false;
    u->etags[p->number - 1] = mem_new(etag.n + 1);
    memcpy(u->etags[p->number - 1], etag.p, etag.n);
    return true;
}

void upload_part_sent(struct upload_part *p, const struct remote_answer *answer)
{
    struct upload *u = p->upload;
    struct err err;
    if (!take_etag(u, p, answer)) {
        err_set(&err, ERR_UNAVAILABLE, "the ETag of the remote's answer to a part is too long");
        upload_end(u, STR_NULL, &err);
        return;
    }
    if (++u->sent == u->parts)
        complete(u);
    else
        send_parts(u);
}

/* --- The beginning --- */

/* Not before it is durable which upload a crash would leave behind. */
static void on_noted(void *ctx, const struct err *err)
{
    struct upload *u = ctx;
    if (err)
        upload_end(u, STR_NULL, err);
    else
        send_parts(u);
}

static void on_begun(void *ctx, const struct remote_answer *answer, const struct err *err)
{
    struct upload *u = ctx;
    struct err own;
    u->call = NULL;
    struct str id = answer ? refusal_element(answer->body, "UploadId") : STR_NULL;
    if (!err && id.n > UPLOAD_ID_MAX) {
        err_set(&own, ERR_UNAVAILABLE, "the UploadId of the remote's answer is too long");
        err = &own;
    }
    if (err) {
        upload_end(u, STR_NULL, err);
        return;
    }
    CLEANUP_BUF struct buf encoded;
    buf_init(&encoded, sizeof u->query);
    uri_encode_add(&encoded, id, false);
    snprintf(u->query, sizeof u->query, "uploadId=%.*s", STR_ARG(buf_str(&encoded)));
    u->etags = mem_new_array((size_t)u->parts, sizeof *u->etags);
    u->entry = ledger_add(u->ledger, u->target.bucket, u->target.key, id, on_noted, u);
}

void upload_begin_parts(struct upload *u)
{
    struct remote_request r = {
        .method = STR("POST"),
        .bucket = u->target.bucket,
        .key = u->target.key,
        .query = STR("uploads="),
        .body = STR(""),
        .element = "UploadId",
    };
    set_headers(u, &r, false);
    u->call = remote_send(u->remote, &r, on_begun, u);
}
