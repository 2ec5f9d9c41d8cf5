#include "objects/s3/tags.h"

#include "base/encode.h"
#include "base/utf8.h"
#include "base/xml.h"
#include "objects/s3/operation.h"
#include "objects/s3/xml_read.h"

enum { TAG_KEY_MAX = 128, TAG_VALUE_MAX = 256, TAGS_TEXT_MAX = 64 * 1024 };

/* --- Rules --- */

static int check_tag(const struct s3_query *tags, size_t i, struct err *err)
{
    const struct s3_param *tag = &tags->items[i];
    if (!tag->name.n || utf8_count(tag->name) > TAG_KEY_MAX)
        return err_set(err, ERR_INVALID_TAG, "The TagKey you have provided is invalid");
    if (utf8_count(tag->value) > TAG_VALUE_MAX)
        return err_set(err, ERR_INVALID_TAG, "The TagValue you have provided is invalid");
    for (size_t k = 0; k < i; k++)
        if (str_eq(tags->items[k].name, tag->name))
            return err_set(err, ERR_INVALID_TAG, "Cannot provide multiple Tags with the same key");
    return 0;
}

static int write_tags(struct arena *arena, const struct s3_query *tags, struct str *ret, struct err *err)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, TAGS_TEXT_MAX);
    if (tags->count > S3_TAGS_MAX)
        return err_set(err, ERR_INVALID_TAG, "Object tags cannot be greater than %d", S3_TAGS_MAX);
    for (size_t i = 0; i < tags->count; i++) {
        if (check_tag(tags, i, err) < 0)
            return -1;
        if (i)
            buf_add_char(&out, '&');
        uri_encode_add(&out, tags->items[i].name, false);
        buf_add_char(&out, '=');
        uri_encode_add(&out, tags->items[i].value, false);
    }
    *ret = tags->count ? arena_str(arena, buf_str(&out)) : STR_NULL;
    return 0;
}

int s3_tags_of_header(const struct s3_call *call, struct str *ret, struct err *err)
{
    struct s3_query tags;
    struct err ignored;
    struct str header = s3_header(call, "x-amz-tagging");
    *ret = STR_NULL;
    if (!header.p)
        return 0;
    if (s3_query_parse(call->req->arena, header, &tags, &ignored) < 0)
        return err_set(err, ERR_INVALID_ARGUMENT,
                       "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
                       "parameters without tag name duplicates.");
    return write_tags(call->req->arena, &tags, ret, err);
}

int s3_tags_of_document(struct arena *arena, const struct xml_node *root, struct str *ret, struct err *err)
{
    const struct xml_node *set = str_is(root->name, "Tagging") ? xml_child(root, "TagSet") : NULL;
    struct s3_param items[S3_TAGS_MAX + 1];
    struct s3_query tags = {items, 0};
    if (!set)
        return xml_malformed(err);
    for (const struct xml_node *tag = set->first; tag; tag = tag->next) {
        const struct xml_node *key = xml_child(tag, "Key"), *value = xml_child(tag, "Value");
        if (!str_is(tag->name, "Tag") || !key || !value)
            return xml_malformed(err);
        if (tags.count <= S3_TAGS_MAX)
            items[tags.count++] = (struct s3_param){key->text, value->text};
    }
    return write_tags(arena, &tags, ret, err);
}

size_t s3_tags_count(struct str tags)
{
    size_t n = 0;
    while (tags.n && tags.p) {
        str_cut(&tags, '&');
        n++;
    }
    return n;
}

/* --- GetObjectTagging --- */

static void write_set(struct buf *xml, const struct s3_query *tags)
{
    buf_add_cstr(xml, "<TagSet>");
    for (size_t i = 0; i < tags->count; i++) {
        buf_add_cstr(xml, "<Tag>");
        xml_element(xml, "Key", tags->items[i].name);
        xml_element(xml, "Value", tags->items[i].value);
        buf_add_cstr(xml, "</Tag>");
    }
    buf_add_cstr(xml, "</TagSet>");
}

static void respond_tags(void *ctx, const struct object_record *r)
{
    struct s3_call *call = ctx;
    struct s3_query tags;
    struct err err;
    if (s3_query_parse(call->req->arena, r->tags.n ? r->tags : STR_NULL, &tags, &err) < 0) {
        s3_fail(call, &err);
        return;
    }
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, "Tagging");
    write_set(&xml, &tags);
    s3_xml_end(&xml, "Tagging");
    s3_respond_xml(call, &xml);
}

void s3_get_object_tagging(struct s3_call *call)
{
    s3_with_object(call, respond_tags, call);
}

/* --- PutObjectTagging, DeleteObjectTagging --- */

static void changed(void *ctx, const struct err *err)
{
    struct s3_call *call = ctx;
    if (err)
        s3_fail(call, err);
    else
        s3_respond(call, str_is(call->req->method, "DELETE") ? 204 : 200, STR_NULL);
}

static void change(struct s3_call *call, struct str tags)
{
    struct store_batch *batch = store_batch_new(call->endpoint->store);
    store_tag_object(batch, call->target.bucket, call->target.key, tags);
    store_commit(call->endpoint->store, batch, changed, call);
}

void s3_put_object_tagging(struct s3_call *call)
{
    struct err err;
    struct str tags = STR_NULL;
    CLEANUP_ARENA struct arena *arena = arena_new(XML_READ_ARENA_BYTES);
    const struct xml_node *root = xml_read(arena, call->req->body, &err);
    if (!root || s3_tags_of_document(call->req->arena, root, &tags, &err) < 0)
        s3_fail(call, &err);
    else
        change(call, tags);
}

void s3_delete_object_tagging(struct s3_call *call)
{
    change(call, STR_NULL);
}
