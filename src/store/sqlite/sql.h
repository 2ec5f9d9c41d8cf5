/* Every fixed statement of the SQLite backend by name. */
#pragma once

#include "store/tables.h"

enum sql_id {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_SAVEPOINT,
    SQL_RELEASE,
    SQL_ROLLBACK_TO,
    SQL_DELETE_WORKGROUP,
    SQL_DELETE_TAG,
    SQL_DELETE_TAGS,
    SQL_DELETE_BUCKET,
    SQL_DELETE_OBJECT,
    SQL_ADD_BLOB_REF,
    SQL_DROP_BLOB_REF,
    SQL_FORGET_BLOB,
    SQL_PURGE_FIND,
    SQL_PURGE_FOLDERS,
    SQL_PURGE_CODES,
    SQL_PURGE_CALCULATION_TOKENS,
    SQL_PURGE_SESSION_TOKENS,
    SQL_PURGE_TAGS,
    SQL_PURGE_CALCULATIONS,
    SQL_PURGE_SESSION,
    SQL_PURGE_TOKENS,
    SQL_OBJECT_STATE,
    SQL_BUCKET_HAS_OBJECTS,
    SQL_BUCKET,
    SQL_SESSION,
    SQL_SESSIONS,
    SQL_SESSIONS_IN_STATES,
    SQL_LIVE_SESSIONS,
    SQL_CALCULATION,
    SQL_CALCULATIONS,
    SQL_CALCULATIONS_IN_STATES,
    SQL_LIVE_CALCULATIONS,
    SQL_CODE,
    SQL_WORKGROUPS,
    SQL_TAGS,
    SQL_TOKEN,
    SQL_META,
    SQL_BUCKETS,
    SQL_OBJECT,
    SQL_OBJECTS_FROM,
    SQL_GARBAGE,
    SQL_KNOWS_BLOB,
    SQL_MAX,
};

struct sql {
    const char *text; /* '$' stands for the columns of the table */
    enum table_id table;
};

extern const struct sql sql_texts[SQL_MAX];
