/* Times as text, always UTC. */
#pragma once

#include "base/str.h"

/* "20261123T193000Z" as in x-amz-date. */
bool time_parse_amz(struct str s, int64_t *ret_ms);
/* "2026-11-23T19:30:00Z", with or without a fraction of the second, which is left out. */
bool time_parse_iso(struct str s, int64_t *ret_ms);
/* "Mon, 23 Nov 2026 19:30:00 GMT" as in Date (the fixed form only). */
bool time_parse_http(struct str s, int64_t *ret_ms);

enum { TIME_TEXT_MAX = 40 };
void time_format_amz(int64_t ms, char ret[TIME_TEXT_MAX]);
void time_format_http(int64_t ms, char ret[TIME_TEXT_MAX]);
/* "2026-11-23T19:30:00.123Z" as in logs and S3's XML. */
void time_format_iso(int64_t ms, char ret[TIME_TEXT_MAX]);
