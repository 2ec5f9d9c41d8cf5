/* Multipart uploads in the index: parts, what becomes of their blobs, listings, the step from version 2. */
#include "fixture.h"

#include "base/buf.h"
#include "store/pieces.h"

#include <sqlite3.h>

static enum err_code add_upload(struct fixture *f, const char *id, const char *key, int64_t initiated_ms)
{
    struct upload_record r = {
        .id = str_from(id), .bucket = STR("b"), .key = str_from(key), .initiated_ms = initiated_ms};
    struct store_batch *b = store_batch_new(f->store);
    store_add_upload(b, &r);
    return commit_wait(f, b);
}

/* A part of five bytes in the blob. */
static enum err_code put_part(struct fixture *f, const char *upload, int64_t number, const char *blob)
{
    struct part_record r = {
        .upload_id = str_from(upload),
        .number = number,
        .size = 5,
        .etag = str_from(blob),
        .pieces = arena_printf(f->arena, "%s 0 5\n", blob),
    };
    struct store_batch *b = store_batch_new(f->store);
    store_put_part(b, &r);
    return commit_wait(f, b);
}

static enum err_code complete(struct fixture *f, const char *upload, const char *pieces,
                              const struct object_condition *condition)
{
    struct object_record r = {
        .bucket = STR("b"), .key = STR("k"), .etag = STR("done-2"), .pieces = str_from(pieces)};
    struct store_batch *b = store_batch_new(f->store);
    store_complete_upload(b, str_from(upload), STR("checksum"), &r, condition);
    return commit_wait(f, b);
}

static enum err_code abort_upload(struct fixture *f, const char *id)
{
    struct store_batch *b = store_batch_new(f->store);
    store_abort_upload(b, str_from(id));
    return commit_wait(f, b);
}

struct answer {
    struct fixture *f;
    struct buf text;
    struct str next_key;
    struct str next_id;
};

static struct str take_text(struct answer *a)
{
    loop_run(a->f->loop);
    struct str text = arena_str(a->f->arena, buf_str(&a->text));
    buf_done(&a->text);
    return text;
}

static void on_parts(void *ctx, const struct part_record *r, size_t count, const struct err *err)
{
    struct answer *a = ctx;
    assert_null(err);
    for (size_t i = 0; i < count; i++)
        buf_printf(&a->text, "%lld:%.*s ", (long long)r[i].number, STR_ARG(r[i].etag));
    loop_stop(a->f->loop);
}

static struct str parts(struct fixture *f, const char *upload, int64_t after, size_t limit)
{
    struct answer a = {.f = f};
    buf_init(&a.text, 1 << 20);
    store_list_parts(f->store, str_from(upload), after, limit, on_parts, &a);
    return take_text(&a);
}

static void on_upload(void *ctx, const struct upload_record *r, const struct err *err)
{
    struct answer *a = ctx;
    assert_null(err);
    if (r)
        buf_printf(&a->text, "%.*s %.*s %.*s", STR_ARG(r->key), STR_ARG(r->done_etag),
                   STR_ARG(r->done_checksum));
    loop_stop(a->f->loop);
}

static struct str upload(struct fixture *f, const char *id)
{
    struct answer a = {.f = f};
    buf_init(&a.text, 1 << 20);
    store_get_upload(f->store, str_from(id), on_upload, &a);
    return take_text(&a);
}

static void open_fixture(struct fixture *f)
{
    save_bucket(f, "b");
    assert_int_equal(add_upload(f, "u", "k", 10), ERR_NONE);
}

static void parts_are_replaced_and_listed(void **state)
{
    struct fixture *f = *state;
    open_fixture(f);
    assert_int_equal(put_part(f, "u", 10, "ten"), ERR_NONE);
    assert_int_equal(put_part(f, "u", 2, "two"), ERR_NONE);
    assert_int_equal(put_part(f, "u", 1, "one"), ERR_NONE);
    assert_int_equal(put_part(f, "u", 2, "two-again"), ERR_NONE);
    assert_str(parts(f, "u", 0, 100), "1:one 2:two-again 10:ten ");
    assert_str(parts(f, "u", 1, 1), "2:two-again ");
    assert_str(garbage_wait(f), "two");
    assert_int_equal(put_part(f, "none", 1, "x"), ERR_NO_SUCH_UPLOAD);
    assert_str(unknown_blobs_wait(f, "x"), "x");
}

