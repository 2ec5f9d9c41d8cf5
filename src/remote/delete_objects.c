#include "remote/delete_objects.h"

#include "aws/digest.h"
#include "aws/protocol.h"
#include "base/encode.h"
#include "base/xml.h"
#include "objects/s3/access.h"
#include "objects/s3/delete_objects.h"
#include "remote/remote_private.h"
#include "remote/request.h"

enum {
    DOCUMENT_MAX = 8 * 1024 * 1024,
    ANSWER_MAX = 4 * 1024 * 1024,
    ARENA_MAX = 64 * 1024 * 1024,
    MD5_MAX = 32
};

struct deletion {
    const struct s3_deletion *what;
    struct err *denied; /* NULL: the remote is asked */
    struct waiting *held;
};

struct deletions {
    struct s3_call *call;
    struct remote *remote;
    struct arena *arena;
    struct s3_deletions wanted;
    struct deletion *items;
    struct buf document;
    char hash[SHA256_HEX_LEN + 1];
    struct http_header headers[2];
    const struct xml_node *answer;
    size_t pending; /* of what is overtaken */
    struct err failed;
};

/* --- The end --- */

static void destroy(struct deletions *all)
{
    for (size_t i = 0; all->items && i < all->wanted.count; i++)
        if (all->items[i].held)
            deliveries_unhold(all->items[i].held);
    remote_unref(all->remote);
    buf_done(&all->document);
    arena_free(all->arena);
}

static void fail(struct deletions *all, const struct err *err)
{
    struct s3_call *call = all->call;
    struct err own = *err;
    destroy(all);
    s3_fail(call, &own);
}

static void write_denied(struct buf *xml, const struct deletion *d)
{
    buf_add_cstr(xml, "<Error>");
    xml_element_exact(xml, "Key", d->what->key);
    xml_element(xml, "VersionId", d->what->version_id);
    xml_element(xml, "Code", str_from(aws_error_name(AWS_PROTOCOL_S3, d->denied)));
    xml_element(xml, "Message", str_from(d->denied->text));
    buf_add_cstr(xml, "</Error>");
}

static void answer(struct deletions *all)
{
    CLEANUP_BUF struct buf xml;
    struct s3_call *call = all->call;
    s3_xml_begin(&xml, "DeleteResult");
    for (const struct xml_node *node = all->answer ? all->answer->first : NULL; node; node = node->next)
        if (str_is(node->name, "Error") || (str_is(node->name, "Deleted") && !all->wanted.quiet))
            xml_write(&xml, node);
    for (size_t i = 0; i < all->wanted.count; i++)
        if (all->items[i].denied)
            write_denied(&xml, &all->items[i]);
    s3_xml_end(&xml, "DeleteResult");
    destroy(all);
    s3_respond_xml(call, &xml);
}

/* --- What waits here --- */

static void on_overtaken(void *ctx, const struct err *err)
{
    struct deletions *all = ctx;
    if (err)
        all->failed = *err;
    if (--all->pending)
        return;
    if (all->failed.code)
        fail(all, &all->failed);
    else
        answer(all);
}

static void overtake(struct deletions *all, struct str key)
{
    for (size_t i = 0; i < all->wanted.count; i++) {
        struct deletion *d = &all->items[i];
        if (!d->held || !str_eq(d->what->key, key))
            continue;
        all->pending++;
        deliveries_overtake(TAKE(d->held), on_overtaken, all);
    }
}

static void overtake_deleted(struct deletions *all)
{
    all->pending = 1; /* for this loop */
    for (const struct xml_node *node = all->answer->first; node; node = node->next) {
        const struct xml_node *key = xml_child(node, "Key");
        if (str_is(node->name, "Deleted") && key)
            overtake(all, key->text);
    }
    on_overtaken(all, NULL);
}

/* --- The remote --- */

