/* Steps of sigv4_parse, for its own files. */
#pragma once

#include "aws/sigv4.h"

/* keyid/date/region/service/terminator. */
int sigv4_parse_credential(const struct sigv4_request *req, struct str text, struct sigv4_auth *auth,
                           struct err *err);
/* The presigned form. */
int sigv4_parse_query(const struct sigv4_request *req, struct arena *arena, struct sigv4_auth *auth,
                      struct err *err);
/* Form of the list; host is in it, all of it is in the request, and every x-amz- header of the request is in
 * it. */
int sigv4_parse_signed_headers(const struct sigv4_request *req, const struct sigv4_auth *auth,
                               struct err *err);
/* x-amz-content-sha256 of header or query. */
int sigv4_parse_payload(const struct sigv4_request *req, struct arena *arena, struct sigv4_auth *auth,
                        struct err *err);

/* What every form answers to a signature that differs. */
int sigv4_mismatch(struct err *err);

/* A parameter of the raw query; the value is still encoded, absent if the parameter is. */
struct str sigv4_query_raw(struct str query, const char *name);
bool sigv4_query_has(struct str query, const char *name);