static void completing_takes_parts_over(void **state)
{
    struct fixture *f = *state;
    open_fixture(f);
    put_part(f, "u", 1, "one");
    put_part(f, "u", 2, "two");
    put_part(f, "u", 3, "unused");
    save_object(f, "b", STR("k"), "x", "before", NULL);
    assert_int_equal(complete(f, "u", "one 0 5\ntwo 0 5\n", NULL), ERR_NONE);
    assert_str(object_wait(f, "b", STR("k"))->pieces, "one 0 5\ntwo 0 5\n");
    assert_str(garbage_wait(f), "before\nunused");
    assert_str(parts(f, "u", 0, 10), "");
    assert_str(upload(f, "u"), "k done-2 checksum");
    assert_int_equal(complete(f, "u", "one 0 5\n", NULL), ERR_NO_SUCH_UPLOAD);
    assert_int_equal(put_part(f, "u", 4, "late"), ERR_NO_SUCH_UPLOAD);
    assert_int_equal(abort_upload(f, "u"), ERR_NO_SUCH_UPLOAD);
}

static void completing_fails_whole(void **state)
{
    struct fixture *f = *state;
    open_fixture(f);
    put_part(f, "u", 1, "one");
    put_part(f, "u", 1, "again");
    assert_int_equal(complete(f, "u", "one 0 5\n", NULL), ERR_BLOB_GONE);
    save_object(f, "b", STR("k"), "x", NULL, NULL);
    const struct object_condition absent = {.must_be_absent = true};
    assert_int_equal(complete(f, "u", "again 0 5\n", &absent), ERR_PRECONDITION);
    assert_str(parts(f, "u", 0, 10), "1:again ");
    assert_str(upload(f, "u"), "k  ");
    const struct object_condition exists = {.must_exist = true};
    assert_int_equal(complete(f, "u", "again 0 5\n", &exists), ERR_NONE);
}

static void aborting_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    open_fixture(f);
    put_part(f, "u", 1, "one");
    put_part(f, "u", 2, "two");
    assert_int_equal(abort_upload(f, "u"), ERR_NONE);
    assert_str(garbage_wait(f), "one\ntwo");
    assert_str(upload(f, "u"), "");
    assert_int_equal(abort_upload(f, "u"), ERR_NO_SUCH_UPLOAD);
}

static void old_uploads_are_purged(void **state)
{
    struct fixture *f = *state;
    open_fixture(f);
    put_part(f, "u", 1, "one");
    add_upload(f, "new", "k", 20);
    add_upload(f, "old", "k", 5);
    struct store_batch *b = store_batch_new(f->store);
    store_purge_uploads(b, 20, 1);
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_str(upload(f, "old"), "");
    assert_str(upload(f, "u"), "k  ");
    b = store_batch_new(f->store);
    store_purge_uploads(b, 20, 100);
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_str(garbage_wait(f), "one");
    assert_str(upload(f, "u"), "");
    assert_str(upload(f, "new"), "k  ");
}

static void a_bucket_takes_its_uploads_along(void **state)
{
    struct fixture *f = *state;
    open_fixture(f);
    add_upload(f, "v", "l", 1);
    put_part(f, "u", 1, "one");
    struct store_batch *b = store_batch_new(f->store);
    store_delete_bucket(b, STR("b"));
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_str(garbage_wait(f), "one");
    assert_int_equal(put_part(f, "u", 1, "late"), ERR_NO_SUCH_UPLOAD);
    assert_int_equal(add_upload(f, "w", "k", 1), ERR_NO_SUCH_BUCKET);
}

/* --- Listings --- */

static void on_page(void *ctx, const struct store_upload_page *page, const struct err *err)
{
    struct answer *a = ctx;
    last_error = err ? *err : (struct err){0};
    loop_stop(a->f->loop);
    for (size_t i = 0; page && i < page->upload_count; i++)
        buf_printf(&a->text, "%.*s:%.*s ", STR_ARG(page->uploads[i].key), STR_ARG(page->uploads[i].id));
    for (size_t i = 0; page && i < page->prefix_count; i++)
        buf_printf(&a->text, "[%.*s] ", STR_ARG(page->prefixes[i]));
    if (page && page->truncated)
        buf_add_char(&a->text, '+');
    a->next_key = page ? arena_str(a->f->arena, page->next_key) : STR_NULL;
    a->next_id = page ? arena_str(a->f->arena, page->next_id) : STR_NULL;
}

static struct str list(struct fixture *f, struct store_upload_list *q)
{
    struct answer a = {.f = f};
    buf_init(&a.text, 1 << 20);
    q->bucket = STR("b");
    store_list_uploads(f->store, q, on_page, &a);
    struct str text = take_text(&a);
    q->after_key = a.next_key;
    q->after_id = a.next_id;
    return text;
}