static void on_answer(void *ctx, const struct remote_answer *a, const struct err *err)
{
    struct deletions *all = ctx;
    struct err own;
    all->answer = a ? xml_read(all->arena, arena_str(all->arena, a->body), &own) : NULL;
    if (all->answer && str_is(all->answer->name, "DeleteResult")) {
        overtake_deleted(all);
        return;
    }
    err_set(&own, err ? err->code : ERR_UNAVAILABLE,
            "The store of the bucket (remote %s) did not delete: %.500s", all->remote->config.name,
            err ? err->text : "its answer is no result");
    fail(all, &own);
}

static void write_document(struct deletions *all)
{
    struct buf *xml = &all->document;
    buf_add_cstr(xml, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (size_t i = 0; i < all->wanted.count; i++) {
        const struct s3_deletion *what = all->items[i].what;
        if (all->items[i].denied)
            continue;
        buf_add_cstr(xml, "<Object>");
        xml_element_exact(xml, "Key", what->key);
        xml_element(xml, "VersionId", what->version_id);
        xml_element(xml, "ETag", what->etag);
        buf_add_cstr(xml, "</Object>");
    }
    buf_add_cstr(xml, "</Delete>");
}

static void ask(struct deletions *all)
{
    CLEANUP_BUF struct buf md5;
    unsigned char sum[DIGEST_SIZE_MAX];
    write_document(all);
    digest_of(DIGEST_MD5, buf_str(&all->document), sum);
    sha256_hex(buf_str(&all->document), all->hash);
    buf_init(&md5, MD5_MAX);
    base64_add(&md5, sum, digest_size(DIGEST_MD5));
    all->headers[0] = (struct http_header){STR("Content-MD5"), arena_str(all->arena, buf_str(&md5))};
    all->headers[1] = (struct http_header){STR("Content-Type"), STR("application/xml")};
    struct remote_request r = {
        .method = STR("POST"),
        .bucket = all->call->target.bucket,
        .query = STR("delete="),
        .headers = all->headers,
        .header_count = ARRAY_SIZE(all->headers),
        .body = buf_str(&all->document),
        .payload_hash = str_from(all->hash),
        .answer_max = ANSWER_MAX,
        .once = true,
    };
    (void)remote_send(all->remote, &r, on_answer, all);
}

/* --- The request --- */

static int check_one(const struct deletions *all, const struct s3_deletion *what, struct err *err)
{
    const struct s3_call *call = all->call;
    if (!object_key_valid(what->key, err) ||
        s3_check_key(call, call->target.bucket, what->key, true, err) < 0)
        return -1;
    if (what->conditional)
        return err_set(err, ERR_NOT_IMPLEMENTED, "A delete that asks for a time or a size is not passed on.");
    return 0;
}

static void take_keys(struct deletions *all, struct deliveries *d)
{
    size_t asked = 0;
    all->items = arena_array(all->arena, all->wanted.count, sizeof *all->items);
    for (size_t i = 0; i < all->wanted.count; i++) {
        struct deletion *one = &all->items[i];
        struct err err;
        one->what = &all->wanted.items[i];
        if (check_one(all, one->what, &err) < 0) {
            one->denied = arena_alloc(all->arena, sizeof *one->denied);
            *one->denied = err;
            continue;
        }
        asked++;
        one->held = deliveries_hold(d, all->call->target.bucket, one->what->key);
    }
    if (asked)
        ask(all);
    else
        answer(all);
}

void remote_delete_objects(struct remote *r, struct deliveries *d, struct s3_call *call)
{
    struct deletions *all = arena_alloc(call->req->arena, sizeof *all);
    struct err err;
    *all = (struct deletions){.call = call, .remote = remote_ref(r), .arena = arena_new(ARENA_MAX)};
    buf_init(&all->document, DOCUMENT_MAX);
    if (s3_deletions_read(all->arena, call->req->body, &all->wanted, &err) < 0)
        fail(all, &err);
    else
        take_keys(all, d);
}
