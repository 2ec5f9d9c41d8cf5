/* An object store over a store of the store's fixture. */
#pragma once

#include "../store/fixture.h"

#include "objects/objects.h"

struct objects_fixture {
    struct fixture *f;
    struct objects *objects;
};

int objects_setup(void **state);
int objects_teardown(void **state);
void objects_reopen(struct objects_fixture *o);

/* Files below DIR/blobs. */
size_t blob_files(const struct objects_fixture *o);
/* Runs the loop until no sweep, removal of leftovers or other file work is under way. */
void sweep_wait(struct objects_fixture *o);
void loop_turn_until(struct objects_fixture *o, const bool *flag);

/* What object_body_fn brings. */
struct body_answer {
    bool answered;
    struct object_body *body;
    struct err err;
};
void on_body(void *ctx, struct object_body *body, const struct err *err);
struct object_body *body_wait(struct objects_fixture *o, struct body_answer *a);
/* Puts the body at key in bucket "b". */
enum err_code put_wait(struct objects_fixture *o, struct str key, struct object_body *body);
/* A descriptor of the blob's file, or -1. */
int blob_fd(struct objects_fixture *o, struct str blob_id, struct err *err);
struct str content_wait(struct objects_fixture *o, struct str key);
struct object_body *body_of(struct objects_fixture *o, struct str bytes);
