/* Listing a bucket's open uploads, as list_objects.c lists its objects: several uploads may have one key. */
#include "store/sqlite/listing.h"
#include "store/sqlite/objects.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/uploads.h"

struct listing {
    struct db *db;
    struct store_read *read;
    sqlite3_stmt *stmt;
    struct rows uploads;
    struct rows prefixes;
};

/* Goes on with the uploads above (key, id). */
static void seek(struct listing *l, struct str key, struct str id)
{
    sqlite3_reset(l->stmt);
    bind_text(l->stmt, 1, l->read->uploads.bucket);
    bind_blob(l->stmt, 2, key);
    bind_text(l->stmt, 3, id);
}

static void seek_first(struct listing *l)
{
    static const struct str last_id = STR("\x7F"); /* above all ids */
    const struct store_upload_list *q = &l->read->uploads;
    struct str prefix = q->prefix.p ? q->prefix : STR("");
    if (q->after_key.p && str_cmp(q->after_key, prefix) >= 0)
        seek(l, q->after_key, q->after_id.p ? q->after_id : last_id);
    else
        seek(l, prefix, STR(""));
}

static int add_upload(struct listing *l, struct err *err)
{
    struct arena *a = l->read->arena;
    struct upload_record *u = rows_add(&l->uploads, err);
    if (!u)
        return -1;
    *u = (struct upload_record){
        .bucket = l->read->uploads.bucket,
        .key = arena_str(a, row_str(l->stmt, 0)),
        .id = arena_str(a, row_str(l->stmt, 1)),
        .initiated_ms = sqlite3_column_int64(l->stmt, 2),
    };
    l->read->upload_page.next_key = u->key;
    l->read->upload_page.next_id = u->id;
    return 1;
}

/* 1: go on; 0: no key lies behind the prefix. */
static int add_prefix(struct listing *l, struct str prefix, struct err *err)
{
    struct arena *a = l->read->arena;
    struct str *p = rows_add(&l->prefixes, err);
    if (!p)
        return -1;
    *p = arena_str(a, prefix);
    l->read->upload_page.next_key = str_with_byte(a, *p, 0xFF);
    l->read->upload_page.next_id = STR_NULL;
    struct str next = key_after_prefix(a, *p);
    if (next.p)
        seek(l, next, STR(""));
    return next.p != NULL;
}

/* Takes the row into the page. 1: go on; 0: the page is complete. */
static int take_row(struct listing *l, struct err *err)
{
    const struct store_upload_list *q = &l->read->uploads;
    struct str key = row_str(l->stmt, 0);
    if (!str_starts(key, q->prefix))
        return 0;
    if (l->uploads.count + l->prefixes.count == q->limit) {
        l->read->upload_page.truncated = true;
        return 0;
    }
    struct str prefix = key_common_prefix(q->prefix, q->delimiter, key);
    return prefix.p ? add_prefix(l, prefix, err) : add_upload(l, err);
}

static int scan(struct listing *l, struct err *err)
{
    int rc;
    seek_first(l);
    do
        rc = db_step(l->db, l->stmt, err);
    while (rc == 1 && (rc = take_row(l, err)) == 1);
    sqlite3_reset(l->stmt);
    return rc;
}

int uploads_list(struct db *db, struct store_read *r, struct err *err)
{
    int known = bucket_exists(db, r->uploads.bucket, err);
    if (known <= 0)
        return known < 0 ? -1 : no_such_bucket(err);
    struct listing l = {
        .db = db,
        .read = r,
        .stmt = db_stmt(db, SQL_UPLOADS_FROM, err),
        .uploads = {.read = r, .size = sizeof(struct upload_record)},
        .prefixes = {.read = r, .size = sizeof(struct str)},
    };
    if (!l.stmt || (r->uploads.limit > 0 && scan(&l, err) < 0))
        return -1;
    r->upload_page.uploads = (const struct upload_record *)(const void *)l.uploads.first;
    r->upload_page.upload_count = l.uploads.count;
    r->upload_page.prefixes = (const struct str *)(const void *)l.prefixes.first;
    r->upload_page.prefix_count = l.prefixes.count;
    return 0;
}
