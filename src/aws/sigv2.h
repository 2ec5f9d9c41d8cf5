/* Signature Version 2 in a query, of S3 alone: what boto3 and the AWS CLI presign in us-east-1 as long as
 * nobody tells them to use version 4. Steps of sigv4_parse and sigv4_verify, for their files. Source:
 * "Signing and authenticating REST requests" of the S3 user guide, and botocore's HmacV1QueryAuth for what
 * stands in the query. */
#pragma once

#include "aws/sigv4.h"

/* The request carries AWSAccessKeyId and no part of version 4. */
bool sigv2_claimed(const struct sigv4_request *req);
/* Sets the form, key id, signature, token and time (of the end). */
int sigv2_parse(const struct sigv4_request *req, struct arena *arena, struct sigv4_auth *auth,
                struct err *err) MUST_CHECK;
int sigv2_verify(const struct sigv4_request *req, const struct sigv4_auth *auth, struct str secret,
                 int64_t now_ms, struct err *err) MUST_CHECK;
