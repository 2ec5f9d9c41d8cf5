#include "store/tables.h"

#define TEXT(record, member)                                                                                 \
    {                                                                                                        \
#member, COLUMN_TEXT, offsetof(struct record, member)                                                \
    }
#define BLOB(record, member)                                                                                 \
    {                                                                                                        \
#member, COLUMN_BLOB, offsetof(struct record, member)                                                \
    }
#define INT(record, member)                                                                                  \
    {                                                                                                        \
#member, COLUMN_INT, offsetof(struct record, member)                                                 \
    }
#define SEQ(record)                                                                                          \
    {                                                                                                        \
        "seq", COLUMN_SEQ, offsetof(struct record, seq)                                                      \
    }

static const struct column session_columns[] = {
    TEXT(session_record, id),
    SEQ(session_record),
    TEXT(session_record, workgroup),
    TEXT(session_record, description),
    TEXT(session_record, engine_version),
    TEXT(session_record, principal),
    TEXT(session_record, detail),
    TEXT(session_record, state),
    TEXT(session_record, reason),
    TEXT(session_record, end_kind),
    INT(session_record, idle_timeout_ms),
    INT(session_record, created_ms),
    INT(session_record, ready_ms),
    INT(session_record, modified_ms),
    INT(session_record, idle_since_ms),
    INT(session_record, ended_ms),
    INT(session_record, dpu_ms),
    INT(session_record, memory_bytes),
    INT(session_record, max_dpus),
};

static const struct column calculation_columns[] = {
    TEXT(calculation_record, id),          SEQ(calculation_record),
    TEXT(calculation_record, session_id),  TEXT(calculation_record, workgroup),
    TEXT(calculation_record, description), TEXT(calculation_record, working_directory),
    TEXT(calculation_record, state),       TEXT(calculation_record, reason),
    TEXT(calculation_record, progress),    TEXT(calculation_record, result_type),
    INT(calculation_record, submitted_ms), INT(calculation_record, started_ms),
    INT(calculation_record, completed_ms), INT(calculation_record, dpu_ms),
};

static const struct column code_columns[] = {
    TEXT(code_row, calculation_id),
    TEXT(code_row, code),
};

static const struct column query_columns[] = {
    TEXT(query_record, id),
    SEQ(query_record),
    TEXT(query_record, workgroup),
    TEXT(query_record, detail),
    TEXT(query_record, state),
    TEXT(query_record, reason),
    TEXT(query_record, calculation_id),
    INT(query_record, submitted_ms),
    INT(query_record, started_ms),
    INT(query_record, completed_ms),
};

static const struct column query_result_columns[] = {
    TEXT(query_result_record, query_id),
    TEXT(query_result_record, columns),
    TEXT(query_result_record, text),
};

static const struct column data_catalog_columns[] = {
    TEXT(data_catalog_record, name),
    TEXT(data_catalog_record, detail),
    INT(data_catalog_record, created_ms),
};

static const struct column workgroup_columns[] = {
    TEXT(workgroup_record, name),   TEXT(workgroup_record, state),     TEXT(workgroup_record, description),
    TEXT(workgroup_record, detail), INT(workgroup_record, created_ms),
};

static const struct column tag_columns[] = {
    TEXT(tag_row, arn),
    {"key", COLUMN_TEXT, offsetof(struct tag_row, tag.key)},
    {"value", COLUMN_TEXT, offsetof(struct tag_row, tag.value)},
    TEXT(tag_row, resource),
};

static const struct column token_columns[] = {
    TEXT(token_record, scope),       TEXT(token_record, token),     TEXT(token_record, digest),
    TEXT(token_record, resource_id), INT(token_record, created_ms),
};

static const struct column meta_columns[] = {
    TEXT(meta_row, key),
    TEXT(meta_row, value),
};

static const struct column bucket_columns[] = {
    TEXT(bucket_record, name),
    INT(bucket_record, created_ms),
};

/* What may be long last: a listing reads the row's head only. */
static const struct column object_columns[] = {
    TEXT(object_record, bucket), BLOB(object_record, key),          INT(object_record, size),
    TEXT(object_record, etag),   TEXT(object_record, content_type), TEXT(object_record, meta),
    TEXT(object_record, tags),   INT(object_record, modified_ms),   TEXT(object_record, parts),
    TEXT(object_record, pieces), BLOB(object_record, body),
};

static const struct column upload_columns[] = {
    TEXT(upload_record, id),          TEXT(upload_record, bucket),
    BLOB(upload_record, key),         TEXT(upload_record, content_type),
    TEXT(upload_record, meta),        TEXT(upload_record, tags),
    TEXT(upload_record, checksum),    TEXT(upload_record, checksum_type),
    TEXT(upload_record, done_etag),   TEXT(upload_record, done_checksum),
    INT(upload_record, initiated_ms),
};

static const struct column part_columns[] = {
    TEXT(part_record, upload_id), INT(part_record, number),    INT(part_record, size),
    TEXT(part_record, etag),      TEXT(part_record, checksum), INT(part_record, modified_ms),
    TEXT(part_record, pieces),
};

static const struct column delivery_columns[] = {
    TEXT(delivery_record, bucket),  BLOB(delivery_record, key),    TEXT(delivery_record, owner_id),
    TEXT(delivery_record, etag),    INT(delivery_record, size),    INT(delivery_record, created_ms),
    INT(delivery_record, attempts), INT(delivery_record, next_ms), TEXT(delivery_record, error),
};

static const struct column remote_upload_columns[] = {
    TEXT(remote_upload_record, bucket),
    BLOB(remote_upload_record, key),
    TEXT(remote_upload_record, upload_id),
    INT(remote_upload_record, begun_ms),
};

#define ROW(name, columns, keys, record)                                                                     \
    {                                                                                                        \
        name, columns, ARRAY_SIZE(columns), keys, sizeof(struct record)                                      \
    }

const struct table tables[TABLE_MAX] = {
    [TABLE_SESSIONS] = ROW("sessions", session_columns, 1, session_record),
    [TABLE_CALCULATIONS] = ROW("calculations", calculation_columns, 1, calculation_record),
    [TABLE_CODES] = ROW("codes", code_columns, 1, code_row),
    [TABLE_QUERIES] = ROW("queries", query_columns, 1, query_record),
    [TABLE_QUERY_RESULTS] = ROW("query_results", query_result_columns, 1, query_result_record),
    [TABLE_DATA_CATALOGS] = ROW("data_catalogs", data_catalog_columns, 1, data_catalog_record),
    [TABLE_WORKGROUPS] = ROW("workgroups", workgroup_columns, 1, workgroup_record),
    [TABLE_TAGS] = ROW("tags", tag_columns, 2, tag_row),
    [TABLE_TOKENS] = ROW("tokens", token_columns, 2, token_record),
    [TABLE_META] = ROW("meta", meta_columns, 1, meta_row),
    [TABLE_BUCKETS] = ROW("buckets", bucket_columns, 1, bucket_record),
    [TABLE_OBJECTS] = ROW("objects", object_columns, 2, object_record),
    [TABLE_UPLOADS] = ROW("uploads", upload_columns, 1, upload_record),
    [TABLE_PARTS] = ROW("parts", part_columns, 2, part_record),
    [TABLE_DELIVERIES] = ROW("deliveries", delivery_columns, 2, delivery_record),
    [TABLE_REMOTE_UPLOADS] = ROW("remote_uploads", remote_upload_columns, 3, remote_upload_record),
};
