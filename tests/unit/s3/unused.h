/* For tests of PutObject that stand in for the store: what the other operations call, and it never does. */
#pragma once

#include "objects/objects.h"

#define UNUSED(declaration)                                                                                  \
    declaration                                                                                              \
    {                                                                                                        \
        fail_msg("%s", __func__);                                                                            \
        abort();                                                                                             \
    }

UNUSED(void http_respond_pieces(struct http_request *req, const struct http_response *res, uint64_t length,
                                const struct http_pieces *pieces))
UNUSED(void http_body_buffer(struct http_request *req, size_t max_bytes,
                             void (*too_large)(void *ctx, struct http_request *req)))
UNUSED(int objects_read(struct objects *o, const struct object_piece *pieces, size_t n, uint64_t offset,
                        uint64_t length, struct http_pieces *ret, struct err *err))
UNUSED(void objects_sweep(struct objects *o))
UNUSED(void store_delete_object(struct store_batch *b, struct str bucket, struct str key,
                                const struct object_condition *condition))
UNUSED(void store_add_bucket(struct store_batch *b, const struct bucket_record *r))
UNUSED(void store_delete_bucket(struct store_batch *b, struct str name))
UNUSED(void store_list_buckets(struct store *s, store_buckets_fn *fn, void *ctx))
UNUSED(void store_list_objects(struct store *s, const struct store_object_list *q, store_object_page_fn *fn,
                               void *ctx))

UNUSED(void store_get_upload(struct store *s, struct str id, store_upload_fn *fn, void *ctx))
UNUSED(void store_list_parts(struct store *s, struct str upload_id, int64_t after, size_t limit,
                             store_parts_fn *fn, void *ctx))
UNUSED(void store_list_uploads(struct store *s, const struct store_upload_list *q, store_upload_page_fn *fn,
                               void *ctx))
UNUSED(void store_add_upload(struct store_batch *b, const struct upload_record *r))
UNUSED(void store_put_part(struct store_batch *b, const struct part_record *r))
UNUSED(void store_complete_upload(struct store_batch *b, struct str upload_id, struct str checksum,
                                  const struct object_record *r, const struct object_condition *condition))
UNUSED(void store_abort_upload(struct store_batch *b, struct str upload_id))
UNUSED(void store_put_object(struct store_batch *b, const struct object_record *r,
                             const struct object_condition *condition))
UNUSED(void store_tag_object(struct store_batch *b, struct str bucket, struct str key, struct str tags))
UNUSED(void object_writer_in_file(struct object_writer *w))
UNUSED(void objects_add_part(struct objects *o, struct store_batch *batch, const struct part_record *part,
                             struct object_body *body))
UNUSED(void objects_digest(struct objects *o, const struct http_pieces *pieces, uint64_t length,
                           enum digest_kind kind, object_digest_fn *fn, void *ctx))
