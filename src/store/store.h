/* The store: everything durable but large object bodies. Changes are collected in a batch and committed as
 * one; a writer thread commits batches in the order in which they came, several in one transaction (group
 * commit). Reads run on another thread, see only what is committed, and never wait for the writer. Everything
 * here is for the loop thread and answers on it, later, never inside the call; what an answer carries is
 * borrowed until it returns. */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "loop/loop.h"
#include "store/records.h"

struct store;
struct store_batch;

struct store_stats {
    uint64_t commits;  /* transactions */
    uint64_t batches;  /* batches in them */
    uint64_t failures; /* batches that failed */
    uint64_t reads;
    uint64_t queued;       /* batches that wait now */
    uint64_t commit_nanos; /* time spent committing, total */
};

/* Opens or makes DIR/glaux.db and migrates it. Fails for a folder of a newer program, with both versions in
 * the sentence. Blocks: for the start of the server. */
struct store *store_open_sqlite(struct loop *loop, const char *dir, struct err *err) MUST_CHECK;
/* Commits what is queued, answers it, stops the threads. Blocks; not from inside an answer. The loop closes
 * the store's handle at its next turn (loop_free makes one). NULL is allowed. */
void store_close(struct store *s);
void store_get_stats(const struct store *s, struct store_stats *ret);

/* --- Changes --- */

struct store_batch *store_batch_new(struct store *s);
/* For a batch that is not committed. NULL is allowed. */
void store_batch_free(struct store_batch *b);
/* Called once on the loop thread when the batch has ended, before its `done`: committed, or failed or freed.
 * For what lies outside the store and follows the batch, such as a file. */
typedef void store_batch_end_fn(void *ctx, bool committed);
void store_batch_on_end(struct store_batch *b, store_batch_end_fn *fn, void *ctx);

/* On a full disk a batch that only removes may use the data folder's reserve (base/reserve.h); with this any
 * batch may: the end of what takes room. All others fail with ERR_NO_SPACE. */
void store_batch_urgent(struct store_batch *b);

/* All strings are copied. A put adds or replaces by id. A batch of more than 64 MiB fails with ERR_TOO_LARGE.
 */
void store_put_session(struct store_batch *b, const struct session_record *r);
void store_put_calculation(struct store_batch *b, const struct calculation_record *r);
/* Once, beside the calculation's first put. */
void store_put_code(struct store_batch *b, struct str calculation_id, struct str code);
void store_put_query(struct store_batch *b, const struct query_record *r);
void store_put_query_result(struct store_batch *b, const struct query_result_record *r);
void store_delete_query_result(struct store_batch *b, struct str query_id);
/* The batch fails with ERR_CONFLICT if there is one of that name. */
void store_add_data_catalog(struct store_batch *b, const struct data_catalog_record *r);
void store_put_data_catalog(struct store_batch *b, const struct data_catalog_record *r);
void store_delete_data_catalog(struct store_batch *b, struct str name);
void store_put_workgroup(struct store_batch *b, const struct workgroup_record *r);
void store_delete_workgroup(struct store_batch *b, struct str name);
void store_put_tag(struct store_batch *b, struct str arn, const struct tag_record *r);
void store_delete_tag(struct store_batch *b, struct str arn, struct str key);
void store_delete_tags(struct store_batch *b, struct str arn);
/* The batch fails with ERR_CONFLICT if the scope has the token already. */
void store_add_token(struct store_batch *b, const struct token_record *r);
void store_put_meta(struct store_batch *b, struct str key, struct str value);
/* The batch fails with ERR_BUCKET_EXISTS / ERR_NO_SUCH_BUCKET / ERR_BUCKET_NOT_EMPTY. */
void store_add_bucket(struct store_batch *b, const struct bucket_record *r);
/* Nothing happens if there is one of that name. */
void store_ensure_bucket(struct store_batch *b, const struct bucket_record *r);
void store_delete_bucket(struct store_batch *b, struct str name);

