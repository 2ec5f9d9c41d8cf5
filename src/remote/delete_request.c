#include "remote/delete_request.h"

#include "base/encode.h"
#include "base/xml.h"

void delete_request_init(struct delete_request *d)
{
    buf_init(&d->document, DELETE_DOCUMENT_MAX);
    buf_init(&d->md5, DELETE_MD5_MAX);
    buf_add_cstr(&d->document, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
}

void delete_request_done(struct delete_request *d)
{
    buf_done(&d->document);
    buf_done(&d->md5);
}

void delete_request_add(struct delete_request *d, struct str key, struct str version_id, struct str etag)
{
    struct buf *xml = &d->document;
    buf_add_cstr(xml, "<Object>");
    xml_element_exact(xml, "Key", key);
    xml_element(xml, "VersionId", version_id);
    xml_element(xml, "ETag", etag);
    buf_add_cstr(xml, "</Object>");
}

void delete_request_send(struct delete_request *d, struct remote *r, struct str bucket, bool once,
                         remote_fn *fn, void *ctx)
{
    unsigned char sum[DIGEST_SIZE_MAX];
    buf_add_cstr(&d->document, "</Delete>");
    digest_of(DIGEST_MD5, buf_str(&d->document), sum);
    sha256_hex(buf_str(&d->document), d->hash);
    base64_add(&d->md5, sum, digest_size(DIGEST_MD5));
    d->headers[0] = (struct http_header){STR("Content-MD5"), buf_str(&d->md5)};
    d->headers[1] = (struct http_header){STR("Content-Type"), STR("application/xml")};
    struct remote_request req = {
        .method = STR("POST"),
        .bucket = bucket,
        .query = STR("delete="),
        .headers = d->headers,
        .header_count = ARRAY_SIZE(d->headers),
        .body = buf_str(&d->document),
        .payload_hash = str_from(d->hash),
        .answer_max = DELETE_ANSWER_MAX,
        .once = once,
    };
    (void)remote_send(r, &req, fn, ctx);
}

/* A store that keeps folders says that one is not empty. To S3 it is a name like any other: no object of this
 * name is there now, so it is deleted. S3A asks for all folders above a file that it has written, and again
 * while one fails. */
static void settle_folder(struct xml_node *one)
{
    const struct xml_node *code = xml_child(one, "Code"), *key = xml_child(one, "Key");
    if (!code || !key || !str_ends(code->text, STR("DirectoryNotEmpty")) || !str_ends(key->text, STR("/")))
        return;
    while (one->first != key)
        one->first = one->first->next;
    one->first->next = NULL;
    one->name = STR("Deleted");
}

const struct xml_node *delete_request_read(const struct remote_answer *answer, struct arena *a)
{
    struct err unread;
    const struct xml_node *root = xml_read(a, arena_str(a, answer->body), &unread);
    if (!root || !str_is(root->name, "DeleteResult"))
        return NULL;
    for (struct xml_node *one = root->first; one; one = one->next)
        if (str_is(one->name, "Error"))
            settle_folder(one);
    return root;
}
