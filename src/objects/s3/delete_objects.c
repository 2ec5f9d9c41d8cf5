/* DeleteObjects: a batch for each key, which the store commits together, so that each succeeds or fails by
 * itself. */
#include "objects/s3/delete_objects.h"

#include "aws/protocol.h"
#include "base/xml.h"
#include "objects/s3/access.h"
#include "objects/s3/call.h"
#include "objects/s3/conditional.h"
#include "objects/s3/operation.h"
#include "store/missing.h"

/* --- The document --- */

static struct str text_of(const struct xml_node *node, const char *name)
{
    const struct xml_node *child = xml_child(node, name);
    return child ? child->text : STR_NULL;
}

static int read_object(const struct xml_node *node, struct s3_deletion *ret, struct err *err)
{
    *ret = (struct s3_deletion){
        .key = text_of(node, "Key"),
        .version_id = text_of(node, "VersionId"),
        .etag = text_of(node, "ETag"),
        .conditional = xml_child(node, "LastModifiedTime") || xml_child(node, "Size"),
    };
    return ret->key.n ? 0 : xml_malformed(err);
}

int s3_deletions_read(struct arena *arena, struct str document, struct s3_deletions *ret, struct err *err)
{
    const struct xml_node *root = xml_read(arena, document, err);
    if (!root)
        return -1;
    if (!str_is(root->name, "Delete"))
        return xml_malformed(err);
    *ret = (struct s3_deletions){.items = arena_array(arena, S3_DELETE_KEYS_MAX, sizeof *ret->items)};
    for (const struct xml_node *node = root->first; node; node = node->next) {
        if (str_is(node->name, "Quiet"))
            ret->quiet = str_is(str_trim(node->text), "true");
        else if (!str_is(node->name, "Object") || ret->count == S3_DELETE_KEYS_MAX ||
                 read_object(node, &ret->items[ret->count++], err) < 0)
            return xml_malformed(err);
    }
    return ret->count ? 0 : xml_malformed(err);
}

/* --- The answer --- */

struct deletion {
    struct deletions *all;
    const struct s3_deletion *what;
    struct err *err; /* NULL: it is gone */
};

struct deletions {
    struct s3_call *call;
    struct arena *arena;
    struct s3_deletions wanted;
    struct deletion *items;
    size_t pending;
};

static void write_one(struct buf *xml, const struct deletion *d)
{
    if (!d->err && d->all->wanted.quiet)
        return;
    buf_add_cstr(xml, d->err ? "<Error>" : "<Deleted>");
    xml_element_exact(xml, "Key", d->what->key);
    xml_element(xml, "VersionId", d->what->version_id);
    if (d->err) {
        xml_element(xml, "Code", str_from(aws_error_name(AWS_PROTOCOL_S3, d->err)));
        xml_element(xml, "Message", str_from(d->err->text));
    }
    buf_add_cstr(xml, d->err ? "</Error>" : "</Deleted>");
}

static void finish(struct deletions *all)
{
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, "DeleteResult");
    for (size_t i = 0; i < all->wanted.count; i++)
        write_one(&xml, &all->items[i]);
    s3_xml_end(&xml, "DeleteResult");
    arena_free(all->arena);
    objects_sweep(all->call->endpoint->objects);
    s3_respond_xml(all->call, &xml);
}

static void ended(struct deletion *d, const struct err *err)
{
    if (err) {
        d->err = arena_alloc(d->all->arena, sizeof *d->err);
        *d->err = *err;
    }
    if (--d->all->pending == 0)
        finish(d->all);
}

/* --- The keys --- */

static void deleted(void *ctx, const struct err *err)
{
    ended(ctx, err);
}

static int check_one(const struct deletion *d, struct err *err)
{
    const struct s3_call *call = d->all->call;
    if (!object_key_valid(d->what->key, err) ||
        s3_check_key(call, call->target.bucket, d->what->key, true, err) < 0)
        return -1;
    if (d->what->version_id.n && !str_is(d->what->version_id, "null"))
        return err_set(err, ERR_NOT_IMPLEMENTED, "This store has no versions of objects.");
    if (d->what->conditional)
        return err_set(err, ERR_NOT_IMPLEMENTED, "This store has no deletes that ask for a time or a size.");
    return 0;
}

static void delete_one(struct deletion *d)
{
    struct store *store = d->all->call->endpoint->store;
    struct object_condition condition = {0};
    struct err err;
    if (check_one(d, &err) < 0) {
        ended(d, &err);
        return;
    }
    if (d->what->etag.n)
        condition.must_have_etag = etag_unquote(d->what->etag);
    struct store_batch *batch = store_batch_new(store);
    store_delete_object(batch, d->all->call->target.bucket, d->what->key, &condition);
    store_commit(store, batch, deleted, d);
}

static void delete_all(struct s3_call *call)
{
    struct deletions *all = call->state;
    size_t count = all->wanted.count;
    all->items = arena_array(all->arena, count, sizeof *all->items);
    all->pending = count + 1; /* one for this loop */
    for (size_t i = 0; i < count; i++) {
        all->items[i] = (struct deletion){.all = all, .what = &all->wanted.items[i]};
        delete_one(&all->items[i]);
    }
    if (--all->pending == 0)
        finish(all);
}

static void got_bucket(void *ctx, const struct bucket_record *r, const struct err *err)
{
    struct deletions *all = ctx;
    struct err missing;
    if (!err && r) {
        delete_all(all->call);
        return;
    }
    arena_free(all->arena);
    if (!err) {
        no_such_bucket(&missing);
        err = &missing;
    }
    s3_fail(all->call, err);
}

void s3_delete_objects(struct s3_call *call)
{
    enum { ARENA_BYTES = XML_READ_ARENA_BYTES + S3_DELETE_KEYS_MAX * 2048 };
    struct deletions *all = arena_alloc(call->req->arena, sizeof *all);
    struct err err;
    *all = (struct deletions){.call = call, .arena = arena_new(ARENA_BYTES)};
    call->state = all;
    if (s3_deletions_read(all->arena, call->req->body, &all->wanted, &err) < 0) {
        arena_free(all->arena);
        s3_fail(call, &err);
        return;
    }
    store_get_bucket(call->endpoint->store, call->target.bucket, got_bucket, all);
}
