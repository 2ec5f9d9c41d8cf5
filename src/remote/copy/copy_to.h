/* Between the files of a copy's target: copy_to.c makes a body of the content, copy_here.c an object or a
 * part of that, copy_there.c sends it, or a part as it comes. */
#pragma once

#include "objects/s3/checksum.h"
#include "remote/copy/copy_private.h"
#include "remote/delivery/upload.h"

struct copy_to {
    struct copy *copy;            /* NULL: it has ended, and answers are still to come */
    unsigned answers;             /* of the store and the pool, to come */
    struct object_writer *writer; /* NULL: not yet, or no more */
    bool full;
    struct s3_checksum checksum; /* of the body */
    struct str etag;
    /* Here */
    bool chosen; /* the part's upload wants its checksum told */
    struct str meta;
    /* There */
    struct object_body *body; /* under way */
    struct upload *upload;
    struct stream *put;
    int status;
    struct buf refusal;
};

/* copy_to.c */
void copy_to_write(struct copy_to *t);            /* lets the content come into a body of `checksum` */
void copy_to_expect(struct copy_to *t);           /* an answer that is to come */
struct copy *copy_to_answered(struct copy_to *t); /* NULL: the copy has ended meanwhile */

/* copy_here.c */
int copy_here_check(struct copy *c, struct err *err) MUST_CHECK;
void copy_here_open(struct copy_to *t);
void copy_here_commit(struct copy_to *t, struct object_body *body);

/* copy_there.c */
void copy_there_open(struct copy_to *t);
void copy_there_send(struct copy_to *t, struct object_body *body);
void copy_there_close(struct copy_to *t);
