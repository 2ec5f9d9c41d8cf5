/* UploadPart: the upload is looked up while the body comes. */
#include "objects/s3/intake.h"
#include "objects/s3/operation.h"
#include "objects/s3/refuse.h"
#include "objects/s3/upload.h"

struct part {
    struct s3_call *call;
    int64_t number;
    struct s3_checksum expected; /* of the upload */
    bool chosen;                 /* the client chose it when it began the upload */
    struct s3_checksum checksum;
};

static void fail(struct part *p, const struct err *err)
{
    p->call->res.header_count = 0;
    s3_fail(p->call, err);
}

static void committed(void *ctx, const struct err *err)
{
    struct part *p = ctx;
    if (err) {
        fail(p, err);
        return;
    }
    objects_sweep(p->call->endpoint->objects); /* the part may have replaced one */
    s3_add_header(p->call, p->checksum.header, p->checksum.value);
    s3_respond(p->call, 200, STR_NULL);
}

/* The upload's checksum is made of those of its algorithm. */
static int check_algorithm(const struct part *p, const struct s3_checksum *checksum, struct err *err)
{
    if (!p->chosen || checksum->kind == p->expected.kind)
        return 0;
    return err_set(err, ERR_INVALID_REQUEST,
                   "Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s",
                   p->expected.name, checksum->name);
}

static void commit(struct part *p, struct object_body *body)
{
    struct s3_call *call = p->call;
    struct s3_endpoint *e = call->endpoint;
    bool fits = p->checksum.kind == p->expected.kind;
    s3_add_etag(call, arena_str(call->req->arena, str_from(object_body_info(body)->etag)));
    struct part_record r = {
        .upload_id = s3_query_get(&call->query, "uploadId"),
        .number = p->number,
        .checksum = fits ? p->checksum.value : STR_NULL,
        .modified_ms = s3_now_ms(call),
    };
    struct store_batch *batch = store_batch_new(e->store);
    objects_add_part(e->objects, batch, &r, body);
    store_commit(e->store, batch, committed, p);
}

static void body_taken(void *ctx, struct object_body *body, const struct s3_checksum *checksum,
                       const struct err *err)
{
    struct part *p = ctx;
    struct err wrong;
    if (err) {
        fail(p, err);
        return;
    }
    p->checksum = *checksum;
    if (check_algorithm(p, checksum, &wrong) == 0) {
        commit(p, body);
        return;
    }
    object_body_free(body);
    fail(p, &wrong);
}

static void found(void *ctx, const struct upload_record *u, const struct err *err)
{
    struct part *p = ctx;
    struct err wrong;
    if (!err && u->done_etag.p) {
        s3_no_such_upload(&wrong);
        err = &wrong;
    }
    if (err) {
        s3_intake_refuse(p->call->intake);
        fail(p, err);
        return;
    }
    p->expected = s3_upload_checksum(u);
    p->chosen = u->checksum.p != NULL;
    s3_intake_admit(p->call->intake);
}

void s3_upload_part_head(struct s3_call *call)
{
    struct part *p = arena_alloc(call->req->arena, sizeof *p);
    struct err err;
    p->call = call;
    if (s3_part_number_read(call, &p->number, &err) < 0 || s3_refuse_headers(&call->req->headers, &err) < 0 ||
        s3_intake_begin(call, call->endpoint->config.max_object_bytes, body_taken, p, &err) < 0) {
        s3_fail(call, &err);
        return;
    }
    s3_intake_in_file(call->intake);
    s3_upload_find(call, found, p);
}
