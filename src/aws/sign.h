/* Signing of outgoing requests with Signature Version 4, by the same canonical form that sigv4.h verifies. */
#pragma once

#include "aws/sigv4.h"

struct sigv4_credentials {
    struct str access_key_id;
    struct str secret;
};

/* The value of the Authorization header. All headers of the request are signed; it must hold host, x-amz-date
 * and, for S3, x-amz-content-sha256, with temporary credentials x-amz-security-token too. `body_sha256` is
 * the hash in hexadecimal, or the value of x-amz-content-sha256. The result lies in the arena. */
int sigv4_sign(const struct sigv4_request *req, const struct sigv4_credentials *credentials,
               struct str region, struct str body_sha256, struct arena *arena, struct str *ret,
               struct err *err) MUST_CHECK;