/* Conditions on what the key holds when the batch is applied; zeroed: none. The batch fails with
 * ERR_PRECONDITION. */
struct object_condition {
    bool must_be_absent;       /* If-None-Match: * */
    bool must_exist;           /* If-Match: * */
    struct str must_have_etag; /* If-Match */
};
/* Fails with ERR_NO_SUCH_BUCKET, ERR_PRECONDITION, ERR_NO_SUCH_KEY (a condition asks for an object, and there
 * is none), ERR_BLOB_GONE (one of its blobs is garbage already: what was to be copied was deleted meanwhile).
 * A blob that nothing names any more is listed by store_read_garbage. */
void store_put_object(struct store_batch *b, const struct object_record *r,
                      const struct object_condition *condition);
/* No error if there is none, whatever the condition, which may be NULL. */
void store_delete_object(struct store_batch *b, struct str bucket, struct str key,
                         const struct object_condition *condition);
/* Replaces the tags of an object; absent: none. ERR_NO_SUCH_KEY, ERR_NO_SUCH_BUCKET. */
void store_tag_object(struct store_batch *b, struct str bucket, struct str key, struct str tags);
void store_put_delivery(struct store_batch *b, const struct delivery_record *r);
/* Of a delivery that waits, by bucket, key, etag and created_ms. Nothing happens where it is there no more:
 * what waits under the key then is newer. */
/* An attempt has failed: attempts, next_ms and error change. */
void store_note_delivery(struct store_batch *b, const struct delivery_record *r);
/* It waits no longer: the delivery goes, and its object. */
void store_end_delivery(struct store_batch *b, const struct delivery_record *r);
void store_put_remote_upload(struct store_batch *b, const struct remote_upload_record *r);
void store_end_remote_upload(struct store_batch *b, struct str bucket, struct str key, struct str upload_id);
/* The blob's file is gone. */
void store_forget_blob(struct store_batch *b, struct str blob_id);

/* Multipart uploads. Each fails with ERR_NO_SUCH_UPLOAD if there is no open upload of that id. */
/* ERR_NO_SUCH_BUCKET. */
void store_add_upload(struct store_batch *b, const struct upload_record *r);
/* Adds the part or replaces the one of its number. ERR_BLOB_GONE as for store_put_object. */
void store_put_part(struct store_batch *b, const struct part_record *r);
/* The upload becomes the object, its parts go. Fails as store_put_object does; ERR_BLOB_GONE when a part that
 * the object has pieces of was replaced meanwhile. */
void store_complete_upload(struct store_batch *b, struct str upload_id, struct str checksum,
                           const struct object_record *r, const struct object_condition *condition);
void store_abort_upload(struct store_batch *b, struct str upload_id);
/* Forgets uploads that were begun before, and their parts; at most `limit`, the oldest first. */
void store_purge_uploads(struct store_batch *b, int64_t before_ms, size_t limit);
struct store_purge {
    int64_t before_ms;        /* sessions and queries that ended before it, the oldest first */
    int64_t tokens_before_ms; /* tokens made before it */
    size_t limit;             /* most sessions, and most queries, of one call */
    bool results;             /* their calculations' objects in the built-in store as well */
};
/* Removes sessions and queries of the past with their calculations, code, tags, tokens and results. */
void store_purge(struct store_batch *b, const struct store_purge *p);

/* `err` is NULL when the batch is durable; else nothing of it is applied. */
typedef void store_done_fn(void *ctx, const struct err *err);
/* Takes the batch over. `done` may be NULL (a failure is then logged). */
void store_commit(struct store *s, struct store_batch *b, store_done_fn *done, void *ctx);

/* --- Reads: `err` NULL on success; a record that is not there is NULL with no error. --- */

typedef void store_session_fn(void *ctx, const struct session_record *r, const struct err *err);
typedef void store_sessions_fn(void *ctx, const struct session_record *r, size_t count,
                               const struct err *err);
