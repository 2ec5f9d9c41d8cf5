/* The source of a copy: an object here, read on the pool, or one at a remote, by one GET. */
#include "remote/copy_private.h"

#include "objects/s3/meta.h"
#include "objects/s3/tags.h"
#include "objects/s3/xml_read.h"
#include "remote/refusal.h"
#include "remote/request.h"
#include "store/missing.h"

#include <errno.h>

enum { STEP_BYTES = 512 * 1024, REFUSAL_MAX = 64 * 1024, CONDITIONS_MAX = 5 };

struct copy_from {
    struct copy *copy; /* NULL: it has ended, and a step is still under way */
    struct loop *loop;
    /* Here */
    bool opened;
    struct http_pieces pieces;
    struct http_piece piece; /* fd -1: none */
    bool reading;            /* a step on the pool has all of these */
    char *step;
    size_t step_bytes;
    int64_t to_read;
    int error;
    /* There */
    struct http_header conditions[CONDITIONS_MAX];
    struct stream *get;
    struct byte_range range; /* asked for */
    int status;              /* 0: the answer is none that was asked for */
    struct buf refusal;
    bool tagged;
    struct remote_call *tagging;
};

/* --- What is copied beside the bytes --- */

static void add_header(struct copy *c, struct str name, struct str value)
{
    struct arena *a = c->call->req->arena;
    if (value.n && c->header_count < COPY_HEADERS_MAX)
        c->headers[c->header_count++] = (struct http_header){arena_str(a, name), arena_str(a, value)};
}

