#include "fixture.h"

#include "base/buf.h"
#include "base/file.h"

#include <fcntl.h>

struct err last_error;

void folder_make(char ret[64])
{
    snprintf(ret, 64, "/tmp/glaux-test-XXXXXX");
    assert_non_null(mkdtemp(ret));
}

void folder_remove(const char *dir)
{
    struct err err;
    assert_int_equal(file_remove_tree(AT_FDCWD, dir, &err), 0);
}

void fixture_open(struct fixture *f)
{
    struct err err;
    f->store = store_open_sqlite(f->loop, f->dir, &err);
    if (!f->store)
        fail_msg("%s", err.text);
}

void fixture_close(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
}

void fixture_reopen(struct fixture *f)
{
    fixture_close(f);
    fixture_open(f);
}

int fixture_setup(void **state)
{
    struct fixture *f = mem_new(sizeof *f);
    folder_make(f->dir);
    f->loop = loop_new();
    f->arena = arena_new(64 * 1024 * 1024);
    fixture_open(f);
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    loop_free(f->loop);
    arena_free(f->arena);
    folder_remove(f->dir);
    free(f);
    return 0;
}

void assert_str(struct str s, const char *expected)
{
    if (!str_is(s, expected))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(s), expected);
}

/* --- Commits --- */

struct waiting {
    struct fixture *f;
    const void *record;
    struct str text;
    bool answered;
};

static void keep_error(const struct err *err)
{
    last_error = err ? *err : (struct err){0};
}

static void on_commit(void *ctx, const struct err *err)
{
    struct waiting *w = ctx;
    w->answered = true;
    keep_error(err);
    loop_stop(w->f->loop);
}

enum err_code commit_wait(struct fixture *f, struct store_batch *b)
{
    struct waiting w = {.f = f};
    store_commit(f->store, b, on_commit, &w);
    assert_false(w.answered);
    loop_run(f->loop);
    assert_true(w.answered);
    return last_error.code;
}

struct session_record session_of(const char *id, const char *workgroup, const char *state)
{
    return (struct session_record){
        .id = str_from(id), .workgroup = str_from(workgroup), .state = str_from(state)};
}

struct calculation_record calculation_of(const char *id, const char *session_id, const char *state)
{
    return (struct calculation_record){
        .id = str_from(id), .session_id = str_from(session_id), .state = str_from(state)};
}

void save_session(struct fixture *f, const struct session_record *r)
{
    struct store_batch *b = store_batch_new(f->store);
    store_put_session(b, r);
    assert_int_equal(commit_wait(f, b), ERR_NONE);
}

void save_bucket(struct fixture *f, const char *name)
{
    struct store_batch *b = store_batch_new(f->store);
    store_add_bucket(b, &(struct bucket_record){str_from(name), 1});
    assert_int_equal(commit_wait(f, b), ERR_NONE);
}

enum err_code save_object(struct fixture *f, const char *bucket, struct str key, const char *body,
                          const char *blob_id, const struct object_condition *condition)
{
    struct store_batch *b = store_batch_new(f->store);
    struct object_record r = {
        .bucket = str_from(bucket),
        .key = key,
        .size = (int64_t)strlen(body),
        .etag = str_from(body),
        .content_type = STR("text/plain"),
        .meta = STR("{}"),
        .pieces = blob_id ? arena_printf(f->arena, "%s 0 %zu\n", blob_id, strlen(body)) : STR_NULL,
        .body = blob_id ? STR_NULL : str_from(body),
        .modified_ms = 7,
    };
    store_put_object(b, &r, condition);
    return commit_wait(f, b);
}

/* --- Reads --- */

static void *answer_copy(void *ctx, const void *record, size_t size, const struct err *err)
{
    struct waiting *w = ctx;
    w->answered = true;
    keep_error(err);
    loop_stop(w->f->loop);
    if (!record)
        return NULL;
    void *copy = arena_alloc(w->f->arena, size);
    memcpy(copy, record, size);
    w->record = copy;
    return copy;
}

static void keep(struct waiting *w, struct str *s)
{
    *s = arena_str(w->f->arena, *s);
}

static void wait_answer(struct waiting *w)
{
    assert_false(w->answered);
    loop_run(w->f->loop);
    assert_true(w->answered);
}

static void on_session(void *ctx, const struct session_record *r, const struct err *err)
{
    struct session_record *copy = answer_copy(ctx, r, sizeof *r, err);
    if (!copy)
        return;
    struct str *all[] = {&copy->id,        &copy->workgroup, &copy->description, &copy->engine_version,
                         &copy->principal, &copy->detail,    &copy->state,       &copy->reason,
                         &copy->end_kind};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        keep(ctx, all[i]);
}

const struct session_record *session_wait(struct fixture *f, const char *id)
{
    struct waiting w = {.f = f};
    store_get_session(f->store, str_from(id), on_session, &w);
    wait_answer(&w);
    return w.record;
}

static void on_calculation(void *ctx, const struct calculation_record *r, const struct err *err)
{
    struct calculation_record *copy = answer_copy(ctx, r, sizeof *r, err);
    if (!copy)
        return;
    struct str *all[] = {&copy->id,          &copy->session_id,        &copy->workgroup,
                         &copy->description, &copy->working_directory, &copy->state,
                         &copy->reason,      &copy->progress,          &copy->result_type};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        keep(ctx, all[i]);
}

