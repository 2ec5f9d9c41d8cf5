/* The head of an answer. */
#pragma once

#include "http/request.h"

/* The answer has no body, whatever the handler gives. */
bool reply_is_bare(const struct http_request *req, int status);
/* Status line and headers, up to and with the empty line. */
void reply_head(struct buf *b, const struct request *r, const struct http_response *res, uint64_t length);
