/* Listing a bucket's objects. */
#include "store/missing.h"
#include "store/sqlite/listing.h"
#include "store/sqlite/objects.h"

static void seek(struct listing *l, struct str from)
{
    sqlite3_reset(l->stmt);
    bind_text(l->stmt, 1, l->read->objects.bucket);
    bind_blob(l->stmt, 2, from);
}

/* Keys above `start_after` are those from it with a byte 0 at its end. */
static void seek_first(struct listing *l)
{
    const struct store_object_list *q = &l->read->objects;
    struct str prefix = q->prefix.p ? q->prefix : STR("");
    struct str above = q->start_after.p ? str_with_byte(l->read->arena, q->start_after, 0) : STR_NULL;
    seek(l, above.p && str_cmp(above, prefix) > 0 ? above : prefix);
}

static int add_object(struct listing *l, struct err *err)
{
    struct arena *a = l->read->arena;
    struct object_record *o = rows_add(&l->rows, err);
    if (!o)
        return -1;
    *o = (struct object_record){
        .bucket = l->read->objects.bucket,
        .key = arena_str(a, row_str(l->stmt, 0)),
        .size = sqlite3_column_int64(l->stmt, 1),
        .etag = arena_str(a, row_str(l->stmt, 2)),
        .content_type = arena_str(a, row_str(l->stmt, 3)),
        .meta = arena_str(a, row_str(l->stmt, 4)),
        .modified_ms = sqlite3_column_int64(l->stmt, 5),
    };
    l->read->page.next_start_after = o->key;
    return 0;
}

static void add_prefix(struct listing *l, struct str last)
{
    l->read->page.next_start_after = last;
}

static int scan(struct listing *l, struct err *err)
{
    seek_first(l);
    return listing_scan(l, err);
}

int objects_list(struct db *db, struct store_read *r, struct err *err)
{
    int known = bucket_exists(db, r->objects.bucket, err);
    if (known <= 0)
        return known < 0 ? -1 : no_such_bucket(err);
    struct listing l = {
        .db = db,
        .read = r,
        .stmt = db_stmt(db, SQL_OBJECTS_FROM, err),
        .prefix = r->objects.prefix,
        .delimiter = r->objects.delimiter,
        .limit = r->objects.limit,
        .rows = {.read = r, .size = sizeof(struct object_record)},
        .prefixes = {.read = r, .size = sizeof(struct str)},
        .seek = seek,
        .add_row = add_object,
        .add_prefix = add_prefix,
    };
    if (!l.stmt || (l.limit > 0 && scan(&l, err) < 0))
        return -1;
    r->page.objects = (const struct object_record *)(const void *)l.rows.first;
    r->page.object_count = l.rows.count;
    r->page.prefixes = (const struct str *)(const void *)l.prefixes.first;
    r->page.prefix_count = l.prefixes.count;
    r->page.truncated = l.truncated;
    return 0;
}
