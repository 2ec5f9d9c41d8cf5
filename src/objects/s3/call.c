#include "objects/s3/call.h"

#include "aws/protocol.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "base/xml.h"

#include <stdarg.h>
#include <stdio.h>

struct str s3_header(const struct s3_call *call, const char *name)
{
    return http_header(&call->req->headers, name);
}

struct str s3_version_id(const struct s3_call *call)
{
    return s3_query_get(&call->query, "versionId");
}

int64_t s3_now_ms(const struct s3_call *call)
{
    return clock_wall_ms(call->endpoint->config.clock);
}

/* --- Headers --- */

void s3_add_header(struct s3_call *call, const char *name, struct str value)
{
    if (value.p)
        http_add_header(&call->res, str_from(name), value);
}

void s3_add_etag(struct s3_call *call, struct str etag)
{
    s3_add_header(call, "ETag", arena_printf(call->req->arena, "\"%.*s\"", STR_ARG(etag)));
}

void s3_add_last_modified(struct s3_call *call, int64_t modified_ms)
{
    char *text = arena_alloc(call->req->arena, TIME_TEXT_MAX);
    time_format_http(modified_ms, text);
    s3_add_header(call, "Last-Modified", str_from(text));
}

/* The ids that S3's clients log; the second one is opaque to them, here the first in another alphabet. */
static void add_ids(struct s3_call *call)
{
    struct str id = str_from(call->req->id);
    CLEANUP_BUF struct buf second;
    buf_init(&second, 4 * sizeof call->req->id);
    base64_add(&second, id.p, id.n);
    s3_add_header(call, "x-amz-request-id", id);
    s3_add_header(call, "x-amz-id-2", arena_str(call->req->arena, buf_str(&second)));
}

/* --- Answers --- */

static struct http_response *begin_answer(struct s3_call *call, int status)
{
    REQUIRE(!call->answered);
    call->answered = true;
    call->res.status = status;
    add_ids(call);
    return &call->res;
}

void s3_respond(struct s3_call *call, int status, struct str body)
{
    struct http_response *res = begin_answer(call, status);
    res->body = body;
    http_respond(call->req, res);
}

void s3_respond_pieces(struct s3_call *call, int status, uint64_t length, const struct http_pieces *pieces)
{
    http_respond_pieces(call->req, begin_answer(call, status), length, pieces);
}

void s3_respond_xml(struct s3_call *call, const struct buf *xml)
{
    if (xml->overflow) {
        s3_fail_with(call, ERR_INTERNAL, "The answer would have more than %d bytes.", S3_XML_MAX_BYTES);
        return;
    }
    s3_add_header(call, "Content-Type", STR("application/xml"));
    s3_respond(call, 200, buf_str(xml));
}

static void log_failure(const struct s3_call *call, const struct err *err)
{
    log_error("objects", "s3 request failed", F_CSTR("request_id", call->req->id),
              F_CSTR("operation", s3_operation_name(call)), F_STR("bucket", call->target.bucket),
              F_STR("key", call->target.key), F_ERR(err));
}

void s3_fail(struct s3_call *call, const struct err *err)
{
    int status = aws_error_status(AWS_PROTOCOL_S3, err);
    if (status == 500)
        log_failure(call, err);
    CLEANUP_BUF struct buf body;
    buf_init(&body, S3_XML_MAX_BYTES);
    if (!str_is(call->req->method, "HEAD")) {
        s3_add_header(call, "Content-Type", str_from(aws_content_type(AWS_PROTOCOL_S3)));
        aws_error_s3_xml(err, call->req->path, str_from(call->req->id), &body);
    }
    s3_respond(call, status, buf_str(&body));
}

void s3_fail_with(struct s3_call *call, enum err_code code, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct err err;
    err_set(&err, code, "%s", text);
    s3_fail(call, &err);
}

/* --- XML --- */

void s3_xml_begin(struct buf *xml, const char *root)
{
    buf_init(xml, S3_XML_MAX_BYTES);
    buf_printf(
        xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
        root);
}

void s3_xml_end(struct buf *xml, const char *root)
{
    buf_printf(xml, "</%s>", root);
}

void s3_xml_int(struct buf *xml, const char *name, int64_t value)
{
    buf_printf(xml, "<%s>%lld</%s>", name, (long long)value, name);
}

void s3_xml_bool(struct buf *xml, const char *name, bool value)
{
    buf_printf(xml, "<%s>%s</%s>", name, value ? "true" : "false", name);
}

void s3_xml_time(struct buf *xml, const char *name, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    time_format_iso(ms, text);
    xml_element(xml, name, str_from(text));
}

static void write_person(struct buf *xml, const struct s3_call *call, const char *role)
{
    buf_printf(xml, "<%s>", role);
    xml_element(xml, "ID", call->endpoint->config.account);
    xml_element(xml, "DisplayName", call->endpoint->config.owner_name);
    buf_printf(xml, "</%s>", role);
}

void s3_xml_owner(struct buf *xml, const struct s3_call *call)
{
    write_person(xml, call, "Owner");
}

void s3_xml_initiator(struct buf *xml, const struct s3_call *call)
{
    write_person(xml, call, "Initiator");
}

void s3_removed(void *ctx, const struct err *err)
{
    struct s3_call *call = ctx;
    if (err) {
        s3_fail(call, err);
        return;
    }
    objects_sweep(call->endpoint->objects);
    s3_respond(call, 204, STR_NULL);
}
