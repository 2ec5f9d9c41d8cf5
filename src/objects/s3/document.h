/* Bodies that are documents: taken as a whole, then compared with what the head promised. */
#pragma once

#include "objects/s3/call.h"

/* At the head of a request whose operation takes a document. One that is too large is refused. */
void s3_document_take(struct s3_call *call);
/* When it is whole: its hash, and where the operation asks for them its Content-MD5 and checksum. */
int s3_document_check(const struct s3_call *call, struct err *err) MUST_CHECK;
