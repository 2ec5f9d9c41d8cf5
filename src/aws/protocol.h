/* Errors in the form of the protocol that the client speaks. Any thread. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

enum aws_protocol {
    AWS_PROTOCOL_JSON,  /* AWS JSON 1.1: Athena, Glue */
    AWS_PROTOCOL_S3,    /* S3's XML */
    AWS_PROTOCOL_QUERY, /* the query protocol's XML: STS */
};

/* Name and status of the error in that protocol. JSON answers carry the name in the header x-amzn-ErrorType,
 * too. */
const char *aws_error_name(enum aws_protocol protocol, const struct err *err);
int aws_error_status(enum aws_protocol protocol, const struct err *err);
/* Of bodies of that protocol, errors and others. */
const char *aws_content_type(enum aws_protocol protocol);

/* The body. `resource` is the raw path, used by S3's form only. */
void aws_error_body(enum aws_protocol protocol, const struct err *err, struct str resource,
                    struct str request_id, struct buf *out);
/* S3's form by itself. */
void aws_error_s3_xml(const struct err *err, struct str resource, struct str request_id, struct buf *out);
