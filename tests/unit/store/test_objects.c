/* The index of the object store: buckets, conditions, references to blobs, listings. */
#include "fixture.h"

#include "base/buf.h"
#include "base/random.h"

static const struct object_condition absent = {.must_be_absent = true};

static void put(struct fixture *f, const char *key)
{
    assert_int_equal(save_object(f, "b", str_from(key), "x", NULL, NULL), ERR_NONE);
}

static enum err_code delete_bucket(struct fixture *f, const char *name)
{
    struct store_batch *b = store_batch_new(f->store);
    store_delete_bucket(b, str_from(name));
    return commit_wait(f, b);
}

static void delete_object(struct fixture *f, const char *key)
{
    struct store_batch *b = store_batch_new(f->store);
    store_delete_object(b, STR("b"), str_from(key), NULL);
    assert_int_equal(commit_wait(f, b), ERR_NONE);
}

static void buckets_exist_once(void **state)
{
    struct fixture *f = *state;
    save_bucket(f, "zoo");
    save_bucket(f, "b");
    assert_str(buckets_wait(f), "b zoo");
    struct store_batch *b = store_batch_new(f->store);
    store_add_bucket(b, &(struct bucket_record){STR("b"), 9});
    assert_int_equal(commit_wait(f, b), ERR_BUCKET_EXISTS);
    assert_int_equal(bucket_wait(f, "b")->created_ms, 1);
    assert_null(bucket_wait(f, "none"));
    assert_int_equal(last_error.code, ERR_NONE);
    put(f, "k");
    assert_int_equal(delete_bucket(f, "b"), ERR_BUCKET_NOT_EMPTY);
    assert_int_equal(delete_bucket(f, "none"), ERR_NO_SUCH_BUCKET);
    delete_object(f, "k");
    assert_int_equal(delete_bucket(f, "b"), ERR_NONE);
    assert_str(buckets_wait(f), "zoo");
}

static void object_keeps_every_member(void **state)
{
    struct fixture *f = *state;
    save_bucket(f, "b");
    assert_int_equal(save_object(f, "b", STR("k"), "body\n", NULL, NULL), ERR_NONE);
    const struct object_record *r = object_wait(f, "b", STR("k"));
    assert_str(r->bucket, "b");
    assert_str(r->key, "k");
    assert_int_equal(r->size, 5);
    assert_str(r->etag, "body\n");
    assert_str(r->content_type, "text/plain");
    assert_str(r->meta, "{}");
    assert_null(r->pieces.p);
    assert_str(r->body, "body\n");
    assert_int_equal(r->modified_ms, 7);
    assert_int_equal(save_object(f, "b", STR("k"), "", NULL, NULL), ERR_NONE);
    r = object_wait(f, "b", STR("k"));
    assert_true(r->body.p && r->body.n == 0);
}

static void missing_object_and_bucket_differ(void **state)
{
    struct fixture *f = *state;
    save_bucket(f, "b");
    assert_null(object_wait(f, "b", STR("k")));
    assert_int_equal(last_error.code, ERR_NONE);
    assert_null(object_wait(f, "none", STR("k")));
    assert_int_equal(last_error.code, ERR_NO_SUCH_BUCKET);
    assert_int_equal(save_object(f, "none", STR("k"), "x", NULL, NULL), ERR_NO_SUCH_BUCKET);
    delete_object(f, "k");
}

static void conditions_hold_when_applied(void **state)
{
    struct fixture *f = *state;
    save_bucket(f, "b");
    const struct object_condition first = {.must_have_etag = STR("first")};
    assert_int_equal(save_object(f, "b", STR("k"), "x", NULL, &first), ERR_NO_SUCH_KEY);
    assert_int_equal(save_object(f, "b", STR("k"), "first", NULL, &absent), ERR_NONE);
    assert_int_equal(save_object(f, "b", STR("k"), "second", NULL, &absent), ERR_PRECONDITION);
    assert_int_equal(save_object(f, "b", STR("k"), "second", NULL, &first), ERR_NONE);
    assert_int_equal(save_object(f, "b", STR("k"), "third", NULL, &first), ERR_PRECONDITION);
    assert_str(object_wait(f, "b", STR("k"))->body, "second");
}

