/* Between the files of an upload: upload.c has its life, its pieces and the object that is one,
 * upload_parts.c the one in parts. */
#pragma once

#include "aws/digest.h"
#include "base/buf.h"
#include "remote/delivery/upload.h"
#include "remote/remote_private.h"
#include "remote/request.h"

enum {
    UPLOAD_PARALLEL = 4,
    UPLOAD_PARTS_MAX = 10000,
    UPLOAD_ID_MAX = 2048,
    UPLOAD_QUERY_MAX = 3 * UPLOAD_ID_MAX + 64
};

struct upload_part {
    struct upload *upload;
    bool busy;
    int number; /* from 1; 0: the whole object */
    int64_t offset;
    char *bytes;
    size_t n;
    char hash[SHA256_HEX_LEN + 1];
    int error; /* errno of reading */
    struct remote_call *call;
    char query[UPLOAD_QUERY_MAX + 64];
};

struct upload {
    struct remote *remote;
    struct arena *arena;
    struct upload_target target;
    struct upload_source source;
    upload_fn *fn;
    void *ctx;
    int64_t part_bytes;
    int parts; /* 0: one request */
    int next;  /* part that has not begun, from 1 */
    int sent;
    char **etags;
    struct ledger *ledger;
    struct ledger_entry *entry; /* the remote holds parts that are no object yet */
    struct remote_call *call;   /* begins or completes */
    struct buf document;
    char query[UPLOAD_QUERY_MAX];
    unsigned reading; /* pool works that use it */
    bool ended;       /* answered or cancelled: freed when nothing reads */
    struct upload_part slots[UPLOAD_PARALLEL];
};

/* upload.c */
/* Reads and hashes a piece, and sends it. Number 0: the whole object. */
void upload_piece(struct upload *u, struct upload_part *p, int number, int64_t offset, int64_t n);
void upload_end(struct upload *u, struct str etag, const struct err *err);

/* upload_parts.c */
void upload_begin_parts(struct upload *u);
/* Of a part; `answer` is a success's. */
void upload_part_sent(struct upload_part *p, const struct remote_answer *answer);