static bool is_of_the_content(struct str name)
{
    static const char *const names[] = {"content-type",     "cache-control",    "content-disposition",
                                        "content-encoding", "content-language", "expires"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (str_eq_nocase(name, str_from(names[i])))
            return true;
    return str_eq_nocase(str_sub(name, 0, sizeof "x-amz-meta-" - 1), STR("x-amz-meta-"));
}

static void add_each(void *ctx, struct str name, struct str value)
{
    add_header(ctx, name, value);
}

static void set_length(struct copy *c, uint64_t length)
{
    c->length = c->left = (int64_t)length;
}

/* --- An object here --- */

/* Pool thread. */
static void read_step(void *ctx)
{
    struct copy_from *f = ctx;
    f->step_bytes = 0;
    while (f->step_bytes < STEP_BYTES && f->to_read > 0 && !f->error) {
        if (!f->piece.length) {
            fd_close_p(&f->piece.fd);
            f->piece.fd = -1;
            if (!f->pieces.next(f->pieces.ctx, &f->piece))
                f->error = errno ? errno : EIO;
            continue;
        }
        size_t most = STEP_BYTES - f->step_bytes;
        size_t wanted = f->piece.length < most ? (size_t)f->piece.length : most;
        ssize_t n = pread(f->piece.fd, f->step + f->step_bytes, wanted, (off_t)f->piece.offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            f->error = n < 0 ? errno : ENODATA;
            continue;
        }
        f->step_bytes += (size_t)n;
        f->piece.offset += (uint64_t)n;
        f->piece.length -= (uint64_t)n;
        f->to_read -= n;
    }
}

static void destroy(struct copy_from *f)
{
    fd_close_p(&f->piece.fd);
    if (f->opened)
        f->pieces.done(f->pieces.ctx);
    buf_done(&f->refusal);
    free(f->step);
    free(f);
}

static void step_read(void *ctx)
{
    struct copy_from *f = ctx;
    struct copy *c = f->copy;
    struct err err;
    f->reading = false;
    if (!c) {
        destroy(f);
    } else if (f->error) {
        err_set_errno(&err, f->error, "The source of the copy cannot be read");
        copy_fail(c, &err);
    } else {
        copy_add(c, str_of(f->step, f->step_bytes));
        copy_from_go_on(f);
    }
}

static void read_on(struct copy_from *f)
{
    if (f->reading || !f->opened || !f->to_read || !copy_has_room(f->copy))
        return;
    f->reading = true;
    loop_work(f->loop, read_step, step_read, f);
}

static int open_content(struct copy_from *f, const struct object_record *r, const struct byte_range *range,
                        struct err *err)
{
    struct copy *c = f->copy;
    size_t n;
    const struct object_piece *all = pieces_all(c->call->req->arena, r->pieces, &n);
    if (objects_read(c->call->endpoint->objects, all, n, range->offset, range->length, &f->pieces, err) < 0)
        return -1;
    f->opened = true;
    f->step = mem_grow(NULL, STEP_BYTES, 1);
    f->to_read = (int64_t)range->length;
    return 0;
}

static int describe(struct copy *c, const struct object_record *r, struct err *err)
{
    if (c->is_part)
        return 0;
    c->tags = r->tags.p ? arena_str(c->call->req->arena, r->tags) : STR_NULL;
    add_header(c, STR("Content-Type"), r->content_type);
    if (!r->meta.n)
        return 0;
    json_auto_t *meta = json_parse(r->meta, err);
    if (!meta)
        return -1;
    s3_meta_each(meta, false, add_each, c);
    return 0;
}

static int take_record(struct copy_from *f, const struct object_record *r, struct err *err)
{
    struct copy *c = f->copy;
    struct byte_range range;
    if (s3_copy_source_check(c->call, r, err) < 0 ||
        s3_copy_range(c->call, (uint64_t)r->size, &range, err) < 0 || describe(c, r, err) < 0)
        return -1;
    set_length(c, range.length);
    if (r->pieces.n)
        return open_content(f, r, &range, err);
    copy_add(c, str_sub(r->body, range.offset, range.offset + range.length));
    return 0;
}

static void on_object(void *ctx, const struct object_record *r, const struct err *err)
{
    struct copy_from *f = ctx;
    struct copy *c = f->copy;
    struct err own;
    f->reading = false;
    if (!c) {
        destroy(f);
        return;
    }
    if (!err && !r) {
        no_such_key(&own);
        err = &own;
    }
    if (!err && take_record(f, r, &own) < 0)
        err = &own;
    if (err) {
        copy_fail(c, err);
    } else {
        read_on(f);
        copy_known(c);
    }
}

static void look_up(struct copy_from *f)
{
    struct copy *c = f->copy;
    f->reading = true;
    store_get_object(c->call->endpoint->store, c->source.bucket, c->source.key, on_object, f);
}

/* --- An object at a remote --- */

static void fail_by_refusal(struct copy_from *f, const struct http_headers *none)
{
    struct copy *c = f->copy;
    struct err why, err;
    (void)refusal_read(f->status, none, buf_str(&f->refusal), c->source.bucket, &why);
    if (f->status == 304)
        why.code = ERR_PRECONDITION;
    err_set(&err, why.code, "The source of the copy (remote %s) cannot be read: %.500s",
            c->from_remote->config.name, why.text);
    copy_fail(c, &err);
}

static void on_tags(void *ctx, const struct remote_answer *answer, const struct err *err)
{
    struct copy_from *f = ctx;
    struct copy *c = f->copy;
    struct err own;
    f->tagging = NULL;
    CLEANUP_ARENA struct arena *a = arena_new(XML_READ_ARENA_BYTES);
    const struct xml_node *root = err ? NULL : xml_read(a, answer->body, &own);
    if (root && s3_tags_of_document(c->call->req->arena, root, &c->tags, &own) == 0) {
        copy_known(c);
        return;
    }
    err_set(&own, ERR_UNAVAILABLE, "The tags of the source (remote %s) cannot be read.",
            c->from_remote->config.name);
    copy_fail(c, err ? err : &own);
}

static void ask_tags(struct copy_from *f)
{
    struct remote_request r = {
        .method = STR("GET"),
        .bucket = f->copy->source.bucket,
        .key = f->copy->source.key,
        .query = STR("tagging="),
    };
    f->tagging = remote_send(f->copy->from_remote, &r, on_tags, f);
}

static void on_known(struct timer *t)
{
    struct copy *c = t->ctx;
    if (c->from->tagged && !c->replace_tags)
        ask_tags(c->from);
    else
        copy_known(c);
}

static void on_head(void *ctx, int status, const struct http_headers *headers)
{
    struct copy_from *f = ctx;
    struct copy *c = f->copy;
    uint64_t tags;
    int64_t length = transfer_answer_length(headers);
    bool ranged = f->range.kind == RANGE_PART;
    f->status = status;
    if (status >= 300)
        return;
    if (status != (ranged ? 206 : 200) || length < 0) {
        f->status = 0;
        return;
    }
    if (ranged && (uint64_t)length != f->range.length) {
        f->status = 416;
        return;
    }
    set_length(c, (uint64_t)length);
    for (size_t i = 0; i < headers->count && !c->is_part; i++)
        if (is_of_the_content(headers->items[i].name))
            add_header(c, headers->items[i].name, headers->items[i].value);
    f->tagged = !c->is_part && str_to_u64(http_header(headers, "x-amz-tagging-count"), &tags) && tags;
    timer_start(loop_timers(f->loop), &c->later, 0, on_known, c);
}

static bool on_data(void *ctx, struct str bytes)
{
    struct copy_from *f = ctx;
    if (f->status >= 300)
        buf_add_str(&f->refusal, bytes);
    if (f->status >= 300 || f->status == 0)
        return true;
    if (!copy_has_room(f->copy))
        return false;
    copy_add(f->copy, bytes);
    return true;
}

static void on_done(void *ctx, const struct err *err)
{
    struct copy_from *f = ctx;
    struct copy *c = f->copy;
    struct err own;
    f->get = NULL;
    if (!err && f->status >= 300) {
        fail_by_refusal(f, &(struct http_headers){0});
    } else if (err || f->status == 0 || c->left) {
        err_set(&own, ERR_UNAVAILABLE, "The source of the copy (remote %s) cannot be read: %.500s",
                c->from_remote->config.name, err ? err->text : "its answer is not what was asked for");
        copy_fail(c, &own);
    }
}

static const struct transfer_events events = {NULL, NULL, on_head, on_data, on_done};

/* The remote compares; what copies ask of their source is what reads ask. */
static size_t conditions_of(struct copy_from *f)
{
    static const char *const names[] = {"if-match", "if-none-match", "if-modified-since",
                                        "if-unmodified-since"};
    struct arena *a = f->copy->call->req->arena;
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct str value = s3_header(f->copy->call, arena_printf(a, "x-amz-copy-source-%s", names[i]).p);
        if (value.p)
            f->conditions[n++] = (struct http_header){str_from(names[i]), value};
    }
    if (f->range.kind == RANGE_PART)
        f->conditions[n++] =
            (struct http_header){STR("range"), s3_header(f->copy->call, "x-amz-copy-source-range")};
    return n;
}

