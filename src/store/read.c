#include "store/backend.h"

static void finish(struct job *j);

static struct store_read *read_new(struct store *s, enum read_kind kind, void *ctx)
{
    struct arena *a = arena_new(4 * (size_t)RESULT_BYTES_MAX);
    struct store_read *r = arena_alloc(a, sizeof *r);
    *r = (struct store_read){.job.finish = finish, .arena = a, .store = s, .kind = kind, .ctx = ctx};
    return r;
}

static void submit(struct store_read *r)
{
    struct store *s = r->store;
    s->pending++;
    s->reads++;
    r->answer_to = &s->answers->queue;
    s->ops->read(s, r);
}

void read_fail(struct store_read *r, const struct err *err)
{
    r->err = arena_alloc(r->arena, sizeof *r->err);
    *r->err = *err;
    r->records = NULL;
    r->count = 0;
    r->text = STR_NULL;
}

static void answer(const struct store_read *r)
{
    switch (r->kind) {
    case READ_SESSION: r->fn.session(r->ctx, r->records, r->err); break;
    case READ_SESSIONS:
    case READ_LIVE_SESSIONS: r->fn.sessions(r->ctx, r->records, r->count, r->err); break;
    case READ_CALCULATION: r->fn.calculation(r->ctx, r->records, r->err); break;
    case READ_CALCULATIONS:
    case READ_LIVE_CALCULATIONS: r->fn.calculations(r->ctx, r->records, r->count, r->err); break;
    case READ_QUERY: r->fn.query(r->ctx, r->records, r->err); break;
    case READ_QUERIES:
    case READ_LIVE_QUERIES: r->fn.queries(r->ctx, r->records, r->count, r->err); break;
    case READ_QUERY_RESULT: r->fn.query_result(r->ctx, r->records, r->err); break;
    case READ_DATA_CATALOG: r->fn.data_catalog(r->ctx, r->records, r->err); break;
    case READ_DATA_CATALOGS: r->fn.data_catalogs(r->ctx, r->records, r->count, r->err); break;
    case READ_WORKGROUPS: r->fn.workgroups(r->ctx, r->records, r->count, r->err); break;
    case READ_TAGS: r->fn.tags(r->ctx, r->records, r->count, r->err); break;
    case READ_TOKEN: r->fn.token(r->ctx, r->records, r->err); break;
    case READ_BUCKET: r->fn.bucket(r->ctx, r->records, r->err); break;
    case READ_BUCKETS: r->fn.buckets(r->ctx, r->records, r->count, r->err); break;
    case READ_OBJECT: r->fn.object(r->ctx, r->records, r->err); break;
    case READ_OBJECTS: r->fn.page(r->ctx, r->err ? NULL : &r->page, r->err); break;
    case READ_UPLOAD: r->fn.upload(r->ctx, r->records, r->err); break;
    case READ_PARTS: r->fn.parts(r->ctx, r->records, r->count, r->err); break;
    case READ_UPLOADS: r->fn.upload_page(r->ctx, r->err ? NULL : &r->upload_page, r->err); break;
    case READ_REMOTE_UPLOADS: r->fn.remote_uploads(r->ctx, r->records, r->count, r->err); break;
    case READ_DELIVERIES: r->fn.deliveries(r->ctx, r->records, r->count, r->err); break;
    case READ_CODE:
    case READ_META:
    case READ_GARBAGE:
    case READ_UNKNOWN_BLOBS: r->fn.text(r->ctx, r->text, r->err); break;
    }
}

static void finish(struct job *j)
{
    struct store_read *r = CONTAINER_OF(j, struct store_read, job);
    r->store->pending--;
    answer(r);
    arena_free(r->arena);
}

/* Runs the read on the backend's thread and waits for it. */
static int wait_for(struct store_read *r, struct err *err)
{
    struct queue here;
    struct list done;
    queue_init(&here, NULL, NULL);
    r->answer_to = &here;
    r->store->ops->read(r->store, r);
    queue_wait(&here, &done);
    queue_done(&here);
    int rc = r->err ? -1 : 0;
    if (r->err)
        *err = *r->err;
    else
        answer(r);
    arena_free(r->arena);
    return rc;
}

