/* From a complete head to a request: copies it and checks what llhttp leaves to its user. */
#pragma once

#include "http/parser.h"

/* Why a request is refused; `status` 0: it is not. */
struct http_refusal {
    int status;
    const char *reason;
};

/* What the connection has to know of the head beside the request's public fields. */
struct http_framing {
    bool keep_alive;
    bool http_1_0;
    bool expects_continue;
};

/* Right after EVENT_HEAD. The request's slices lie in its arena. */
struct http_refusal http_head_take(const struct http_parser *p, struct http_request *req,
                                   struct http_framing *ret);
