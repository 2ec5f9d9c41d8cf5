/* Reason phrases of HTTP's status codes (RFC 9110, section 15). */
#pragma once

/* "Unknown" for a code that is not registered. */
const char *http_reason(int status);