/* --- Blobs --- */

static void blobs_become_garbage_with_their_last_object(void **state)
{
    struct fixture *f = *state;
    save_bucket(f, "b");
    assert_int_equal(save_object(f, "b", STR("one"), "x", "blob1", NULL), ERR_NONE);
    assert_int_equal(save_object(f, "b", STR("two"), "x", "blob1", NULL), ERR_NONE);
    assert_str(object_wait(f, "b", STR("one"))->pieces, "blob1 0 1\n");
    assert_null(object_wait(f, "b", STR("one"))->body.p);
    delete_object(f, "one");
    assert_str(garbage_wait(f), "");
    assert_int_equal(save_object(f, "b", STR("two"), "y", "blob2", NULL), ERR_NONE);
    assert_str(garbage_wait(f), "blob1");
    assert_int_equal(save_object(f, "b", STR("two"), "inline", NULL, NULL), ERR_NONE);
    assert_str(garbage_wait(f), "blob1\nblob2");
    assert_str(unknown_blobs_wait(f, "blob1\nblob3\nblob2\nblob4"), "blob3\nblob4");

    struct store_batch *b = store_batch_new(f->store);
    store_forget_blob(b, STR("blob1"));
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_str(garbage_wait(f), "blob2");
    assert_str(unknown_blobs_wait(f, "blob1\nblob2"), "blob1");
}

static void same_blob_again_is_no_garbage(void **state)
{
    struct fixture *f = *state;
    save_bucket(f, "b");
    for (int i = 0; i < 3; i++)
        assert_int_equal(save_object(f, "b", STR("k"), "x", "blob", NULL), ERR_NONE);
    assert_str(garbage_wait(f), "");
    delete_object(f, "k");
    assert_str(garbage_wait(f), "blob");
}

static void garbage_is_not_referred_to(void **state)
{
    struct fixture *f = *state;
    save_bucket(f, "b");
    assert_int_equal(save_object(f, "b", STR("k"), "x", "blob", NULL), ERR_NONE);
    delete_object(f, "k");
    assert_int_equal(save_object(f, "b", STR("copy"), "x", "blob", NULL), ERR_BLOB_GONE);
    assert_null(object_wait(f, "b", STR("copy")));
    struct store_batch *b = store_batch_new(f->store);
    store_forget_blob(b, STR("other"));
    assert_int_equal(commit_wait(f, b), ERR_NONE);
    assert_str(garbage_wait(f), "blob");
}

static void failed_batch_leaves_references(void **state)
{
    struct fixture *f = *state;
    save_bucket(f, "b");
    assert_int_equal(save_object(f, "b", STR("k"), "x", "blob", NULL), ERR_NONE);
    struct store_batch *b = store_batch_new(f->store);
    store_delete_object(b, STR("b"), STR("k"), NULL);
    store_delete_bucket(b, STR("none"));
    assert_int_equal(commit_wait(f, b), ERR_NO_SUCH_BUCKET);
    assert_str(garbage_wait(f), "");
    assert_non_null(object_wait(f, "b", STR("k")));
}

/* --- Listings --- */

struct page {
    struct fixture *f;
    struct buf text; /* keys, prefixes in brackets, '+' if truncated */
    struct str next;
};

static void on_page(void *ctx, const struct store_object_page *page, const struct err *err)
{
    struct page *p = ctx;
    last_error = err ? *err : (struct err){0};
    loop_stop(p->f->loop);
    for (size_t i = 0; page && i < page->object_count; i++) {
        buf_printf(&p->text, "%.*s ", STR_ARG(page->objects[i].key));
        assert_str(page->objects[i].etag, "x");
        assert_int_equal(page->objects[i].size, 1);
        assert_null(page->objects[i].body.p);
    }
    for (size_t i = 0; page && i < page->prefix_count; i++)
        buf_printf(&p->text, "[%.*s] ", STR_ARG(page->prefixes[i]));
    if (page && page->truncated)
        buf_add_char(&p->text, '+');
    p->next = page ? arena_str(p->f->arena, page->next_start_after) : STR_NULL;
}