static void uploads_are_listed_by_key_and_time(void **state)
{
    struct fixture *f = *state;
    open_fixture(f);
    assert_str(list(f, &(struct store_upload_list){.limit = 0}), "");
    add_upload(f, "t", "k", 1);
    add_upload(f, "a", "a/b", 1);
    add_upload(f, "b", "a/c", 1);
    add_upload(f, "c", "z", 1);
    assert_str(list(f, &(struct store_upload_list){.limit = 10}), "a/b:a a/c:b k:t k:u z:c ");
    assert_str(list(f, &(struct store_upload_list){.limit = 10, .prefix = STR("a/")}), "a/b:a a/c:b ");
    assert_str(list(f, &(struct store_upload_list){.limit = 10, .delimiter = STR("/")}), "k:t k:u z:c [a/] ");
    assert_str(list(f, &(struct store_upload_list){.limit = 10, .after_key = STR("k")}), "z:c ");
    assert_str(list(f, &(struct store_upload_list){.limit = 10, .after_key = STR("k"), .after_id = STR("t")}),
               "k:u z:c ");
    struct store_upload_list q = {.limit = 1, .delimiter = STR("/")};
    assert_str(list(f, &q), "[a/] +");
    assert_str(list(f, &q), "k:t +");
    assert_str(list(f, &q), "k:u +");
    assert_str(list(f, &q), "z:c ");
    put_part(f, "c", 1, "one");
    assert_int_equal(complete(f, "c", "one 0 5\n", NULL), ERR_NONE);
    assert_str(list(f, &(struct store_upload_list){.limit = 10, .prefix = STR("z")}), "");
}

/* --- Pieces --- */

static struct str range(struct fixture *f, const char *pieces, uint64_t offset, uint64_t length)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 4096);
    pieces_add_range(&b, str_from(pieces), offset, length);
    return arena_str(f->arena, buf_str(&b));
}

static void ranges_of_pieces(void **state)
{
    struct fixture *f = *state;
    static const char whole[] = "a 0 10\nb 5 10\nc 0 1\n";
    assert_str(range(f, whole, 0, 21), whole);
    assert_str(range(f, whole, 0, 10), "a 0 10\n");
    assert_str(range(f, whole, 3, 4), "a 3 4\n");
    assert_str(range(f, whole, 9, 2), "a 9 1\nb 5 1\n");
    assert_str(range(f, whole, 10, 10), "b 5 10\n");
    assert_str(range(f, whole, 12, 9), "b 7 8\nc 0 1\n");
    assert_str(range(f, whole, 21, 5), "");
    assert_str(range(f, whole, 0, 0), "");
    assert_int_equal(pieces_count(str_from(whole)), 3);
    struct object_piece piece;
    struct str damaged[] = {STR("a"), STR("a 1"), STR("a x 1\n"), STR(" 1 1\n"), STR("a 1 -1\n")};
    for (size_t i = 0; i < ARRAY_SIZE(damaged); i++)
        assert_false(pieces_next(&damaged[i], &piece));
}

/* --- From version 2 --- */

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

/* Turns the folder into one of version 2 with an object of each kind. */
static void make_version_2(struct fixture *f)
{
    char path[96];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/glaux.db", f->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run(db, "DROP TABLE objects; DROP TABLE deliveries; DROP TABLE uploads; DROP TABLE parts;"
            "DROP TABLE remote_uploads;"
            "CREATE TABLE objects (number INTEGER PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL,"
            "  size INTEGER NOT NULL, etag TEXT NOT NULL, content_type TEXT, meta TEXT, blob_id TEXT,"
            "  modified_ms INTEGER NOT NULL, body BLOB, UNIQUE (bucket, key)) STRICT;"
            "INSERT INTO objects VALUES (1, 'b', x'6B', 7, 'e', 't', '{}', 'blob', 3, NULL);"
            "INSERT INTO objects VALUES (2, 'b', x'6C', 2, 'f', 'u', NULL, NULL, 4, x'6869');"
            "INSERT INTO blobs VALUES ('blob', 1);"
            "PRAGMA user_version = 2");
    sqlite3_close(db);
}

static void version_2_is_brought_along(void **state)
{
    struct fixture *f = *state;
    save_bucket(f, "b");
    fixture_close(f);
    make_version_2(f);
    fixture_open(f);
    const struct object_record *r = object_wait(f, "b", STR("k"));
    assert_str(r->pieces, "blob 0 7\n");
    assert_null(r->body.p);
    assert_str(r->content_type, "t");
    assert_int_equal(r->size, 7);
    assert_int_equal(r->modified_ms, 3);
    r = object_wait(f, "b", STR("l"));
    assert_null(r->pieces.p);
    assert_str(r->body, "hi");
    assert_int_equal(save_object(f, "b", STR("k"), "x", NULL, NULL), ERR_NONE);
    assert_str(garbage_wait(f), "blob");
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(parts_are_replaced_and_listed),
        WITH_STORE(completing_takes_parts_over),
        WITH_STORE(completing_fails_whole),
        WITH_STORE(aborting_leaves_nothing),
        WITH_STORE(old_uploads_are_purged),
        WITH_STORE(a_bucket_takes_its_uploads_along),
        WITH_STORE(uploads_are_listed_by_key_and_time),
        WITH_STORE(ranges_of_pieces),
        WITH_STORE(version_2_is_brought_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
