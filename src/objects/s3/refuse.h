/* What is refused whatever the operation does, in S3's words where it has some. */
#pragma once

#include "base/err.h"
#include "http/message.h"

struct s3_call;

/* A framing of aws-chunked, for operations whose body is a document. */
int s3_refuse_framing(const struct s3_call *call, struct err *err) MUST_CHECK;
/* x-amz-expected-bucket-owner names another account. */
int s3_refuse_other_owner(const struct s3_call *call, struct err *err) MUST_CHECK;
/* Headers that ask for what the store cannot keep: keys, locks, access lists. */
int s3_refuse_headers(const struct http_headers *headers, struct err *err) MUST_CHECK;
/* Of these, the ones that ask for access lists. */
int s3_refuse_acl(const struct http_headers *headers, struct err *err) MUST_CHECK;
/* The body is not the one that was signed. */
int s3_refuse_hash(struct err *err);