void store_get_session(struct store *s, struct str id, store_session_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_SESSION, ctx);
    r->key = arena_str(r->arena, id);
    r->fn.session = fn;
    submit(r);
}

static void copy_list(struct store_read *r, const struct store_list *q)
{
    REQUIRE(q->state_count <= STORE_STATES_MAX);
    r->list = *q;
    r->list.within = arena_str(r->arena, q->within);
    for (size_t i = 0; i < q->state_count; i++)
        r->list.states[i] = arena_str(r->arena, q->states[i]);
}

void store_list_sessions(struct store *s, const struct store_list *q, store_sessions_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_SESSIONS, ctx);
    copy_list(r, q);
    r->fn.sessions = fn;
    submit(r);
}

void store_get_calculation(struct store *s, struct str id, store_calculation_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_CALCULATION, ctx);
    r->key = arena_str(r->arena, id);
    r->fn.calculation = fn;
    submit(r);
}

void store_list_calculations(struct store *s, const struct store_list *q, store_calculations_fn *fn,
                             void *ctx)
{
    struct store_read *r = read_new(s, READ_CALCULATIONS, ctx);
    copy_list(r, q);
    r->fn.calculations = fn;
    submit(r);
}

void store_get_code(struct store *s, struct str calculation_id, store_text_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_CODE, ctx);
    r->key = arena_str(r->arena, calculation_id);
    r->fn.text = fn;
    submit(r);
}

void store_get_query(struct store *s, struct str id, store_query_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_QUERY, ctx);
    r->key = arena_str(r->arena, id);
    r->fn.query = fn;
    submit(r);
}

void store_list_queries(struct store *s, const struct store_list *q, store_queries_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_QUERIES, ctx);
    copy_list(r, q);
    r->fn.queries = fn;
    submit(r);
}

void store_get_query_result(struct store *s, struct str query_id, store_query_result_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_QUERY_RESULT, ctx);
    r->key = arena_str(r->arena, query_id);
    r->fn.query_result = fn;
    submit(r);
}

void store_get_data_catalog(struct store *s, struct str name, store_data_catalog_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_DATA_CATALOG, ctx);
    r->key = arena_str(r->arena, name);
    r->fn.data_catalog = fn;
    submit(r);
}

void store_list_data_catalogs(struct store *s, store_data_catalogs_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_DATA_CATALOGS, ctx);
    r->fn.data_catalogs = fn;
    submit(r);
}

void store_list_tags(struct store *s, struct str arn, store_tags_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_TAGS, ctx);
    r->key = arena_str(r->arena, arn);
    r->fn.tags = fn;
    submit(r);
}

void store_get_token(struct store *s, struct str scope, struct str token, store_token_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_TOKEN, ctx);
    r->key = arena_str(r->arena, scope);
    r->sub_key = arena_str(r->arena, token);
    r->fn.token = fn;
    submit(r);
}

void store_get_bucket(struct store *s, struct str name, store_bucket_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_BUCKET, ctx);
    r->key = arena_str(r->arena, name);
    r->fn.bucket = fn;
    submit(r);
}

void store_list_buckets(struct store *s, store_buckets_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_BUCKETS, ctx);
    r->fn.buckets = fn;
    submit(r);
}

void store_get_object(struct store *s, struct str bucket, struct str key, store_object_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_OBJECT, ctx);
    r->key = arena_str(r->arena, bucket);
    r->sub_key = arena_str(r->arena, key);
    r->fn.object = fn;
    submit(r);
}