typedef void store_calculation_fn(void *ctx, const struct calculation_record *r, const struct err *err);
typedef void store_calculations_fn(void *ctx, const struct calculation_record *r, size_t count,
                                   const struct err *err);
typedef void store_text_fn(void *ctx, struct str text, const struct err *err);
typedef void store_tags_fn(void *ctx, const struct tag_record *r, size_t count, const struct err *err);
typedef void store_token_fn(void *ctx, const struct token_record *r, const struct err *err);
typedef void store_bucket_fn(void *ctx, const struct bucket_record *r, const struct err *err);
typedef void store_buckets_fn(void *ctx, const struct bucket_record *r, size_t count, const struct err *err);
typedef void store_object_fn(void *ctx, const struct object_record *r, const struct err *err);
typedef void store_upload_fn(void *ctx, const struct upload_record *r, const struct err *err);
typedef void store_parts_fn(void *ctx, const struct part_record *r, size_t count, const struct err *err);
typedef void store_deliveries_fn(void *ctx, const struct delivery_record *r, size_t count,
                                 const struct err *err);
typedef void store_remote_uploads_fn(void *ctx, const struct remote_upload_record *r, size_t count,
                                     const struct err *err);
typedef void store_workgroups_fn(void *ctx, const struct workgroup_record *r, size_t count,
                                 const struct err *err);

typedef void store_query_fn(void *ctx, const struct query_record *r, const struct err *err);
typedef void store_queries_fn(void *ctx, const struct query_record *r, size_t count, const struct err *err);
typedef void store_query_result_fn(void *ctx, const struct query_result_record *r, const struct err *err);
typedef void store_data_catalog_fn(void *ctx, const struct data_catalog_record *r, const struct err *err);
typedef void store_data_catalogs_fn(void *ctx, const struct data_catalog_record *r, size_t count,
                                    const struct err *err);

enum { STORE_STATES_MAX = 8 };

struct store_list {
    struct str within;                   /* workgroup, or session; required */
    struct str states[STORE_STATES_MAX]; /* any of these; none: all */
    size_t state_count;
    int64_t before_seq; /* newest first, from below this; 0: from the newest */
    size_t limit;
};

void store_get_session(struct store *s, struct str id, store_session_fn *fn, void *ctx);
void store_list_sessions(struct store *s, const struct store_list *q, store_sessions_fn *fn, void *ctx);
void store_get_calculation(struct store *s, struct str id, store_calculation_fn *fn, void *ctx);
void store_list_calculations(struct store *s, const struct store_list *q, store_calculations_fn *fn,
                             void *ctx);
void store_get_code(struct store *s, struct str calculation_id, store_text_fn *fn, void *ctx);
void store_get_query(struct store *s, struct str id, store_query_fn *fn, void *ctx);
/* Of the workgroup `within`; states are not asked for. */
void store_list_queries(struct store *s, const struct store_list *q, store_queries_fn *fn, void *ctx);
void store_get_query_result(struct store *s, struct str query_id, store_query_result_fn *fn, void *ctx);
void store_get_data_catalog(struct store *s, struct str name, store_data_catalog_fn *fn, void *ctx);
/* All, in the order of their names. */
void store_list_data_catalogs(struct store *s, store_data_catalogs_fn *fn, void *ctx);
void store_list_tags(struct store *s, struct str arn, store_tags_fn *fn, void *ctx);
void store_get_token(struct store *s, struct str scope, struct str token, store_token_fn *fn, void *ctx);
void store_get_bucket(struct store *s, struct str name, store_bucket_fn *fn, void *ctx);
void store_list_buckets(struct store *s, store_buckets_fn *fn, void *ctx);
/* NULL: no such key; ERR_NO_SUCH_BUCKET when there is not even the bucket. */
void store_get_object(struct store *s, struct str bucket, struct str key, store_object_fn *fn, void *ctx);
/* Also one that is complete. */
void store_get_upload(struct store *s, struct str id, store_upload_fn *fn, void *ctx);
/* By number, those above `after`. */
void store_list_parts(struct store *s, struct str upload_id, int64_t after, size_t limit, store_parts_fn *fn,
                      void *ctx);
