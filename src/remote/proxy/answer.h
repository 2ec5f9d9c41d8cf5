/* Whether an answer is one that S3 gives. Who stands in a remote's place may be anything: a proxy, another
 * service, a broken gateway. */
#pragma once

#include "http/message.h"

/* What was asked. */
struct answer_to {
    bool reads;       /* GET or HEAD */
    bool ranged;      /* a part of an object */
    bool conditional; /* only what has changed */
    bool stores;      /* an object or a part: an entity tag comes back */
    bool restores;    /* that is done later */
};

/* What is wrong with the head of an answer that is no refusal (400 and above), as the end of a sentence;
 * NULL: nothing.
 */
const char *answer_wrong(const struct answer_to *to, int status, const struct http_headers *headers);
/* What the body of a success must name and does not, as the end of a sentence; NULL: nothing. `operation` is
 * S3's name of what was asked.
 */
const char *answer_lacks(const char *operation, struct str body);
