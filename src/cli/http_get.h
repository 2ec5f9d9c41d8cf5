/* One GET to the server on this machine. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* Proxies and certificates are not looked at: what is asked under /-/ is the same machine's and no secret.
 * `ret_body` bounds the answer. -1 with the reason if there is no whole answer. */
int http_get(const char *url, long *ret_status, struct buf *ret_body, struct err *err) MUST_CHECK;
