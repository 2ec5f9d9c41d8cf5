/* Tags of objects. A record keeps them as a query: "key=value&key=value", each part encoded. */
#pragma once

#include "objects/s3/call.h"

enum { S3_TAGS_MAX = 10 };

/* Of the header x-amz-tagging, checked; absent if there is none. The result lies in the request's arena. */
int s3_tags_of_header(const struct s3_call *call, struct str *ret, struct err *err) MUST_CHECK;
/* Of the document of PutObjectTagging. */
struct xml_node;
int s3_tags_of_document(struct arena *arena, const struct xml_node *root, struct str *ret,
                        struct err *err) MUST_CHECK;
size_t s3_tags_count(struct str tags);
