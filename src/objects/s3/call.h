/* A request under way, as the operations' files see it, and how they answer. */
#pragma once

#include "base/buf.h"
#include "objects/s3/query.h"
#include "objects/s3/s3.h"
#include "objects/s3/target.h"

struct s3_endpoint {
    struct objects *objects;
    struct store *store;
    struct arena *arena; /* of the settings' strings */
    struct s3_config config;
};

struct s3_operation;
struct s3_intake;

struct s3_call {
    struct s3_endpoint *endpoint;
    struct http_request *req;
    struct s3_auth auth;
    const struct s3_grants *grants;       /* NULL: everything */
    const struct s3_operation *operation; /* NULL: none fits */
    struct s3_target target;
    struct s3_query query;
    struct http_response res; /* collects the headers of the answer */
    int attempts;             /* to commit what names blobs or an upload that may go meanwhile */
    bool answered;
    bool elsewhere;           /* taken over by who passes requests on */
    struct s3_intake *intake; /* of an upload's body; NULL: none */
    void *state;              /* of the operation */
};

struct str s3_header(const struct s3_call *call, const char *name);
/* The query's versionId; absent: the current version is meant. */
struct str s3_version_id(const struct s3_call *call);
/* The server's time. */
int64_t s3_now_ms(const struct s3_call *call);

/* Adds a header to the answer; nothing if the value is absent. The value must live until the answer. */
void s3_add_header(struct s3_call *call, const char *name, struct str value);
/* ETag with its quotes, and Last-Modified. */
void s3_add_etag(struct s3_call *call, struct str etag);
void s3_add_last_modified(struct s3_call *call, int64_t modified_ms);

/* Answers: each exactly once a request. */
void s3_respond(struct s3_call *call, int status, struct str body);
void s3_respond_pieces(struct s3_call *call, int status, uint64_t length, const struct http_pieces *pieces);
void s3_respond_xml(struct s3_call *call, const struct buf *xml);
void s3_fail(struct s3_call *call, const struct err *err);
void s3_fail_with(struct s3_call *call, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* XML answers. */
enum { S3_XML_MAX_BYTES = 16 * 1024 * 1024 };
/* Begins the document with its root element in S3's name space. */
void s3_xml_begin(struct buf *xml, const char *root);
void s3_xml_end(struct buf *xml, const char *root);
void s3_xml_int(struct buf *xml, const char *name, int64_t value);
void s3_xml_bool(struct buf *xml, const char *name, bool value);
void s3_xml_time(struct buf *xml, const char *name, int64_t ms);
/* <Owner>, the same for everything, and the <Initiator> of an upload. */
void s3_xml_owner(struct buf *xml, const struct s3_call *call);
void s3_xml_initiator(struct buf *xml, const struct s3_call *call);

/* Answers when the commit has ended that removed what the call (`ctx`) names. */
void s3_removed(void *ctx, const struct err *err);

/* Calls `then` if the bucket of the request exists, else answers. */
typedef void s3_then_fn(struct s3_call *call);
void s3_with_bucket(struct s3_call *call, s3_then_fn *then);
/* The same with the object of the request, or another one; `r` is valid during `then`. */
typedef void s3_object_fn(void *ctx, const struct object_record *r);
void s3_with_object(struct s3_call *call, s3_object_fn *then, void *ctx);
void s3_with_object_at(struct s3_call *call, struct str bucket, struct str key, s3_object_fn *then,
                       void *ctx);