static void ask_remote(struct copy_from *f)
{
    struct copy *c = f->copy;
    struct err err;
    if (s3_copy_range(c->call, INT64_MAX, &f->range, &err) < 0) {
        copy_fail_soon(c, &err);
        return;
    }
    size_t n = conditions_of(f);
    struct stream_request r = {
        .out =
            {
                .method = STR("GET"),
                .bucket = c->source.bucket,
                .key = c->source.key,
                .headers = f->conditions,
                .header_count = n,
                .payload_hash = STR(NO_BODY_HASH),
            },
        .body_bytes = TRANSFER_NO_BODY,
    };
    f->get = stream_start(c->from_remote, &r, &events, f);
}

/* --- Both --- */

struct copy_from *copy_from_open(struct copy *c)
{
    struct copy_from *f = mem_new(sizeof *f);
    *f = (struct copy_from){.copy = c, .loop = (c->to_remote ? c->to_remote : c->from_remote)->loop};
    f->piece.fd = -1;
    buf_init(&f->refusal, REFUSAL_MAX);
    if (c->from_remote && !deliveries_has(c->deliveries, c->source.bucket, c->source.key))
        ask_remote(f);
    else
        look_up(f);
    return f;
}

void copy_from_go_on(struct copy_from *f)
{
    if (f->get)
        stream_go_on(f->get);
    else
        read_on(f);
}

void copy_from_close(struct copy_from *f)
{
    if (!f)
        return;
    f->copy = NULL;
    stream_cancel(TAKE(f->get));
    remote_call_cancel(TAKE(f->tagging));
    if (!f->reading)
        destroy(f);
}
