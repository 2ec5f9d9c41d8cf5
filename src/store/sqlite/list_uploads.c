/* Listing a bucket's open uploads: several may have one key. */
#include "store/missing.h"
#include "store/sqlite/listing.h"
#include "store/sqlite/objects.h"
#include "store/sqlite/uploads.h"

/* Goes on with the uploads above (key, id). */
static void seek_above(struct listing *l, struct str key, struct str id)
{
    sqlite3_reset(l->stmt);
    bind_text(l->stmt, 1, l->read->uploads.bucket);
    bind_blob(l->stmt, 2, key);
    bind_text(l->stmt, 3, id);
}

static void seek(struct listing *l, struct str from)
{
    seek_above(l, from, STR(""));
}

static void seek_first(struct listing *l)
{
    static const struct str last_id = STR("\x7F"); /* above all ids */
    const struct store_upload_list *q = &l->read->uploads;
    struct str prefix = q->prefix.p ? q->prefix : STR("");
    if (q->after_key.p && str_cmp(q->after_key, prefix) >= 0)
        seek_above(l, q->after_key, q->after_id.p ? q->after_id : last_id);
    else
        seek(l, prefix);
}

static int add_upload(struct listing *l, struct err *err)
{
    struct arena *a = l->read->arena;
    struct upload_record *u = rows_add(&l->rows, err);
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
    return 0;
}

static void add_prefix(struct listing *l, struct str last)
{
    l->read->upload_page.next_key = last;
    l->read->upload_page.next_id = STR_NULL;
}

static int scan(struct listing *l, struct err *err)
{
    seek_first(l);
    return listing_scan(l, err);
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
        .prefix = r->uploads.prefix,
        .delimiter = r->uploads.delimiter,
        .limit = r->uploads.limit,
        .rows = {.read = r, .size = sizeof(struct upload_record)},
        .prefixes = {.read = r, .size = sizeof(struct str)},
        .seek = seek,
        .add_row = add_upload,
        .add_prefix = add_prefix,
    };
    if (!l.stmt || (l.limit > 0 && scan(&l, err) < 0))
        return -1;
    r->upload_page.uploads = (const struct upload_record *)(const void *)l.rows.first;
    r->upload_page.upload_count = l.rows.count;
    r->upload_page.prefixes = (const struct str *)(const void *)l.prefixes.first;
    r->upload_page.prefix_count = l.prefixes.count;
    r->upload_page.truncated = l.truncated;
    return 0;
}
