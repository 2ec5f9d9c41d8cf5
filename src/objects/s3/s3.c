#include "objects/s3/s3.h"

#include "base/mem.h"
#include "objects/s3/access.h"
#include "objects/s3/call.h"
#include "objects/s3/copy_source.h"
#include "objects/s3/document.h"
#include "objects/s3/elsewhere.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"

enum { SETTINGS_MAX_BYTES = 16 * 1024 };

struct s3_endpoint *s3_endpoint_new(struct objects *objects, const struct s3_config *config)
{
    struct s3_endpoint *e = mem_new(sizeof *e);
    e->objects = objects;
    e->store = objects_store(objects);
    e->arena = arena_new(SETTINGS_MAX_BYTES);
    e->config = *config;
    e->config.region = arena_str(e->arena, config->region);
    e->config.account = arena_str(e->arena, config->account);
    e->config.owner_name = arena_str(e->arena, config->owner_name);
    return e;
}

void s3_endpoint_free(struct s3_endpoint *e)
{
    if (!e)
        return;
    arena_free(e->arena);
    free(e);
}

const char *s3_operation_name(const struct s3_call *call)
{
    return call->operation ? call->operation->name : "Unknown";
}

static bool method_known(struct str method)
{
    static const char *const methods[] = {"GET", "HEAD", "PUT", "POST", "DELETE"};
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
        if (str_is(method, methods[i]))
            return true;
    return false;
}

static int refuse_unknown(const struct s3_call *call, const char *subresource, struct err *err)
{
    static const char *const levels[] = {
        [S3_SERVICE] = "the service", [S3_BUCKET] = "a bucket", [S3_OBJECT] = "an object"};
    if (method_known(call->req->method))
        return err_set(err, ERR_NOT_IMPLEMENTED, "This store does not serve %.*s of %s%s%s.",
                       STR_ARG(call->req->method), levels[call->target.level], subresource ? " with ?" : "",
                       subresource             ? subresource
                       : s3_version_id(call).p ? " with ?versionId"
                                               : "");
    return err_set(err, ERR_METHOD_NOT_ALLOWED, "The specified method is not allowed against this resource.");
}

/* What a remote would take differently from what was looked at here. */
static int refuse_twice(const struct s3_call *call, struct err *err)
{
    const struct s3_query *q = &call->query;
    if (http_header_count(&call->req->headers, "x-amz-copy-source") > 1)
        return err_set(err, ERR_INVALID_ARGUMENT, "The header x-amz-copy-source is there more than once.");
    for (size_t i = 1; i < q->count; i++)
        for (size_t k = 0; k < i; k++)
            if (str_eq(q->items[i].name, q->items[k].name))
                return err_set(err, ERR_INVALID_ARGUMENT, "The query has the parameter %.*s more than once.",
                               STR_ARG(str_sub(q->items[i].name, 0, 100)));
    return 0;
}

/* The code of a session reaches what its role names; who else does is for clients with access keys to say. */
static int check_passed_on(const struct s3_call *call, struct err *err)
{
    const struct s3_operation *operation = call->operation;
    if (!call->grants)
        return 0;
    if (operation->run == s3_put_acl || s3_refuse_acl(&call->req->headers, err) < 0)
        return err_set(err, ERR_ACCESS_DENIED,
                       "Access Denied. Access control lists of a bucket elsewhere take a client with access "
                       "keys.");
    return operation->copies ? s3_copy_source_read(call, &(struct s3_copy_source){0}, err) : 0;
}

/* An object has one version here, "null". Which ones another store has is its own to say. */
static int check_version(struct s3_call *call, bool elsewhere, struct err *err)
{
    struct str id = s3_version_id(call);
    if (!id.p || !call->operation)
        return 0;
    if (!call->operation->versioned)
        return err_set(err, ERR_INVALID_ARGUMENT, "This operation does not accept a version-id.");
    if (!id.n)
        return err_set(err, ERR_INVALID_ARGUMENT, "Version id cannot be the empty string");
    if (str_is(id, "null"))
        return 0;
    if (!elsewhere)
        return err_set(err, ERR_INVALID_ARGUMENT, "Invalid version id specified");
    call->operation = NULL;
    return 0;
}

/* Finds out what the request asks for. */
static int understand(struct s3_call *call, struct err *err)
{
    struct http_request *req = call->req;
    if (s3_target_parse(req->arena, req->path, &call->target, err) < 0 ||
        s3_query_parse(req->arena, req->query, &call->query, err) < 0 || refuse_twice(call, err) < 0)
        return -1;
    const char *subresource;
    if (s3_subresource(&call->query, &subresource, err) < 0)
        return -1;
    bool copies = str_is(req->method, "PUT") && s3_header(call, "x-amz-copy-source").p;
    call->operation = s3_operation_find(call->target.level, req->method, subresource, copies);
    bool elsewhere = s3_is_elsewhere(call);
    if (check_version(call, elsewhere, err) < 0)
        return -1;
    if (!call->operation && !(elsewhere && !call->grants && method_known(req->method)))
        return refuse_unknown(call, subresource, err);
    if (call->operation && s3_check_access(call, err) < 0)
        return -1;
    return elsewhere ? check_passed_on(call, err) : s3_refuse_other_owner(call, err);
}

struct s3_call *s3_head(struct s3_endpoint *e, struct http_request *req, const struct s3_auth *auth,
                        const struct s3_grants *grants)
{
    struct s3_call *call = arena_alloc(req->arena, sizeof *call);
    struct err err;
    call->endpoint = e;
    call->req = req;
    call->auth = *auth;
    call->grants = grants;
    bool understood = understand(call, &err) == 0;
    if (understood && s3_take_elsewhere(call))
        return call;
    if (!understood || (!call->operation->head && s3_refuse_framing(call, &err) < 0))
        s3_fail(call, &err);
    else if (call->operation->head)
        call->operation->head(call);
    else
        s3_document_take(call);
    return call;
}

void s3_done(struct s3_call *call)
{
    const struct s3_elsewhere *elsewhere = call->endpoint->config.elsewhere;
    struct err err;
    if (call->elsewhere)
        elsewhere->done(elsewhere->ctx, call);
    else if (!call->operation->head && s3_document_check(call, &err) < 0)
        s3_fail(call, &err);
    else
        call->operation->run(call);
}
