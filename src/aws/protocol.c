#include "aws/protocol.h"

#include "base/encode.h"
#include "base/jsonw.h"
#include "base/xml.h"

const char *aws_error_name(enum aws_protocol protocol, const struct err *err)
{
    const struct err_info *info = err_info(err->code);
    switch (protocol) {
    case AWS_PROTOCOL_JSON: return info->json_name;
    case AWS_PROTOCOL_S3: return info->s3_name;
    case AWS_PROTOCOL_QUERY: return info->query_name;
    }
    return info->json_name;
}

int aws_error_status(enum aws_protocol protocol, const struct err *err)
{
    const struct err_info *info = err_info(err->code);
    switch (protocol) {
    case AWS_PROTOCOL_JSON: return info->json_status;
    case AWS_PROTOCOL_S3: return info->s3_status;
    case AWS_PROTOCOL_QUERY: return info->query_status;
    }
    return info->json_status;
}

const char *aws_content_type(enum aws_protocol protocol)
{
    switch (protocol) {
    case AWS_PROTOCOL_JSON: return "application/x-amz-json-1.1";
    case AWS_PROTOCOL_S3: return "application/xml";
    case AWS_PROTOCOL_QUERY: return "text/xml";
    }
    return "application/octet-stream";
}

/* The further member that the exception has in Athena's model. */
static void json_detail(struct jsonw *w, const char *exception, struct str detail)
{
    struct str name = str_from(exception);
    if (str_is(name, "InvalidRequestException")) {
        jsonw_member_str(w, "AthenaErrorCode", detail);
        jsonw_member_str(w, "ErrorCode", detail);
    } else if (str_is(name, "TooManyRequestsException")) {
        jsonw_member_str(w, "Reason", detail);
    } else if (str_is(name, "ResourceNotFoundException")) {
        jsonw_member_str(w, "ResourceName", detail);
    }
}

static void json_body(const struct err *err, struct buf *out)
{
    const char *name = aws_error_name(AWS_PROTOCOL_JSON, err);
    struct jsonw w;
    jsonw_init(&w, out);
    jsonw_object(&w);
    jsonw_member_str(&w, "__type", str_from(name));
    if (err->detail[0])
        json_detail(&w, name, str_from(err->detail));
    jsonw_member_str(&w, "Message", str_from(err->text));
    jsonw_end_object(&w);
}

/* The element that S3 adds to some of its errors. */
static const char *s3_detail_name(enum err_code code)
{
    if (code == ERR_CREDENTIAL_SCOPE || code == ERR_CREDENTIAL_SCOPE_QUERY)
        return "Region";
    return code == ERR_HEADERS_NOT_SIGNED ? "HeadersNotSigned" : NULL;
}

/* S3's second request id, opaque to clients: ours is the first one in another alphabet. */
static void host_id(struct buf *out, struct str request_id)
{
    buf_add_cstr(out, "<HostId>");
    base64_add(out, request_id.p, request_id.n);
    buf_add_cstr(out, "</HostId>");
}

void aws_error_s3_xml(const struct err *err, struct str resource, struct str request_id, struct buf *out)
{
    const char *detail = s3_detail_name(err->code);
    buf_add_cstr(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    xml_element(out, "Code", str_from(aws_error_name(AWS_PROTOCOL_S3, err)));
    xml_element(out, "Message", str_from(err->text));
    if (detail && err->detail[0])
        xml_element(out, detail, str_from(err->detail));
    xml_element(out, "Resource", resource);
    xml_element(out, "RequestId", request_id);
    host_id(out, request_id);
    buf_add_cstr(out, "</Error>");
}

static void query_body(const struct err *err, struct str request_id, struct buf *out)
{
    bool ours = aws_error_status(AWS_PROTOCOL_QUERY, err) >= 500;
    buf_add_cstr(out, "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    ");
    xml_element(out, "Type", str_from(ours ? "Receiver" : "Sender"));
    buf_add_cstr(out, "\n    ");
    xml_element(out, "Code", str_from(aws_error_name(AWS_PROTOCOL_QUERY, err)));
    buf_add_cstr(out, "\n    ");
    xml_element(out, "Message", str_from(err->text));
    buf_add_cstr(out, "\n  </Error>\n  ");
    xml_element(out, "RequestId", request_id);
    buf_add_cstr(out, "\n</ErrorResponse>\n");
}

void aws_error_body(enum aws_protocol protocol, const struct err *err, struct str resource,
                    struct str request_id, struct buf *out)
{
    switch (protocol) {
    case AWS_PROTOCOL_JSON: json_body(err, out); break;
    case AWS_PROTOCOL_S3: aws_error_s3_xml(err, resource, request_id, out); break;
    case AWS_PROTOCOL_QUERY: query_body(err, request_id, out); break;
    }
}
