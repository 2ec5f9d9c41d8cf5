/* Questions about features that a bucket or an object never has here, or has by nature: the answer that S3
 * gives where nothing was configured. What holds here and not there: access is by keys alone, so nothing is
 * public and there are no lists but the owner's; nothing is encrypted at rest. */
#include "base/xml.h"
#include "objects/s3/call.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"

/* Either an error or a document. */
static const struct {
    const char *subresource;
    enum err_code code;
    const char *text; /* of the error, or the document's root */
    const char *content;
} answers[] = {
    {"accelerate", ERR_NONE, "AccelerateConfiguration", ""},
    {"cors", ERR_NO_CORS, "The CORS configuration does not exist", NULL},
    {"encryption", ERR_NO_ENCRYPTION, "The server side encryption configuration was not found", NULL},
    {"lifecycle", ERR_NO_LIFECYCLE, "The lifecycle configuration does not exist", NULL},
    {"logging", ERR_NONE, "BucketLoggingStatus", ""},
    {"notification", ERR_NONE, "NotificationConfiguration", ""},
    {"object-lock", ERR_NO_OBJECT_LOCK, "Object Lock configuration does not exist for this bucket", NULL},
    {"ownershipControls", ERR_NONE, "OwnershipControls",
     "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"},
    {"policy", ERR_NO_POLICY, "The bucket policy does not exist", NULL},
    {"policyStatus", ERR_NO_POLICY, "The bucket policy does not exist", NULL},
    {"publicAccessBlock", ERR_NONE, "PublicAccessBlockConfiguration",
     "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"
     "<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>"},
    {"replication", ERR_NO_REPLICATION, "The replication configuration was not found", NULL},
    {"requestPayment", ERR_NONE, "RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"},
    {"tagging", ERR_NO_TAGS, "The TagSet does not exist", NULL},
    {"versioning", ERR_NONE, "VersioningConfiguration", ""},
    {"website", ERR_NO_WEBSITE, "The specified bucket does not have a website configuration", NULL},
};

static void respond_acl(struct s3_call *call)
{
    CLEANUP_BUF struct buf xml;
    s3_xml_begin(&xml, "AccessControlPolicy");
    s3_xml_owner(&xml, call);
    buf_add_cstr(&xml, "<AccessControlList><Grant><Grantee "
                       "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\">");
    xml_element(&xml, "ID", call->endpoint->config.account);
    xml_element(&xml, "DisplayName", call->endpoint->config.owner_name);
    buf_add_cstr(&xml, "</Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList>");
    s3_xml_end(&xml, "AccessControlPolicy");
    s3_respond_xml(call, &xml);
}

static void respond(struct s3_call *call)
{
    struct str subresource = str_from(call->operation->subresource);
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        if (!str_is(subresource, answers[i].subresource))
            continue;
        if (answers[i].code) {
            s3_fail_with(call, answers[i].code, "%s", answers[i].text);
            return;
        }
        CLEANUP_BUF struct buf xml;
        s3_xml_begin(&xml, answers[i].text);
        buf_add_cstr(&xml, answers[i].content);
        s3_xml_end(&xml, answers[i].text);
        s3_respond_xml(call, &xml);
        return;
    }
    respond_acl(call);
}

static void found_object(void *ctx, const struct object_record *r)
{
    (void)r;
    respond(ctx);
}

/* --- The lists that say what is so anyway --- */

static void respond_put(struct s3_call *call)
{
    s3_respond(call, 200, STR_NULL);
}

static void found_for_put(void *ctx, const struct object_record *r)
{
    (void)r;
    respond_put(ctx);
}

void s3_put_acl(struct s3_call *call)
{
    struct err err;
    if (s3_refuse_headers(&call->req->headers, &err) < 0)
        s3_fail(call, &err);
    else if (call->req->body.n || !s3_header(call, "x-amz-acl").p)
        s3_fail_with(call, ERR_NOT_IMPLEMENTED,
                     "This store has no access control lists (PUT with ?acl) but x-amz-acl: private and "
                     "bucket-owner-full-control, which hold anyway.");
    else if (call->target.level == S3_OBJECT)
        s3_with_object(call, found_for_put, call);
    else
        s3_with_bucket(call, respond_put);
}

void s3_get_settled(struct s3_call *call)
{
    if (call->target.level == S3_OBJECT)
        s3_with_object(call, found_object, call);
    else
        s3_with_bucket(call, respond);
}