/* Ids of blobs that nothing names, at most `limit`, joined by '\n'. */
void store_read_garbage(struct store *s, size_t limit, store_text_fn *fn, void *ctx);
/* Those of the blob ids (joined by '\n') that the store has never seen or has forgotten, joined by '\n'. */
void store_read_unknown_blobs(struct store *s, struct str blob_ids, store_text_fn *fn, void *ctx);

struct store_object_list {
    struct str bucket;
    struct str prefix;
    struct str delimiter;   /* absent: none */
    struct str start_after; /* keys above this, in byte order */
    size_t limit;           /* objects and common prefixes together */
};
struct store_object_page {
    const struct object_record *objects; /* bodies left out */
    size_t object_count;
    const struct str *prefixes;
    size_t prefix_count;
    bool truncated;
    /* For the page after this one. After a common prefix it is that prefix and a byte 0xFF, above every UTF-8
     * key under it: hand it back as it is, encoded in a token. */
    struct str next_start_after;
};
typedef void store_object_page_fn(void *ctx, const struct store_object_page *page, const struct err *err);
/* Fails with ERR_NO_SUCH_BUCKET. A limit of 0 gives an empty page that is not truncated. */
void store_list_objects(struct store *s, const struct store_object_list *q, store_object_page_fn *fn,
                        void *ctx);

struct store_upload_list {
    struct str bucket;
    struct str prefix;
    struct str delimiter; /* absent: none */
    struct str after_key; /* uploads of keys above this, */
    struct str after_id;  /* and of this key those with ids above this, if it is there */
    size_t limit;         /* uploads and common prefixes together */
};
struct store_upload_page {
    const struct upload_record *uploads; /* id, key and initiated_ms only */
    size_t upload_count;
    const struct str *prefixes;
    size_t prefix_count;
    bool truncated;
    struct str next_key; /* for the page after this one, as in store_object_page */
    struct str next_id;  /* absent after a common prefix */
};
typedef void store_upload_page_fn(void *ctx, const struct store_upload_page *page, const struct err *err);
/* Open uploads. Fails with ERR_NO_SUCH_BUCKET. */
void store_list_uploads(struct store *s, const struct store_upload_list *q, store_upload_page_fn *fn,
                        void *ctx);

/* --- At the start, before the loop runs: these block and call back inside the call. --- */

int store_load_workgroups(struct store *s, store_workgroups_fn *fn, void *ctx, struct err *err) MUST_CHECK;
/* Sessions that have not ended. */
int store_load_live_sessions(struct store *s, store_sessions_fn *fn, void *ctx, struct err *err) MUST_CHECK;
/* Calculations that have not ended, of whatever session. */
int store_load_live_calculations(struct store *s, store_calculations_fn *fn, void *ctx,
                                 struct err *err) MUST_CHECK;
/* Queries that have not ended, the oldest first. */
int store_load_live_queries(struct store *s, store_queries_fn *fn, void *ctx, struct err *err) MUST_CHECK;
/* What waits to be delivered, the oldest first. */
int store_load_deliveries(struct store *s, store_deliveries_fn *fn, void *ctx, struct err *err) MUST_CHECK;
/* Uploads in parts at other S3s that have not ended, the oldest first. */
int store_load_remote_uploads(struct store *s, store_remote_uploads_fn *fn, void *ctx,
                              struct err *err) MUST_CHECK;
/* Absent text: no such key. */
int store_load_meta(struct store *s, struct str key, store_text_fn *fn, void *ctx,
                    struct err *err) MUST_CHECK;
