/* The operations that are served: one table, and which row a request means. */
#pragma once

#include "objects/s3/query.h"
#include "objects/s3/target.h"

struct s3_call;
typedef void s3_run_fn(struct s3_call *call);

/* What a body that is not streamed may be. */
enum s3_document {
    S3_DOCUMENT_SMALL,
    S3_DOCUMENT_LONG,    /* a list of parts */
    S3_DOCUMENT_CHECKED, /* a list of keys, whose Content-MD5 or checksum has to be sent */
};

struct s3_operation {
    enum s3_level level;
    const char *method;
    const char *subresource; /* query parameter that selects it; NULL: none */
    const char *name;
    s3_run_fn *head; /* at the request's head, for bodies that are streamed; NULL: the body is small */
    s3_run_fn *run;  /* when the body is whole */
    enum s3_document document;
    bool copies;    /* the request has an x-amz-copy-source */
    bool versioned; /* it may have a versionId */
};

/* The sub-resource of S3 that the query names ("acl", "uploads", ...), served or not; NULL if it names none.
 * One that names several fails with ERR_INVALID_ARGUMENT. */
int s3_subresource(const struct s3_query *q, const char **ret, struct err *err) MUST_CHECK;
/* The row, or NULL if none serves it. */
const struct s3_operation *s3_operation_find(enum s3_level level, struct str method, const char *subresource,
                                             bool copies);

/* get.c */
void s3_get_object(struct s3_call *call);
/* put.c */
void s3_put_object_head(struct s3_call *call);
/* intake.c */
void s3_intake_whole(struct s3_call *call);
/* upload.c */
void s3_create_multipart_upload(struct s3_call *call);
void s3_abort_multipart_upload(struct s3_call *call);
/* upload_part.c */
void s3_upload_part_head(struct s3_call *call);
/* copy_part.c */
void s3_upload_part_copy(struct s3_call *call);
/* complete.c */
void s3_complete_multipart_upload(struct s3_call *call);
/* list_parts.c */
void s3_list_parts(struct s3_call *call);
/* list_uploads.c */
void s3_list_multipart_uploads(struct s3_call *call);
/* copy.c */
void s3_copy_object(struct s3_call *call);
/* delete.c */
void s3_delete_object(struct s3_call *call);
/* delete_objects.c */
void s3_delete_objects(struct s3_call *call);
/* attributes.c */
void s3_get_object_attributes(struct s3_call *call);
/* tags.c */
void s3_get_object_tagging(struct s3_call *call);
void s3_put_object_tagging(struct s3_call *call);
void s3_delete_object_tagging(struct s3_call *call);
/* list.c */
void s3_list_objects(struct s3_call *call);
void s3_list_objects_v2(struct s3_call *call);
void s3_list_object_versions(struct s3_call *call);
/* settled.c */
void s3_get_settled(struct s3_call *call);
void s3_put_acl(struct s3_call *call);
/* bucket.c */
void s3_list_buckets(struct s3_call *call);
void s3_create_bucket(struct s3_call *call);
void s3_head_bucket(struct s3_call *call);
void s3_delete_bucket(struct s3_call *call);
void s3_get_bucket_location(struct s3_call *call);
