#include "remote/upload.h"

#include "aws/digest.h"
#include "base/encode.h"
#include "base/xml.h"
#include "objects/s3/xml_read.h"
#include "remote/refusal.h"
#include "remote/remote_private.h"
#include "remote/request.h"

#include <errno.h>
#include <stdio.h>

enum {
    PARALLEL = 4,
    PARTS_MAX = 10000,
    ETAG_MAX = 256,
    UPLOAD_ID_MAX = 2048,
    QUERY_MAX = 3 * UPLOAD_ID_MAX + 64,
    DOCUMENT_MAX = 4 * 1024 * 1024,
    ARENA_MAX = 256 * 1024
};

struct part {
    struct upload *upload;
    bool busy;
    int number; /* from 1; 0: the whole object */
    int64_t offset;
    char *bytes;
    size_t n;
    char hash[SHA256_HEX_LEN + 1];
    int error; /* errno of reading */
    struct remote_call *call;
    char query[QUERY_MAX + 64];
};

struct upload {
    struct remote *remote;
    struct arena *arena;
    struct upload_target target;
    struct upload_source source;
    upload_fn *fn;
    void *ctx;
    int64_t part_bytes;
    int parts; /* 0: one request */
    int next;  /* part that has not begun, from 1 */
    int sent;
    char **etags;
    struct ledger *ledger;
    struct ledger_entry *entry; /* the remote holds parts that are no object yet */
    struct remote_call *call;   /* begins or completes */
    struct buf document;
    char query[QUERY_MAX];
    unsigned reading; /* pool works that use it */
    bool ended;       /* answered or cancelled: freed when nothing reads */
    struct part slots[PARALLEL];
};

static void send_parts(struct upload *u);

/* --- Life --- */

static void release(struct upload *u)
{
    if (!u->ended || u->reading)
        return;
    for (int i = 0; u->etags && i < u->parts; i++)
        free(u->etags[i]);
    free(u->etags);
    for (size_t i = 0; i < PARALLEL; i++)
        free(u->slots[i].bytes);
    fd_close_p(&u->source.fd);
    buf_done(&u->document);
    arena_free(u->arena);
    remote_unref(u->remote);
    free(u);
}

static void stop_calls(struct upload *u)
{
    remote_call_cancel(TAKE(u->call));
    for (size_t i = 0; i < PARALLEL; i++)
        remote_call_cancel(TAKE(u->slots[i].call));
}

static void end(struct upload *u, struct str etag, const struct err *err)
{
    if (u->ended)
        return;
    u->ended = true;
    stop_calls(u);
    if (u->entry)
        ledger_abort(TAKE(u->entry));
    u->fn(u->ctx, etag, err);
    release(u);
}

void upload_cancel(struct upload *u)
{
    u->ended = true;
    stop_calls(u);
    if (u->entry)
        ledger_abort(TAKE(u->entry));
    release(u);
}

/* --- A piece in memory --- */

