/* Between the files of a copy's source: copy_from.c has what both kinds share, copy_from_here.c an object of
 * the built-in store, read on the pool, copy_from_there.c one at a remote, by one GET. */
#pragma once

#include "objects/s3/range.h"
#include "remote/copy/copy_private.h"
#include "remote/request.h"

enum { COPY_CONDITIONS_MAX = 5 };

struct copy_from {
    struct copy *copy; /* NULL: it has ended, and a step is still under way */
    struct loop *loop;
    /* Here */
    bool opened;
    struct http_pieces pieces;
    struct http_piece piece; /* fd -1: none */
    bool reading;            /* a step on the pool has all of these */
    char *step;
    size_t step_bytes;
    int64_t to_read;
    int error;
    /* There */
    struct http_header conditions[COPY_CONDITIONS_MAX];
    struct stream *get;
    struct byte_range range; /* asked for */
    int status;              /* 0: the answer is none that was asked for */
    struct str region;       /* where it lies, as a redirection tells */
    struct buf refusal;
    bool tagged;
    struct remote_call *tagging;
};

/* copy_from.c */
void copy_from_add_header(struct copy *c, struct str name, struct str value); /* copied */
void copy_from_set_length(struct copy *c, uint64_t length);
void copy_from_free(struct copy_from *f);

/* copy_from_here.c */
void copy_from_here_open(struct copy_from *f);
void copy_from_here_go_on(struct copy_from *f);

/* copy_from_there.c */
void copy_from_there_open(struct copy_from *f);
void copy_from_there_close(struct copy_from *f);
