#include "store/backend.h"

#include "base/log.h"

/* What a change, an error and alignment may cost beyond the strings that are counted. */
enum { SLACK_BYTES = 1024 * 1024 };

static void finish(struct job *j);

struct store_batch *store_batch_new(struct store *s)
{
    struct arena *a = arena_new((size_t)BATCH_BYTES_MAX + SLACK_BYTES);
    struct store_batch *b = arena_alloc(a, sizeof *b);
    *b = (struct store_batch){.job.finish = finish, .arena = a, .store = s};
    b->last = &b->first;
    return b;
}

static void end(struct store_batch *b, bool committed)
{
    for (struct batch_hook *h = b->hooks; h; h = h->next)
        h->fn(h->ctx, committed);
}

void store_batch_free(struct store_batch *b)
{
    if (!b)
        return;
    end(b, false);
    arena_free(b->arena);
}

static void log_failure(void *ctx, const struct err *err)
{
    (void)ctx;
    if (err)
        log_error("store", "a change was not saved", F_ERR(err));
}

static void finish(struct job *j)
{
    struct store_batch *b = CONTAINER_OF(j, struct store_batch, job);
    b->store->pending--;
    b->store->pending_batches--;
    end(b, !b->err);
    b->done(b->ctx, b->err);
    arena_free(b->arena);
}

void store_commit(struct store *s, struct store_batch *b, store_done_fn *done, void *ctx)
{
    b->done = done ? done : log_failure;
    b->ctx = ctx;
    s->pending++;
    s->pending_batches++;
    if (b->too_large) {
        struct err err;
        err_set(&err, ERR_TOO_LARGE, "A change of more than %d MiB cannot be saved at once.",
                BATCH_BYTES_MAX >> 20);
        batch_fail(b, &err);
    }
    s->ops->commit(s, b);
}

static bool removes(enum change_kind kind)
{
    switch (kind) {
    case CHANGE_DELETE_WORKGROUP:
    case CHANGE_DELETE_QUERY_RESULT:
    case CHANGE_DELETE_DATA_CATALOG:
    case CHANGE_DELETE_TAG:
    case CHANGE_DELETE_TAGS:
    case CHANGE_DELETE_BUCKET:
    case CHANGE_DELETE_OBJECT:
    case CHANGE_END_DELIVERY:
    case CHANGE_END_REMOTE_UPLOAD:
    case CHANGE_FORGET_BLOB:
    case CHANGE_ABORT_UPLOAD:
    case CHANGE_PURGE_UPLOADS:
    case CHANGE_PURGE: return true;
    case CHANGE_PUT:
    case CHANGE_ADD_DATA_CATALOG:
    case CHANGE_ADD_TOKEN:
    case CHANGE_ADD_BUCKET:
    case CHANGE_ENSURE_BUCKET:
    case CHANGE_PUT_OBJECT:
    case CHANGE_TAG_OBJECT:
    case CHANGE_NOTE_DELIVERY:
    case CHANGE_ADD_UPLOAD:
    case CHANGE_PUT_PART:
    case CHANGE_COMPLETE_UPLOAD: return false;
    }
    return false;
}

bool batch_is_urgent(const struct store_batch *b)
{
    for (const struct change *c = b->first; c && !b->urgent; c = c->next)
        if (!removes(c->kind))
            return false;
    return true;
}

void store_batch_urgent(struct store_batch *b)
{
    b->urgent = true;
}

void batch_fail(struct store_batch *b, const struct err *err)
{
    b->err = arena_alloc(b->arena, sizeof *b->err);
    *b->err = *err;
}

/* --- Building --- */

/* Memory of the batch, or NULL once it has grown too large. */
static void *room(struct store_batch *b, size_t size)
{
    if (b->too_large || size > BATCH_BYTES_MAX || arena_used(b->arena) + size > BATCH_BYTES_MAX) {
        b->too_large = true;
        return NULL;
    }
    return arena_alloc(b->arena, size);
}

static void copy_str(struct store_batch *b, struct str *s)
{
    char *p = s->p ? room(b, s->n + 1) : NULL;
    if (p && s->n)
        memcpy(p, s->p, s->n);
    *s = p ? str_of(p, s->n) : STR_NULL;
}

void store_batch_on_end(struct store_batch *b, store_batch_end_fn *fn, void *ctx)
{
    struct batch_hook *h = arena_alloc(b->arena, sizeof *h);
    *h = (struct batch_hook){b->hooks, fn, ctx};
    b->hooks = h;
}

