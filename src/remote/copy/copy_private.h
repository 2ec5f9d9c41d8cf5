/* Between the files of a copy: copy.c has the request and the content on its way, copy_from.c where it comes
 * from, copy_to.h where it goes. */
#pragma once

#include "objects/s3/copy_source.h"
#include "remote/copy/copy.h"
#include "remote/remote_private.h"
#include "remote/stream.h"

enum { COPY_ROOM_BYTES = 1024 * 1024, COPY_HEADERS_MAX = 64 };

struct copy_from;
struct copy_to;

struct copy {
    struct s3_call *call;
    struct deliveries *deliveries;
    struct remote *from_remote; /* NULL: the source is here */
    struct remote *to_remote;   /* NULL: the target is here */
    struct remote_work work;    /* of one of them */
    struct s3_copy_source source;
    bool is_part;
    bool replace_meta;
    bool replace_tags;
    /* Of the content, once the source has told; memory of the request. */
    struct http_header headers[COPY_HEADERS_MAX]; /* metadata and content headers */
    size_t header_count;
    struct str tags;       /* as x-amz-tagging; absent: none */
    struct str tags_asked; /* of the request */
    int64_t length;
    /* The content on its way. */
    struct buf pipe;
    size_t taken;   /* of `pipe` */
    int64_t left;   /* to come from the source */
    bool has_space; /* of the deliveries', for its length */
    struct copy_from *from;
    struct copy_to *to; /* NULL: not open yet */
    struct waiting *overtaken;
    struct timer later;
    struct err why; /* of a failure that is told at the next turn */
};

/* The source has told what it has: headers, tags and length are set. */
void copy_known(struct copy *c);
/* Bytes of the source, at most 512 KiB at once. False: there is enough, copy_from_go_on follows. */
bool copy_has_room(const struct copy *c);
void copy_add(struct copy *c, struct str bytes);
/* Moves content out of the pipe. */
struct str copy_content(const struct copy *c);
void copy_consume(struct copy *c, size_t n);
bool copy_is_whole(const struct copy *c); /* all has come from the source */
/* One of both ends the copy, and answers. Not from inside a transfer's events, but for copy_fail_soon. */
void copy_fail(struct copy *c, const struct err *err);
void copy_fail_soon(struct copy *c, const struct err *err);
/* The target has it; `etag` without quotes. */
void copy_done(struct copy *c, struct str etag, const struct s3_checksum *checksum);

/* copy_from.c */
struct copy_from *copy_from_open(struct copy *c);
void copy_from_go_on(struct copy_from *f);
void copy_from_close(struct copy_from *f); /* NULL is allowed */

/* copy_to.c */
int copy_to_check(struct copy *c, struct err *err) MUST_CHECK; /* what the request's head says */
struct copy_to *copy_to_open(struct copy *c);
/* There is more content, or all of it. */
void copy_to_go_on(struct copy_to *t);
void copy_to_close(struct copy_to *t); /* NULL is allowed */
