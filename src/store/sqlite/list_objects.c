/* Listing a bucket: a range scan in byte order that seeks past each common prefix, so its cost follows what
 * it returns, not what it skips. */
#include "store/sqlite/listing.h"
#include "store/sqlite/objects.h"
#include "store/sqlite/rows.h"

struct listing {
    struct db *db;
    struct store_read *read;
    sqlite3_stmt *stmt;
    struct rows objects;
    struct rows prefixes;
};

/* Where the scan begins: keys above `start_after` are those from it with a byte 0 at its end. */
static struct str first_key(struct arena *a, const struct store_object_list *q)
{
    struct str prefix = q->prefix.p ? q->prefix : STR("");
    if (!q->start_after.p)
        return prefix;
    struct str above = str_with_byte(a, q->start_after, 0);
    return str_cmp(above, prefix) > 0 ? above : prefix;
}

static void seek(struct listing *l, struct str from)
{
    sqlite3_reset(l->stmt);
    bind_text(l->stmt, 1, l->read->objects.bucket);
    bind_blob(l->stmt, 2, from);
}

static int add_object(struct listing *l, struct err *err)
{
    struct arena *a = l->read->arena;
    struct object_record *o = rows_add(&l->objects, err);
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
    l->read->page.next_start_after = str_with_byte(a, *p, 0xFF);
    struct str next = key_after_prefix(a, *p);
    if (next.p)
        seek(l, next);
    return next.p != NULL;
}

/* Takes the row into the page. 1: go on; 0: the page is complete. */
static int take_row(struct listing *l, struct err *err)
{
    const struct store_object_list *q = &l->read->objects;
    struct str key = row_str(l->stmt, 0);
    if (!str_starts(key, q->prefix))
        return 0;
    if (l->objects.count + l->prefixes.count == q->limit) {
        l->read->page.truncated = true;
        return 0;
    }
    struct str prefix = key_common_prefix(q->prefix, q->delimiter, key);
    return prefix.p ? add_prefix(l, prefix, err) : add_object(l, err);
}

static int scan(struct listing *l, struct err *err)
{
    seek(l, first_key(l->read->arena, &l->read->objects));
    int rc;
    do
        rc = db_step(l->db, l->stmt, err);
    while (rc == 1 && (rc = take_row(l, err)) == 1);
    sqlite3_reset(l->stmt);
    return rc;
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
        .objects = {.read = r, .size = sizeof(struct object_record)},
        .prefixes = {.read = r, .size = sizeof(struct str)},
    };
    if (!l.stmt || (r->objects.limit > 0 && scan(&l, err) < 0))
        return -1;
    r->page.objects = (const struct object_record *)(const void *)l.objects.first;
    r->page.object_count = l.objects.count;
    r->page.prefixes = (const struct str *)(const void *)l.prefixes.first;
    r->page.prefix_count = l.prefixes.count;
    return 0;
}
