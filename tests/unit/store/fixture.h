/* A store in a folder of its own, and calls that wait for their answers. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
    char dir[64];
    struct loop *loop;
    struct store *store;
    struct arena *arena; /* answers are copied here */
};

int fixture_setup(void **state); /* *state: a fixture with an open store */
int fixture_teardown(void **state);
/* Ends the store in good order and opens it again. */
void fixture_reopen(struct fixture *f);
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
void folder_make(char ret[64]);
void folder_remove(const char *dir);

/* Commits and waits. The code of the failure, or ERR_NONE; `last_error` has its text. */
enum err_code commit_wait(struct fixture *f, struct store_batch *b);
extern struct err last_error;

struct session_record session_of(const char *id, const char *workgroup, const char *state);
struct calculation_record calculation_of(const char *id, const char *session_id, const char *state);
void save_session(struct fixture *f, const struct session_record *r);
void save_bucket(struct fixture *f, const char *name);
/* An object whose ETag is the body, and whose blob is `blob_id` where that is not NULL. */
enum err_code save_object(struct fixture *f, const char *bucket, struct str key, const char *body,
                          const char *blob_id, const struct object_condition *condition);

/* Reads and waits; NULL or absent where there is nothing. Strings live in the fixture's arena. */
const struct session_record *session_wait(struct fixture *f, const char *id);
const struct calculation_record *calculation_wait(struct fixture *f, const char *id);
const struct token_record *token_wait(struct fixture *f, const char *scope, const char *token);
const struct bucket_record *bucket_wait(struct fixture *f, const char *name);
const struct object_record *object_wait(struct fixture *f, const char *bucket, struct str key);
struct str code_wait(struct fixture *f, const char *calculation_id);
struct str garbage_wait(struct fixture *f);
struct str unknown_blobs_wait(struct fixture *f, const char *ids);
/* Ids, names or keys of a list joined by ' '. */
struct str sessions_wait(struct fixture *f, const struct store_list *q);
struct str calculations_wait(struct fixture *f, const struct store_list *q);
struct str tags_wait(struct fixture *f, const char *arn); /* key=value */
struct str buckets_wait(struct fixture *f);

void assert_str(struct str s, const char *expected);
