#include "store/sqlite/sql.h"

/* The newest of a state, read from an index on (within, state, seq): a list of several states merges what at
 * most `limit` entries of each give, and never walks the others. Parameters: ?1 within, ?2 below this seq, ?3
 * limit, ?4 to ?11 the states, NULL where there are fewer. */
#define NEWEST(table, within, n)                                                                             \
    "SELECT seq FROM (SELECT seq FROM " table " WHERE " within " = ?1 AND state = ?" #n                      \
    " AND seq < ?2 ORDER BY seq DESC LIMIT ?3)"
#define IN_STATES(table, within)                                                                                                                   \
    "SELECT $ FROM " table                                                                                                                         \
    " WHERE seq IN (" NEWEST(table, within, 4) " UNION ALL " NEWEST(table, within, 5) " UNION ALL " NEWEST(table, within, 6) " UNION ALL " NEWEST( \
        table, within,                                                                                                                             \
        7) " UNION ALL " NEWEST(table, within,                                                                                                     \
                                8) " UNION ALL " NEWEST(table, within,                                                                             \
                                                        9) " UNION ALL " NEWEST(table, within,                                                     \
                                                                                10) " UNION ALL " NEWEST(table,                                    \
                                                                                                         within,                                   \
                                                                                                         11) ") ORDER BY seq DESC LIMIT ?3"

