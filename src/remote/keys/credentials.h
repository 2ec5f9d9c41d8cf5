/* A remote's keys: what settings, a credentials file or a command give. */
#pragma once

#include "base/err.h"

struct credentials {
    char *access_key_id;
    char *secret;
    char *token;        /* NULL: none */
    int64_t expires_ms; /* wall clock; 0: never */
};

/* The AWS CLI's credentials file: [profile] and key = value lines. The error names the profile and what is
 * missing, never a value. */
int credentials_parse_file(struct str text, struct str profile, struct credentials *ret,
                           struct err *err) MUST_CHECK;
/* What a credential_process prints: JSON with Version 1. */
int credentials_parse_process(struct str text, struct credentials *ret, struct err *err) MUST_CHECK;
/* "2026-11-26T12:00:00Z", with fractions or an offset. False if it is none. */
bool credentials_parse_time(struct str text, int64_t *ret_ms);
/* Overwrites and frees. */
void credentials_done(struct credentials *c);