/* Adds a copy of the change, or nothing once the batch has grown too large. */
static struct change *add(struct store_batch *b, const struct change *from)
{
    struct change *c = room(b, sizeof *c);
    if (!c)
        return NULL;
    *c = *from;
    *b->last = c;
    b->last = &c->next;
    return c;
}

/* Adds a change that carries a record of the table. */
static void add_record(struct store_batch *b, enum change_kind kind, enum table_id id,
                       const struct change *from)
{
    struct change *c = add(b, from);
    if (!c)
        return;
    c->kind = kind;
    c->table = id;
    for (size_t i = 0; i < tables[id].count; i++) {
        const struct column *column = &tables[id].columns[i];
        if (column_is_str(column))
            copy_str(b, column_str(column, &c->of));
    }
    copy_str(b, &c->condition.must_have_etag);
    copy_str(b, &c->upload_id);
    copy_str(b, &c->checksum);
}

static void add_name(struct store_batch *b, enum change_kind kind, struct str name)
{
    struct change *c = add(b, &(struct change){.kind = kind, .of.name = name});
    if (c)
        copy_str(b, &c->of.name);
}

void store_put_session(struct store_batch *b, const struct session_record *r)
{
    add_record(b, CHANGE_PUT, TABLE_SESSIONS, &(struct change){.of.session = *r});
}

void store_put_calculation(struct store_batch *b, const struct calculation_record *r)
{
    add_record(b, CHANGE_PUT, TABLE_CALCULATIONS, &(struct change){.of.calculation = *r});
}

void store_put_code(struct store_batch *b, struct str calculation_id, struct str code)
{
    add_record(b, CHANGE_PUT, TABLE_CODES, &(struct change){.of.code = {calculation_id, code}});
}

void store_put_query(struct store_batch *b, const struct query_record *r)
{
    add_record(b, CHANGE_PUT, TABLE_QUERIES, &(struct change){.of.query = *r});
}

void store_put_query_result(struct store_batch *b, const struct query_result_record *r)
{
    add_record(b, CHANGE_PUT, TABLE_QUERY_RESULTS, &(struct change){.of.query_result = *r});
}

void store_delete_query_result(struct store_batch *b, struct str query_id)
{
    add_name(b, CHANGE_DELETE_QUERY_RESULT, query_id);
}

void store_add_data_catalog(struct store_batch *b, const struct data_catalog_record *r)
{
    add_record(b, CHANGE_ADD_DATA_CATALOG, TABLE_DATA_CATALOGS, &(struct change){.of.data_catalog = *r});
}

void store_put_data_catalog(struct store_batch *b, const struct data_catalog_record *r)
{
    add_record(b, CHANGE_PUT, TABLE_DATA_CATALOGS, &(struct change){.of.data_catalog = *r});
}

void store_delete_data_catalog(struct store_batch *b, struct str name)
{
    add_name(b, CHANGE_DELETE_DATA_CATALOG, name);
}

void store_put_workgroup(struct store_batch *b, const struct workgroup_record *r)
{
    add_record(b, CHANGE_PUT, TABLE_WORKGROUPS, &(struct change){.of.workgroup = *r});
}

void store_delete_workgroup(struct store_batch *b, struct str name)
{
    add_name(b, CHANGE_DELETE_WORKGROUP, name);
}

static struct str resource_of(struct str arn)
{
    const char *slash = arn.n ? memrchr(arn.p, '/', arn.n) : NULL;
    return slash ? str_sub(arn, (size_t)(slash + 1 - arn.p), arn.n) : arn;
}

void store_put_tag(struct store_batch *b, struct str arn, const struct tag_record *r)
{
    add_record(b, CHANGE_PUT, TABLE_TAGS, &(struct change){.of.tag = {arn, *r, resource_of(arn)}});
}

void store_delete_tag(struct store_batch *b, struct str arn, struct str key)
{
    add_record(b, CHANGE_DELETE_TAG, TABLE_TAGS, &(struct change){.of.tag = {.arn = arn, .tag.key = key}});
}

void store_delete_tags(struct store_batch *b, struct str arn)
{
    add_name(b, CHANGE_DELETE_TAGS, arn);
}

void store_add_token(struct store_batch *b, const struct token_record *r)
{
    add_record(b, CHANGE_ADD_TOKEN, TABLE_TOKENS, &(struct change){.of.token = *r});
}

