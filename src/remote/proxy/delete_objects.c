#include "remote/proxy/delete_objects.h"

#include "aws/protocol.h"
#include "base/xml.h"
#include "objects/s3/access.h"
#include "objects/s3/delete_objects.h"
#include "remote/delete_request.h"
#include "remote/remote_private.h"

enum { ARENA_MAX = 64 * 1024 * 1024 };

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
    struct delete_request request;
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
    delete_request_done(&all->request);
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
    all->answer = a ? delete_request_read(a, all->arena) : NULL;
    if (all->answer) {
        overtake_deleted(all);
        return;
    }
    err_set(&own, err ? err->code : ERR_UNAVAILABLE,
            "The store of the bucket (remote %s) did not delete: %.500s", all->remote->config.name,
            err ? err->text : "its answer is no result");
    fail(all, &own);
}

static void ask(struct deletions *all)
{
    for (size_t i = 0; i < all->wanted.count; i++) {
        const struct s3_deletion *what = all->items[i].what;
        if (!all->items[i].denied)
            delete_request_add(&all->request, what->key, what->version_id, what->etag);
    }
    delete_request_send(&all->request, all->remote, all->call->target.bucket, true, on_answer, all);
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
    delete_request_init(&all->request);
    if (s3_deletions_read(all->arena, call->req->body, &all->wanted, &err) < 0)
        fail(all, &err);
    else
        take_keys(all, d);
}