static struct str list_page(struct fixture *f, const struct store_object_list *q, struct str *ret_next)
{
    struct page p = {.f = f};
    buf_init(&p.text, 1024 * 1024);
    store_list_objects(f->store, q, on_page, &p);
    loop_run(f->loop);
    struct str text = arena_str(f->arena, buf_str(&p.text));
    buf_done(&p.text);
    if (ret_next)
        *ret_next = p.next;
    return text;
}

static struct str list(struct fixture *f, const char *prefix, const char *delimiter, const char *after,
                       size_t limit)
{
    struct store_object_list q = {STR("b"), str_from(prefix), str_from(delimiter), str_from(after), limit};
    return list_page(f, &q, NULL);
}

static void put_tree(struct fixture *f)
{
    static const char *const keys[] = {
        "a",    "a/",   "a/b",  "a/b/c", "a//d", "A",     "b/1",        "b/2",
        "b/2/", "b/2x", "b0",   "c.txt", "/",    "//x/y", "\xC3\xA4/1", "\xF0\x9F\x98\x80",
        "c",    "..",   "../x", "."};
    save_bucket(f, "b");
    save_bucket(f, "other");
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        put(f, keys[i]);
    assert_int_equal(save_object(f, "other", STR("a/other"), "x", NULL, NULL), ERR_NONE);
}

static void list_is_in_byte_order(void **state)
{
    struct fixture *f = *state;
    put_tree(f);
    assert_str(list(f, NULL, NULL, NULL, 100),
               ". .. ../x / //x/y A a a/ a//d a/b a/b/c b/1 b/2 b/2/ b/2x b0 c c.txt "
               "\xC3\xA4/1 \xF0\x9F\x98\x80 ");
    assert_str(list(f, "a/", NULL, NULL, 100), "a/ a//d a/b a/b/c ");
    assert_str(list(f, "", "", NULL, 2), ". .. +");
    assert_str(list(f, "b/2", NULL, NULL, 2), "b/2 b/2/ +");
    assert_str(list(f, "b/2", NULL, NULL, 3), "b/2 b/2/ b/2x ");
    assert_str(list(f, "b/2", NULL, "b/2", 9), "b/2/ b/2x ");
    assert_str(list(f, "b/2", NULL, "c", 9), "");
    assert_str(list(f, "b/2", NULL, "A", 9), "b/2 b/2/ b/2x ");
    assert_str(list(f, "zzz", NULL, NULL, 9), "");
    assert_str(list(f, NULL, NULL, NULL, 0), "");
}

static void delimiter_rolls_up(void **state)
{
    struct fixture *f = *state;
    put_tree(f);
    assert_str(list(f, NULL, "/", NULL, 100),
               ". .. A a b0 c c.txt \xF0\x9F\x98\x80 [../] [/] [a/] [b/] [\xC3\xA4/] ");
    assert_str(list(f, "a/", "/", NULL, 100), "a/ a/b [a//] [a/b/] ");
    assert_str(list(f, "b/", "/", NULL, 100), "b/1 b/2 b/2x [b/2/] ");
    assert_str(list(f, NULL, "/", NULL, 3), ". .. [../] +");
    assert_str(list(f, "b", "2", NULL, 100), "b/1 b0 [b/2] ");
    assert_str(
        list(f, NULL, "//", NULL, 100),
        ". .. ../x / A a a/ a/b a/b/c b/1 b/2 b/2/ b/2x b0 c c.txt \xC3\xA4/1 \xF0\x9F\x98\x80 [//] [a//] ");
    assert_str(list(f, "a/", "/", "a/a", 100), "a/b [a/b/] ");
}

static void unknown_bucket_is_told(void **state)
{
    struct fixture *f = *state;
    list(f, NULL, NULL, NULL, 5);
    assert_int_equal(last_error.code, ERR_NO_SUCH_BUCKET);
}

