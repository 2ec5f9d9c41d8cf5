/* The framing aws-chunked: "SIZE[;chunk-signature=HEX]\r\n", the chunk's bytes, "\r\n", and so on until a
 * chunk of size 0; then trailer lines, if there are any, and an empty line. Source: the S3 API reference (see
 * aws/sigv4_chain.h). Bytes come in pieces of any size; the content is passed on as it comes and is to be
 * dropped if a later byte is refused. Any thread, one at a time. */
#pragma once

#include "aws/sigv4_chain.h"
#include "base/buf.h"
#include "base/err.h"

struct chunked_form {
    const struct sigv4_chain *chain; /* copied; NULL: chunks and trailer are not signed */
    const char *trailer;             /* the one header that the trailer has, in lower case; NULL: none */
    int64_t length;                  /* of the content, as x-amz-decoded-content-length has it */
};

struct chunked;

struct chunked *chunked_new(const struct chunked_form *form);
void chunked_free(struct chunked *c);

/* Takes a slice of the content; -1 ends the reading with its error. */
typedef int chunked_sink_fn(void *ctx, struct str content, struct err *err);

/* The next bytes. ERR_INCOMPLETE_BODY for what is no such framing, or not of the promised length;
 * ERR_MALFORMED_TRAILER; ERR_INVALID_SIGNATURE. Not to be called after it failed. */
int chunked_take(struct chunked *c, struct str bytes, chunked_sink_fn *sink, void *ctx,
                 struct err *err) MUST_CHECK;
/* There are no more bytes: fails if the framing's end has not come. */
int chunked_end(const struct chunked *c, struct err *err) MUST_CHECK;
/* After chunked_end, the value of the trailer; absent if the form has none. */
struct str chunked_trailer(const struct chunked *c);
