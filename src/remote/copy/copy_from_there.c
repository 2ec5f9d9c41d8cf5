/* The source of a copy at a remote. */
#include "objects/s3/tags.h"
#include "objects/s3/xml_read.h"
#include "remote/copy/copy_from.h"
#include "remote/refusal.h"

static bool is_of_the_content(struct str name)
{
    static const char *const names[] = {"content-type",     "cache-control",    "content-disposition",
                                        "content-encoding", "content-language", "expires"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (str_eq_nocase(name, str_from(names[i])))
            return true;
    return str_eq_nocase(str_sub(name, 0, sizeof "x-amz-meta-" - 1), STR("x-amz-meta-"));
}

static void fail_by_refusal(struct copy_from *f)
{
    struct copy *c = f->copy;
    struct http_header region = {STR("x-amz-bucket-region"), f->region};
    struct http_headers headers = {&region, 1};
    struct err why, err;
    (void)refusal_read(f->status, &headers, buf_str(&f->refusal), c->source.bucket, &why);
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
    if (status >= 300) {
        f->region = arena_str(c->call->req->arena, http_header(headers, "x-amz-bucket-region"));
        return;
    }
    if (status != (ranged ? 206 : 200) || length < 0) {
        f->status = 0;
        return;
    }
    if (ranged && (uint64_t)length != f->range.length) {
        f->status = 416;
        return;
    }
    copy_from_set_length(c, (uint64_t)length);
    for (size_t i = 0; i < headers->count && !c->is_part; i++)
        if (is_of_the_content(headers->items[i].name))
            copy_from_add_header(c, headers->items[i].name, headers->items[i].value);
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
        fail_by_refusal(f);
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

void copy_from_there_open(struct copy_from *f)
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

void copy_from_there_close(struct copy_from *f)
{
    stream_cancel(TAKE(f->get));
    remote_call_cancel(TAKE(f->tagging));
}