/* Pages of every size join to the whole, with and without delimiter. */
static void pages_join(void **state)
{
    struct fixture *f = *state;
    put_tree(f);
    static const char *const delimiters[] = {NULL, "/", "b"};
    for (size_t d = 0; d < ARRAY_SIZE(delimiters); d++) {
        for (size_t limit = 1; limit < 22; limit++) {
            struct store_object_list q = {STR("b"), STR(""), str_from(delimiters[d]), STR_NULL, limit};
            size_t items = 0, pages = 0;
            bool more = true;
            while (more) {
                struct str next, text = list_page(f, &q, &next);
                for (size_t i = 0; i < text.n; i++)
                    items += text.p[i] == ' ';
                more = str_ends(text, STR("+"));
                q.start_after = next;
                pages++;
            }
            assert_int_equal(items, d == 0 ? 20 : d == 1 ? 13 : 15);
            assert_int_equal(pages, (items + limit - 1) / limit);
        }
    }
}

/* Keys of random bytes against a plain scan. */
static void any_bytes_in_keys(void **state)
{
    struct fixture *f = *state;
    enum { KEYS = 200 };
    struct str keys[KEYS];
    save_bucket(f, "b");
    for (size_t i = 0; i < KEYS; i++) {
        unsigned char raw[8];
        random_bytes(raw, sizeof raw);
        for (size_t k = 1; k < sizeof raw; k++)
            raw[k] = (unsigned char)((raw[k] & 3) == 0 ? 0 : (raw[k] & 3) == 1 ? 0xFF : raw[k]);
        keys[i] = arena_str(f->arena, str_of(raw + 1, 1 + raw[0] % 7));
        assert_int_equal(save_object(f, "b", keys[i], "x", NULL, NULL), ERR_NONE);
    }
    struct str after = STR_NULL;
    for (size_t seen = 0;; seen++) {
        struct str least = STR_NULL;
        for (size_t i = 0; i < KEYS; i++)
            if ((!after.p || str_cmp(keys[i], after) > 0) && (!least.p || str_cmp(keys[i], least) < 0))
                least = keys[i];
        struct store_object_list q = {STR("b"), STR_NULL, STR_NULL, after, 1};
        struct str next;
        list_page(f, &q, &next);
        assert_true(str_eq(next, least) && !next.p == !least.p);
        if (!least.p)
            break;
        after = next;
    }
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

static void purge_takes_results_only_when_asked(void **state)
{
    struct fixture *f = *state;
    save_bucket(f, "bucket");
    for (int results = 0; results <= 1; results++) {
        struct session_record s = session_of("past", "w", "TERMINATED");
        struct calculation_record c = calculation_of("calculation", "past", "COMPLETED");
        s.ended_ms = 1;
        c.working_directory = STR("s3://bucket/a/past/calculation");
        c.result_type = STR("x/y");
        struct store_batch *b = store_batch_new(f->store);
        store_put_session(b, &s);
        store_put_calculation(b, &c);
        assert_int_equal(commit_wait(f, b), ERR_NONE);
        assert_int_equal(save_object(f, "bucket", STR("a/past/calculation/stdout"), "out", NULL, NULL),
                         ERR_NONE);
        assert_int_equal(save_object(f, "bucket", STR("a/past/other"), "kept", NULL, NULL), ERR_NONE);
        b = store_batch_new(f->store);
        store_purge(b, &(struct store_purge){2, 0, 10, results});
        assert_int_equal(commit_wait(f, b), ERR_NONE);
        assert_int_equal(object_wait(f, "bucket", STR("a/past/calculation/stdout")) == NULL, results);
        assert_non_null(object_wait(f, "bucket", STR("a/past/other")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(buckets_exist_once),
        WITH_STORE(object_keeps_every_member),
        WITH_STORE(missing_object_and_bucket_differ),
        WITH_STORE(conditions_hold_when_applied),
        WITH_STORE(blobs_become_garbage_with_their_last_object),
        WITH_STORE(same_blob_again_is_no_garbage),
        WITH_STORE(garbage_is_not_referred_to),
        WITH_STORE(failed_batch_leaves_references),
        WITH_STORE(list_is_in_byte_order),
        WITH_STORE(delimiter_rolls_up),
        WITH_STORE(unknown_bucket_is_told),
        WITH_STORE(pages_join),
        WITH_STORE(any_bytes_in_keys),
        WITH_STORE(purge_takes_results_only_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
