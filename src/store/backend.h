/* Between the store's interface and a backend: a batch of changes and a read as plain data, and what a
 * backend does with them. Private to the store. */
#pragma once

#include "base/arena.h"
#include "store/queue.h"
#include "store/store.h"
#include "store/tables.h"

enum {
    BATCH_BYTES_MAX = 64 * 1024 * 1024,  /* larger batches fail */
    RESULT_BYTES_MAX = 64 * 1024 * 1024, /* larger results fail; one row more may follow the last that fits */
};

enum change_kind {
    CHANGE_PUT, /* `table` says which record */
    CHANGE_DELETE_WORKGROUP,
    CHANGE_DELETE_QUERY_RESULT,
    CHANGE_ADD_DATA_CATALOG,
    CHANGE_DELETE_DATA_CATALOG,
    CHANGE_DELETE_TAG,
    CHANGE_DELETE_TAGS,
    CHANGE_ADD_TOKEN,
    CHANGE_ADD_BUCKET,
    CHANGE_ENSURE_BUCKET,
    CHANGE_DELETE_BUCKET,
    CHANGE_PUT_OBJECT,
    CHANGE_DELETE_OBJECT,
    CHANGE_TAG_OBJECT,
    CHANGE_NOTE_DELIVERY,
    CHANGE_END_DELIVERY,
    CHANGE_END_REMOTE_UPLOAD,
    CHANGE_FORGET_BLOB,
    CHANGE_ADD_UPLOAD,
    CHANGE_PUT_PART,
    CHANGE_COMPLETE_UPLOAD,
    CHANGE_ABORT_UPLOAD,
    CHANGE_PURGE_UPLOADS,
    CHANGE_PURGE,
};

struct change {
    struct change *next;
    enum change_kind kind;
    enum table_id table;
    union {
        struct session_record session;
        struct calculation_record calculation;
        struct code_row code;
        struct query_record query;
        struct query_result_record query_result;
        struct data_catalog_record data_catalog;
        struct workgroup_record workgroup;
        struct tag_row tag;
        struct token_record token;
        struct meta_row meta;
        struct bucket_record bucket;
        struct object_record object;
        struct upload_record upload;
        struct part_record part;
        struct delivery_record delivery;
        struct remote_upload_record remote_upload;
        struct str name; /* of what is deleted, when one string says it */
        struct store_purge purge;
    } of;
    struct object_condition condition; /* of a change of an object */
    struct str upload_id;              /* CHANGE_COMPLETE_UPLOAD, as the next */
    struct str checksum;
};

struct batch_hook {
    struct batch_hook *next;
    store_batch_end_fn *fn;
    void *ctx;
};

/* Lies in its own arena. */
struct store_batch {
    struct job job;
    struct arena *arena;
    struct store *store;
    struct change *first;
    struct change **last;
    bool too_large;
    bool urgent;
    struct batch_hook *hooks;
    store_done_fn *done;
    void *ctx;
    struct err *err; /* set by the backend; NULL: durable */
};

enum read_kind {
    READ_SESSION,
    READ_SESSIONS,
    READ_LIVE_SESSIONS,
    READ_CALCULATION,
    READ_CALCULATIONS,
    READ_LIVE_CALCULATIONS,
    READ_CODE,
    READ_QUERY,
    READ_QUERIES,
    READ_LIVE_QUERIES,
    READ_QUERY_RESULT,
    READ_DATA_CATALOG,
    READ_DATA_CATALOGS,
    READ_WORKGROUPS,
    READ_TAGS,
    READ_TOKEN,
    READ_META,
    READ_BUCKET,
    READ_BUCKETS,
    READ_OBJECT,
    READ_OBJECTS,
    READ_UPLOAD,
    READ_PARTS,
    READ_UPLOADS,
    READ_DELIVERIES,
    READ_REMOTE_UPLOADS,
    READ_GARBAGE,
    READ_UNKNOWN_BLOBS,
};

/* What is asked and, once the backend has run it, the answer. Lies in its own arena, which holds the answer
 * too. */
struct store_read {
    struct job job;
    struct arena *arena;
    struct store *store;
    enum read_kind kind;
    struct str key;     /* id, name, ARN, scope, bucket, or ids joined by '\n' */
    struct str sub_key; /* token, object key */
    struct store_list list;
    struct store_object_list objects;
    struct store_upload_list uploads;
    int64_t after;
    size_t limit;
    struct queue *answer_to;

    struct err *err;     /* NULL: success */
    const void *records; /* of the kind's record */
    size_t count;
    struct str text;
    struct store_object_page page;
    struct store_upload_page upload_page;

    union {
        store_session_fn *session;
        store_sessions_fn *sessions;
        store_calculation_fn *calculation;
        store_calculations_fn *calculations;
        store_text_fn *text;
        store_query_fn *query;
        store_queries_fn *queries;
        store_query_result_fn *query_result;
        store_data_catalog_fn *data_catalog;
        store_data_catalogs_fn *data_catalogs;
        store_workgroups_fn *workgroups;
        store_tags_fn *tags;
        store_token_fn *token;
        store_bucket_fn *bucket;
        store_buckets_fn *buckets;
        store_object_fn *object;
        store_object_page_fn *page;
        store_upload_fn *upload;
        store_parts_fn *parts;
        store_upload_page_fn *upload_page;
        store_deliveries_fn *deliveries;
        store_remote_uploads_fn *remote_uploads;
    } fn;
    void *ctx;
};

/* What a backend does. It runs on threads of its own, keeps the order of the batches, and hands each job
 * back, its answer filled in, by store_answer (batches) or to `answer_to` (reads). */
struct store_ops {
    void (*commit)(struct store *s, struct store_batch *b);
    void (*read)(struct store *s, struct store_read *r);
    void (*get_stats)(const struct store *s, struct store_stats *ret);
    /* Nothing is under way any more: stops the threads, frees the store. */
    void (*stop)(struct store *s);
};

/* Jobs on their way back to the loop. Outlives the store by the turn in which its handle closes. */
struct answers {
    struct queue queue;
    uv_async_t wake;
};

/* Lies first in a backend's own struct. */
struct store {
    const struct store_ops *ops;
    struct answers *answers;
    size_t pending; /* batches and reads not yet answered */
    size_t pending_batches;
    uint64_t reads;
};

void store_init(struct store *s, const struct store_ops *ops, struct loop *loop);
void store_done(struct store *s);
/* Any thread: finishes the jobs on the loop thread, in order. */
void store_answer(struct store *s, struct list *jobs);

void batch_fail(struct store_batch *b, const struct err *err);
/* It may use the reserve on a full disk: store_batch_urgent was called, or it only removes. */
bool batch_is_urgent(const struct store_batch *b);
void read_fail(struct store_read *r, const struct err *err);