/* Pool thread. */
static void read_part(void *ctx)
{
    struct part *p = ctx;
    const struct upload_source *s = &p->upload->source;
    size_t done = 0;
    if (s->bytes.p)
        memcpy(p->bytes, s->bytes.p + p->offset, p->n);
    while (!s->bytes.p && done < p->n) {
        ssize_t got =
            pread(s->fd, p->bytes + done, p->n - done, (off_t)(s->offset + p->offset + (int64_t)done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            p->error = got < 0 ? errno : ENODATA;
            return;
        }
        done += (size_t)got;
    }
    sha256_hex(str_of(p->bytes, p->n), p->hash);
}

static void on_part_sent(void *ctx, const struct remote_answer *answer, const struct err *err);

static void send_part(struct part *p)
{
    struct upload *u = p->upload;
    struct remote_request r = {
        .method = STR("PUT"),
        .bucket = u->target.bucket,
        .key = u->target.key,
        .body = str_of(p->bytes, p->n),
        .payload_hash = str_from(p->hash),
        .header = "ETag",
    };
    if (p->number) {
        snprintf(p->query, sizeof p->query, "partNumber=%d&%s", p->number, u->query);
        r.query = str_from(p->query);
    } else {
        r.headers = u->target.headers;
        r.header_count = u->target.header_count;
    }
    p->call = remote_send(u->remote, &r, on_part_sent, p);
}

static void part_read(void *ctx)
{
    struct part *p = ctx;
    struct upload *u = p->upload;
    struct err err;
    u->reading--;
    if (u->ended)
        release(u);
    else if (p->error)
        end(u, STR_NULL, (err_set_errno(&err, p->error, "what is to be delivered cannot be read"), &err));
    else
        send_part(p);
}

static void begin_part(struct upload *u, struct part *p, int number, int64_t offset, int64_t n)
{
    p->upload = u;
    p->busy = true;
    p->number = number;
    p->offset = offset;
    if (!p->bytes)
        p->bytes = mem_grow(NULL, (size_t)(n ? n : 1), 1);
    p->n = (size_t)n;
    u->reading++;
    loop_work(u->remote->loop, read_part, part_read, p);
}

/* --- In parts --- */

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
    end(u, err || !answer ? STR_NULL : etag_of(u, answer->body), err);
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

static bool take_etag(struct upload *u, const struct part *p, const struct remote_answer *answer)
{
    struct str etag = http_header(answer->headers, "etag");
    if (etag.n > ETAG_MAX)
        return false;
    u->etags[p->number - 1] = mem_new(etag.n + 1);
    memcpy(u->etags[p->number - 1], etag.p, etag.n);
    return true;
}

static void on_part_sent(void *ctx, const struct remote_answer *answer, const struct err *err)
{
    struct part *p = ctx;
    struct upload *u = p->upload;
    struct err own;
    p->call = NULL;
    p->busy = false;
    if (err || !p->number) {
        end(u, err ? STR_NULL : http_header(answer->headers, "etag"), err);
        return;
    }
    if (!take_etag(u, p, answer)) {
        err_set(&own, ERR_UNAVAILABLE, "the ETag of the remote's answer to a part is too long");
        end(u, STR_NULL, &own);
        return;
    }
    if (++u->sent == u->parts)
        complete(u);
    else
        send_parts(u);
}

static void send_parts(struct upload *u)
{
    for (size_t i = 0; i < PARALLEL && u->next <= u->parts; i++) {
        struct part *p = &u->slots[i];
        if (p->busy)
            continue;
        int64_t offset = (u->next - 1) * u->part_bytes;
        int64_t left = u->source.size - offset;
        begin_part(u, p, u->next++, offset, left < u->part_bytes ? left : u->part_bytes);
    }
}

/* Not before it is durable which upload a crash would leave behind. */
static void on_noted(void *ctx, const struct err *err)
{
    struct upload *u = ctx;
    if (err)
        end(u, STR_NULL, err);
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
        end(u, STR_NULL, err);
        return;
    }
    CLEANUP_BUF struct buf encoded;
    buf_init(&encoded, sizeof u->query);
    uri_encode_add(&encoded, id, false);
    snprintf(u->query, sizeof u->query, "uploadId=%.*s", STR_ARG(buf_str(&encoded)));
    u->etags = mem_new_array((size_t)u->parts, sizeof *u->etags);
    u->entry = ledger_add(u->ledger, u->target.bucket, u->target.key, id, on_noted, u);
}

static void begin_parts(struct upload *u)
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

static void copy_target(struct upload *u, const struct upload_target *from)
{
    struct arena *a = u->arena;
    struct http_header *items = arena_array(a, from->header_count, sizeof *items);
    for (size_t i = 0; i < from->header_count; i++)
        items[i] =
            (struct http_header){arena_str(a, from->headers[i].name), arena_str(a, from->headers[i].value)};
    u->target = (struct upload_target){arena_str(a, from->bucket), arena_str(a, from->key), items,
                                       from->header_count};
}

struct upload *upload_start(struct remote *r, struct ledger *ledger, const struct upload_target *target,
                            const struct upload_source *source, upload_fn *fn, void *ctx)
{
    struct upload *u = mem_new(sizeof *u);
    struct arena *a = arena_new(ARENA_MAX);
    *u = (struct upload){.remote = remote_ref(r),
                         .ledger = ledger,
                         .arena = a,
                         .source = *source,
                         .fn = fn,
                         .ctx = ctx,
                         .next = 1};
    copy_target(u, target);
    u->source.bytes = arena_str(a, source->bytes);
    u->part_bytes = r->config.part_bytes;
    while (source->size > u->part_bytes * PARTS_MAX)
        u->part_bytes *= 2;
    if (source->size > u->part_bytes) {
        u->parts = (int)((source->size + u->part_bytes - 1) / u->part_bytes);
        begin_parts(u);
    } else {
        begin_part(u, &u->slots[0], 0, 0, source->size);
    }
    return u;
}