const struct calculation_record *calculation_wait(struct fixture *f, const char *id)
{
    struct waiting w = {.f = f};
    store_get_calculation(f->store, str_from(id), on_calculation, &w);
    wait_answer(&w);
    return w.record;
}

static void on_token(void *ctx, const struct token_record *r, const struct err *err)
{
    struct token_record *copy = answer_copy(ctx, r, sizeof *r, err);
    if (!copy)
        return;
    keep(ctx, &copy->scope);
    keep(ctx, &copy->token);
    keep(ctx, &copy->digest);
    keep(ctx, &copy->resource_id);
}

const struct token_record *token_wait(struct fixture *f, const char *scope, const char *token)
{
    struct waiting w = {.f = f};
    store_get_token(f->store, str_from(scope), str_from(token), on_token, &w);
    wait_answer(&w);
    return w.record;
}

static void on_bucket(void *ctx, const struct bucket_record *r, const struct err *err)
{
    struct bucket_record *copy = answer_copy(ctx, r, sizeof *r, err);
    if (copy)
        keep(ctx, &copy->name);
}

const struct bucket_record *bucket_wait(struct fixture *f, const char *name)
{
    struct waiting w = {.f = f};
    store_get_bucket(f->store, str_from(name), on_bucket, &w);
    wait_answer(&w);
    return w.record;
}

static void on_object(void *ctx, const struct object_record *r, const struct err *err)
{
    struct object_record *copy = answer_copy(ctx, r, sizeof *r, err);
    if (!copy)
        return;
    struct str *all[] = {&copy->bucket, &copy->key,   &copy->etag,   &copy->content_type, &copy->meta,
                         &copy->tags,   &copy->parts, &copy->pieces, &copy->body};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        keep(ctx, all[i]);
}

const struct object_record *object_wait(struct fixture *f, const char *bucket, struct str key)
{
    struct waiting w = {.f = f};
    store_get_object(f->store, str_from(bucket), key, on_object, &w);
    wait_answer(&w);
    return w.record;
}

static void on_text(void *ctx, struct str text, const struct err *err)
{
    struct waiting *w = ctx;
    answer_copy(ctx, NULL, 0, err);
    w->text = text;
    keep(w, &w->text);
}

struct str code_wait(struct fixture *f, const char *calculation_id)
{
    struct waiting w = {.f = f};
    store_get_code(f->store, str_from(calculation_id), on_text, &w);
    wait_answer(&w);
    return w.text;
}

struct str garbage_wait(struct fixture *f)
{
    struct waiting w = {.f = f};
    store_read_garbage(f->store, 100, on_text, &w);
    wait_answer(&w);
    return w.text;
}

struct str unknown_blobs_wait(struct fixture *f, const char *ids)
{
    struct waiting w = {.f = f};
    store_read_unknown_blobs(f->store, str_from(ids), on_text, &w);
    wait_answer(&w);
    return w.text;
}

/* Joins the strings that lie at the start of each record. */
static void answer_names(void *ctx, const void *records, size_t count, size_t size, const struct err *err)
{
    struct waiting *w = ctx;
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1024 * 1024);
    for (size_t i = 0; i < count; i++) {
        const struct str *name = (const void *)((const char *)records + i * size);
        buf_printf(&b, "%s%.*s", i ? " " : "", STR_ARG(*name));
    }
    on_text(w, buf_str(&b), err);
}

static void on_sessions(void *ctx, const struct session_record *r, size_t count, const struct err *err)
{
    answer_names(ctx, r, count, sizeof *r, err);
}

struct str sessions_wait(struct fixture *f, const struct store_list *q)
{
    struct waiting w = {.f = f};
    store_list_sessions(f->store, q, on_sessions, &w);
    wait_answer(&w);
    return w.text;
}

static void on_calculations(void *ctx, const struct calculation_record *r, size_t count,
                            const struct err *err)
{
    answer_names(ctx, r, count, sizeof *r, err);
}

struct str calculations_wait(struct fixture *f, const struct store_list *q)
{
    struct waiting w = {.f = f};
    store_list_calculations(f->store, q, on_calculations, &w);
    wait_answer(&w);
    return w.text;
}

static void on_buckets(void *ctx, const struct bucket_record *r, size_t count, const struct err *err)
{
    answer_names(ctx, r, count, sizeof *r, err);
}

struct str buckets_wait(struct fixture *f)
{
    struct waiting w = {.f = f};
    store_list_buckets(f->store, on_buckets, &w);
    wait_answer(&w);
    return w.text;
}

static void on_tags(void *ctx, const struct tag_record *r, size_t count, const struct err *err)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1024 * 1024);
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s%.*s=%.*s", i ? " " : "", STR_ARG(r[i].key), STR_ARG(r[i].value));
    on_text(ctx, buf_str(&b), err);
}

struct str tags_wait(struct fixture *f, const char *arn)
{
    struct waiting w = {.f = f};
    store_list_tags(f->store, str_from(arn), on_tags, &w);
    wait_answer(&w);
    return w.text;
}
