/* The canonical form of a request: what both sides of Signature Version 4 hash. Verification and signing
 * share it. Source: the AWS General Reference, "Create a signed AWS API request". */
#pragma once

#include "aws/sigv4.h"
#include "base/buf.h"

enum { CANONICAL_MAX_BYTES = 4 << 20, CANONICAL_QUERY_MAX_PARAMETERS = 1000 };

/* Appends the canonical request. Headers are taken from the list, in its order; equal names are joined by
 * commas. In the query form X-Amz-Signature is left out. Errors: ERR_INVALID_URI for a path or query that
 * cannot be decoded, ERR_TOO_LARGE beyond the limits above. */
int canonical_request(const struct sigv4_request *req, enum sigv4_form form, struct str signed_headers,
                      struct str payload_hash, struct buf *out, struct err *err) MUST_CHECK;

/* Appends the string to sign; `hash` is of the canonical request, in hexadecimal. */
void canonical_string_to_sign(struct str time_text, struct str scope, struct str hash, struct buf *out);