void store_list_objects(struct store *s, const struct store_object_list *q, store_object_page_fn *fn,
                        void *ctx)
{
    struct store_read *r = read_new(s, READ_OBJECTS, ctx);
    r->objects = (struct store_object_list){
        .bucket = arena_str(r->arena, q->bucket),
        .prefix = arena_str(r->arena, q->prefix),
        .delimiter = arena_str(r->arena, q->delimiter),
        .start_after = arena_str(r->arena, q->start_after),
        .limit = q->limit,
    };
    r->fn.page = fn;
    submit(r);
}

void store_get_upload(struct store *s, struct str id, store_upload_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_UPLOAD, ctx);
    r->key = arena_str(r->arena, id);
    r->fn.upload = fn;
    submit(r);
}

void store_list_parts(struct store *s, struct str upload_id, int64_t after, size_t limit, store_parts_fn *fn,
                      void *ctx)
{
    struct store_read *r = read_new(s, READ_PARTS, ctx);
    r->key = arena_str(r->arena, upload_id);
    r->after = after;
    r->limit = limit;
    r->fn.parts = fn;
    submit(r);
}

void store_list_uploads(struct store *s, const struct store_upload_list *q, store_upload_page_fn *fn,
                        void *ctx)
{
    struct store_read *r = read_new(s, READ_UPLOADS, ctx);
    r->uploads = (struct store_upload_list){
        .bucket = arena_str(r->arena, q->bucket),
        .prefix = arena_str(r->arena, q->prefix),
        .delimiter = arena_str(r->arena, q->delimiter),
        .after_key = arena_str(r->arena, q->after_key),
        .after_id = arena_str(r->arena, q->after_id),
        .limit = q->limit,
    };
    r->fn.upload_page = fn;
    submit(r);
}

void store_read_garbage(struct store *s, size_t limit, store_text_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_GARBAGE, ctx);
    r->limit = limit;
    r->fn.text = fn;
    submit(r);
}

void store_read_unknown_blobs(struct store *s, struct str blob_ids, store_text_fn *fn, void *ctx)
{
    struct store_read *r = read_new(s, READ_UNKNOWN_BLOBS, ctx);
    r->key = arena_str(r->arena, blob_ids);
    r->fn.text = fn;
    submit(r);
}

int store_load_workgroups(struct store *s, store_workgroups_fn *fn, void *ctx, struct err *err)
{
    struct store_read *r = read_new(s, READ_WORKGROUPS, ctx);
    r->fn.workgroups = fn;
    return wait_for(r, err);
}

int store_load_live_sessions(struct store *s, store_sessions_fn *fn, void *ctx, struct err *err)
{
    struct store_read *r = read_new(s, READ_LIVE_SESSIONS, ctx);
    r->fn.sessions = fn;
    return wait_for(r, err);
}

int store_load_live_calculations(struct store *s, store_calculations_fn *fn, void *ctx, struct err *err)
{
    struct store_read *r = read_new(s, READ_LIVE_CALCULATIONS, ctx);
    r->fn.calculations = fn;
    return wait_for(r, err);
}

int store_load_live_queries(struct store *s, store_queries_fn *fn, void *ctx, struct err *err)
{
    struct store_read *r = read_new(s, READ_LIVE_QUERIES, ctx);
    r->fn.queries = fn;
    return wait_for(r, err);
}

int store_load_deliveries(struct store *s, store_deliveries_fn *fn, void *ctx, struct err *err)
{
    struct store_read *r = read_new(s, READ_DELIVERIES, ctx);
    r->fn.deliveries = fn;
    return wait_for(r, err);
}

int store_load_remote_uploads(struct store *s, store_remote_uploads_fn *fn, void *ctx, struct err *err)
{
    struct store_read *r = read_new(s, READ_REMOTE_UPLOADS, ctx);
    r->fn.remote_uploads = fn;
    return wait_for(r, err);
}

int store_load_meta(struct store *s, struct str key, store_text_fn *fn, void *ctx, struct err *err)
{
    struct store_read *r = read_new(s, READ_META, ctx);
    r->key = arena_str(r->arena, key);
    r->fn.text = fn;
    return wait_for(r, err);
}