void store_put_meta(struct store_batch *b, struct str key, struct str value)
{
    add_record(b, CHANGE_PUT, TABLE_META, &(struct change){.of.meta = {key, value}});
}

void store_add_bucket(struct store_batch *b, const struct bucket_record *r)
{
    add_record(b, CHANGE_ADD_BUCKET, TABLE_BUCKETS, &(struct change){.of.bucket = *r});
}

void store_ensure_bucket(struct store_batch *b, const struct bucket_record *r)
{
    add_record(b, CHANGE_ENSURE_BUCKET, TABLE_BUCKETS, &(struct change){.of.bucket = *r});
}

void store_delete_bucket(struct store_batch *b, struct str name)
{
    add_name(b, CHANGE_DELETE_BUCKET, name);
}

void store_put_object(struct store_batch *b, const struct object_record *r,
                      const struct object_condition *condition)
{
    struct change c = {.of.object = *r};
    if (condition)
        c.condition = *condition;
    add_record(b, CHANGE_PUT_OBJECT, TABLE_OBJECTS, &c);
}

void store_delete_object(struct store_batch *b, struct str bucket, struct str key,
                         const struct object_condition *condition)
{
    struct change c = {.of.object = {.bucket = bucket, .key = key}};
    if (condition)
        c.condition = *condition;
    add_record(b, CHANGE_DELETE_OBJECT, TABLE_OBJECTS, &c);
}

void store_tag_object(struct store_batch *b, struct str bucket, struct str key, struct str tags)
{
    add_record(b, CHANGE_TAG_OBJECT, TABLE_OBJECTS,
               &(struct change){.of.object = {.bucket = bucket, .key = key, .tags = tags}});
}

void store_put_delivery(struct store_batch *b, const struct delivery_record *r)
{
    add_record(b, CHANGE_PUT, TABLE_DELIVERIES, &(struct change){.of.delivery = *r});
}

void store_note_delivery(struct store_batch *b, const struct delivery_record *r)
{
    add_record(b, CHANGE_NOTE_DELIVERY, TABLE_DELIVERIES, &(struct change){.of.delivery = *r});
}

void store_end_delivery(struct store_batch *b, const struct delivery_record *r)
{
    add_record(b, CHANGE_END_DELIVERY, TABLE_DELIVERIES, &(struct change){.of.delivery = *r});
}

void store_put_remote_upload(struct store_batch *b, const struct remote_upload_record *r)
{
    add_record(b, CHANGE_PUT, TABLE_REMOTE_UPLOADS, &(struct change){.of.remote_upload = *r});
}

void store_end_remote_upload(struct store_batch *b, struct str bucket, struct str key, struct str upload_id)
{
    add_record(b, CHANGE_END_REMOTE_UPLOAD, TABLE_REMOTE_UPLOADS,
               &(struct change){.of.remote_upload = {.bucket = bucket, .key = key, .upload_id = upload_id}});
}

void store_forget_blob(struct store_batch *b, struct str blob_id)
{
    add_name(b, CHANGE_FORGET_BLOB, blob_id);
}

void store_add_upload(struct store_batch *b, const struct upload_record *r)
{
    add_record(b, CHANGE_ADD_UPLOAD, TABLE_UPLOADS, &(struct change){.of.upload = *r});
}

void store_put_part(struct store_batch *b, const struct part_record *r)
{
    add_record(b, CHANGE_PUT_PART, TABLE_PARTS, &(struct change){.of.part = *r});
}

void store_complete_upload(struct store_batch *b, struct str upload_id, struct str checksum,
                           const struct object_record *r, const struct object_condition *condition)
{
    struct change c = {.of.object = *r, .upload_id = upload_id, .checksum = checksum};
    if (condition)
        c.condition = *condition;
    add_record(b, CHANGE_COMPLETE_UPLOAD, TABLE_OBJECTS, &c);
}

void store_abort_upload(struct store_batch *b, struct str upload_id)
{
    add_name(b, CHANGE_ABORT_UPLOAD, upload_id);
}

void store_purge_uploads(struct store_batch *b, int64_t before_ms, size_t limit)
{
    struct store_purge p = {.before_ms = before_ms, .limit = limit};
    add(b, &(struct change){.kind = CHANGE_PURGE_UPLOADS, .of.purge = p});
}

void store_purge(struct store_batch *b, const struct store_purge *p)
{
    add(b, &(struct change){.kind = CHANGE_PURGE, .of.purge = *p});
}
