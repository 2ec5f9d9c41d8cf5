/* The operations that are served: one table, and which row a request means. */
#pragma once

#include "objects/s3/query.h"
#include "objects/s3/target.h"

struct s3_call;
typedef void s3_run_fn(struct s3_call *call);

struct s3_operation {
    enum s3_level level;
    const char *method;
    const char *subresource; /* query parameter that selects it; NULL: none */
    const char *name;
    s3_run_fn *head; /* at the request's head, for bodies that are streamed; NULL: the body is small */
    s3_run_fn *run;  /* when the body is whole */
};

/* The sub-resource of S3 that the query names ("acl", "uploads", ...), served or not; NULL if it names none.
 */
const char *s3_subresource(const struct s3_query *q);
/* The row, or NULL if none serves it. */
const struct s3_operation *s3_operation_find(enum s3_level level, struct str method, const char *subresource);

/* get.c */
void s3_get_object(struct s3_call *call);
/* put.c */
void s3_put_object_head(struct s3_call *call);
/* intake.c */
void s3_intake_whole(struct s3_call *call);
/* delete.c */
void s3_delete_object(struct s3_call *call);
/* list.c */
void s3_list_objects_v2(struct s3_call *call);
/* bucket.c */
void s3_list_buckets(struct s3_call *call);
void s3_create_bucket(struct s3_call *call);
void s3_head_bucket(struct s3_call *call);
void s3_delete_bucket(struct s3_call *call);
void s3_get_bucket_location(struct s3_call *call);