const struct sql sql_texts[SQL_MAX] = {
    [SQL_BEGIN] = {.text = "BEGIN IMMEDIATE"},
    [SQL_COMMIT] = {.text = "COMMIT"},
    [SQL_SAVEPOINT] = {.text = "SAVEPOINT batch"},
    [SQL_RELEASE] = {.text = "RELEASE batch"},
    [SQL_ROLLBACK_TO] = {.text = "ROLLBACK TO batch"},

    /* Of the database with what its log holds. */
    [SQL_BYTES] = {.text = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"},

    [SQL_DELETE_WORKGROUP] = {.text = "DELETE FROM workgroups WHERE name = ?1"},
    [SQL_DELETE_DATA_CATALOG] = {.text = "DELETE FROM data_catalogs WHERE name = ?1"},
    [SQL_DELETE_TAG] = {.text = "DELETE FROM tags WHERE arn = ?1 AND key = ?2"},
    [SQL_DELETE_TAGS] = {.text = "DELETE FROM tags WHERE arn = ?1"},
    [SQL_DELETE_BUCKET] = {.text = "DELETE FROM buckets WHERE name = ?1"},
    [SQL_DELETE_OBJECT] = {.text = "DELETE FROM objects WHERE bucket = ?1 AND key = ?2"},

    [SQL_NOTE_DELIVERY] = {.text = "UPDATE deliveries SET attempts = ?5, next_ms = ?6, error = ?7"
                                   " WHERE bucket = ?1 AND key = ?2 AND etag IS ?3 AND created_ms = ?4"},
    [SQL_DELETE_DELIVERY] = {.text = "DELETE FROM deliveries"
                                     " WHERE bucket = ?1 AND key = ?2 AND etag IS ?3 AND created_ms = ?4"},
    [SQL_DELETE_REMOTE_UPLOAD] = {.text = "DELETE FROM remote_uploads"
                                          " WHERE bucket = ?1 AND key = ?2 AND upload_id = ?3"},

    /* A blob whose last reference went is garbage for good: its file may be gone already. */
    [SQL_ADD_BLOB_REF] = {.text = "INSERT INTO blobs (id, refs) VALUES (?1, 1)"
                                  " ON CONFLICT (id) DO UPDATE SET refs = refs + 1 WHERE refs > 0"},
    [SQL_DROP_BLOB_REF] = {.text = "UPDATE blobs SET refs = refs - 1 WHERE id = ?1 AND refs > 0"},
    [SQL_FORGET_BLOB] = {.text = "DELETE FROM blobs WHERE id = ?1 AND refs = 0"},

    /* Output that waits for a bucket elsewhere keeps what it came from. */
    [SQL_PURGE_FIND] = {.text = "SELECT id FROM sessions WHERE ended_ms > 0 AND ended_ms < ?1"
                                " AND NOT EXISTS (SELECT 1 FROM deliveries JOIN calculations"
                                " ON calculations.id = owner_id WHERE session_id = sessions.id)"
                                " ORDER BY ended_ms LIMIT ?2"},
    [SQL_PURGE_FOLDERS] = {.text = "SELECT seq, working_directory FROM calculations WHERE session_id = ?1"
                                   " AND seq > ?2 AND result_type IS NOT NULL ORDER BY seq LIMIT ?3"},
    [SQL_PURGE_CODES] = {.text = "DELETE FROM codes WHERE calculation_id IN"
                                 " (SELECT id FROM calculations WHERE session_id = ?1)"},
    [SQL_PURGE_CALCULATION_TOKENS] = {.text = "DELETE FROM tokens WHERE resource_id IN"
                                              " (SELECT id FROM calculations WHERE session_id = ?1)"},
    [SQL_PURGE_SESSION_TOKENS] = {.text = "DELETE FROM tokens WHERE resource_id = ?1"},
    [SQL_PURGE_TAGS] = {.text = "DELETE FROM tags WHERE resource = ?1"
                                " AND substr(arn, -length('session/' || ?1)) = 'session/' || ?1"},
    [SQL_PURGE_CALCULATIONS] = {.text = "DELETE FROM calculations WHERE session_id = ?1"},
    [SQL_PURGE_SESSION] = {.text = "DELETE FROM sessions WHERE id = ?1"},
    [SQL_PURGE_TOKENS] = {.text = "DELETE FROM tokens WHERE created_ms < ?1"},

    [SQL_PURGE_QUERY_FIND] = {.text = "SELECT id FROM queries WHERE completed_ms > 0 AND completed_ms < ?1"
                                      " ORDER BY completed_ms LIMIT ?2"},
    [SQL_PURGE_QUERY] = {.text = "DELETE FROM queries WHERE id = ?1"},
    [SQL_PURGE_QUERY_RESULT] = {.text = "DELETE FROM query_results WHERE query_id = ?1"},

    [SQL_OBJECT_STATE] = {.text = "SELECT etag, pieces FROM objects WHERE bucket = ?1 AND key = ?2"},
    [SQL_TAG_OBJECT] = {.text = "UPDATE objects SET tags = ?3 WHERE bucket = ?1 AND key = ?2"},

    [SQL_UPLOAD] = {"SELECT $ FROM uploads WHERE id = ?1", TABLE_UPLOADS},
    [SQL_UPLOAD_IS_OPEN] = {.text = "SELECT 1 FROM uploads WHERE id = ?1 AND done_etag IS NULL"},
    [SQL_UPLOAD_IS_DONE] = {.text = "UPDATE uploads SET done_etag = ?2, done_checksum = ?3 WHERE id = ?1"},
    [SQL_UPLOADS_FROM] = {.text = "SELECT key, id, initiated_ms FROM uploads WHERE bucket = ?1"
                                  " AND done_etag IS NULL AND (key, id) > (?2, ?3) ORDER BY key, id"},
    [SQL_UPLOADS_OF_BUCKET] = {.text = "SELECT id FROM uploads WHERE bucket = ?1 AND done_etag IS NULL"
                                       " LIMIT 1"},
    [SQL_UPLOADS_BEFORE] = {.text = "SELECT id FROM uploads WHERE initiated_ms < ?1 ORDER BY initiated_ms"
                                    " LIMIT 1"},
    [SQL_DELETE_UPLOAD] = {.text = "DELETE FROM uploads WHERE id = ?1"},
    [SQL_PARTS] = {"SELECT $ FROM parts WHERE upload_id = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
                   TABLE_PARTS},
    [SQL_PART_PIECES] = {.text = "SELECT pieces FROM parts WHERE upload_id = ?1 AND number = ?2"},
    [SQL_NEXT_PART_PIECES] = {.text = "SELECT number, pieces FROM parts WHERE upload_id = ?1 AND number > ?2"
                                      " ORDER BY number LIMIT 1"},
    [SQL_DELETE_PARTS] = {.text = "DELETE FROM parts WHERE upload_id = ?1"},

    [SQL_BUCKET_HAS_OBJECTS] = {.text = "SELECT 1 FROM objects WHERE bucket = ?1 LIMIT 1"},
    [SQL_BUCKET] = {"SELECT $ FROM buckets WHERE name = ?1", TABLE_BUCKETS},

    [SQL_SESSION] = {"SELECT $ FROM sessions WHERE id = ?1", TABLE_SESSIONS},
    [SQL_SESSIONS] = {"SELECT $ FROM sessions WHERE workgroup = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
                      TABLE_SESSIONS},
    [SQL_SESSIONS_IN_STATES] = {IN_STATES("sessions", "workgroup"), TABLE_SESSIONS},
    [SQL_LIVE_SESSIONS] = {"SELECT $ FROM sessions WHERE ended_ms = 0 ORDER BY seq", TABLE_SESSIONS},

    [SQL_CALCULATION] = {"SELECT $ FROM calculations WHERE id = ?1", TABLE_CALCULATIONS},
    [SQL_CALCULATIONS] = {"SELECT $ FROM calculations WHERE session_id = ?1 AND seq < ?2"
                          " ORDER BY seq DESC LIMIT ?3",
                          TABLE_CALCULATIONS},
    [SQL_CALCULATIONS_IN_STATES] = {IN_STATES("calculations", "session_id"), TABLE_CALCULATIONS},
    [SQL_LIVE_CALCULATIONS] = {"SELECT $ FROM calculations WHERE completed_ms = 0 ORDER BY seq",
                               TABLE_CALCULATIONS},

    [SQL_CODE] = {.text = "SELECT code FROM codes WHERE calculation_id = ?1"},
    [SQL_QUERY] = {"SELECT $ FROM queries WHERE id = ?1", TABLE_QUERIES},
    [SQL_QUERIES] = {"SELECT $ FROM queries WHERE workgroup = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
                     TABLE_QUERIES},
    [SQL_LIVE_QUERIES] = {"SELECT $ FROM queries WHERE completed_ms = 0 ORDER BY seq", TABLE_QUERIES},
    [SQL_QUERY_RESULT] = {"SELECT $ FROM query_results WHERE query_id = ?1", TABLE_QUERY_RESULTS},
    [SQL_DATA_CATALOG] = {"SELECT $ FROM data_catalogs WHERE name = ?1", TABLE_DATA_CATALOGS},
    [SQL_DATA_CATALOGS] = {"SELECT $ FROM data_catalogs ORDER BY name", TABLE_DATA_CATALOGS},
    [SQL_WORKGROUPS] = {"SELECT $ FROM workgroups ORDER BY name", TABLE_WORKGROUPS},
    [SQL_TAGS] = {.text = "SELECT key, value FROM tags WHERE arn = ?1 ORDER BY key"},
    [SQL_TOKEN] = {"SELECT $ FROM tokens WHERE scope = ?1 AND token = ?2", TABLE_TOKENS},
    [SQL_META] = {.text = "SELECT value FROM meta WHERE key = ?1"},
    [SQL_BUCKETS] = {"SELECT $ FROM buckets ORDER BY name", TABLE_BUCKETS},
    [SQL_OBJECT] = {"SELECT $ FROM objects WHERE bucket = ?1 AND key = ?2", TABLE_OBJECTS},
    [SQL_OBJECTS_FROM] = {.text = "SELECT key, size, etag, content_type, meta, modified_ms FROM objects"
                                  " WHERE bucket = ?1 AND key >= ?2 ORDER BY key"},
    [SQL_DELIVERIES] = {"SELECT $ FROM deliveries ORDER BY created_ms, bucket, key", TABLE_DELIVERIES},
    [SQL_REMOTE_UPLOADS] = {"SELECT $ FROM remote_uploads ORDER BY begun_ms", TABLE_REMOTE_UPLOADS},
    [SQL_GARBAGE] = {.text = "SELECT id FROM blobs WHERE refs = 0 LIMIT ?1"},
    [SQL_KNOWS_BLOB] = {.text = "SELECT 1 FROM blobs WHERE id = ?1"},
};
