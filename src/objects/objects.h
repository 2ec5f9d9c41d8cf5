/* The built-in object store: bodies as rows (small) or blob files (large), the index in the store. An object
 * is visible when its row commits, whole or not at all; names never become file names. Loop thread; file work
 * runs on the pool. */
#pragma once

#include "aws/digest.h"
#include "base/err.h"
#include "http/server.h"
#include "loop/loop.h"
#include "store/pieces.h"
#include "store/store.h"

struct objects;

enum {
    OBJECT_KEY_MAX = 1024,
    OBJECT_INLINE_MAX = 16 * 1024, /* bodies up to this are rows */
    OBJECT_BYTES_MAX = 64 * 1024,  /* of objects_body_from_bytes, which makes rows of them all */
};

/* Makes DIR/blobs, removes what interrupted writes left there. Blocks. Files that no row names (a body that
 * became durable and whose batch never committed) go in the background from then on. */
struct objects *objects_open(struct loop *loop, struct store *store, const char *dir,
                             struct err *err) MUST_CHECK;
/* Before the store closes, which then uses it no more; the memory goes when file work that is under way has
 * ended and the last body is freed. NULL is allowed. */
void objects_close(struct objects *o);
struct store *objects_store(struct objects *o);

/* A body that is durable but not visible yet. */
struct object_body;
struct object_body_info {
    int64_t size;
    const char *etag; /* MD5, hexadecimal */
};
const struct object_body_info *object_body_info(const struct object_body *b);
/* The digest of the body, digest_size() bytes; NULL if this kind was not computed. MD5 always is. */
const unsigned char *object_body_digest(const struct object_body *b, enum digest_kind kind);
/* Its content, for reading: bytes that live as long as the body, or else an open file, which is the caller's.
 */
int object_body_source(const struct object_body *b, struct str *ret_bytes, int *ret_fd,
                       struct err *err) MUST_CHECK;
/* Of a body that is not used: removes its file. NULL is allowed. */
void object_body_free(struct object_body *b);

typedef void object_body_fn(void *ctx, struct object_body *body, const struct err *err);

/* A body from a file: copied, made durable. At most `max_bytes` of the file are read. `as_text` replaces
 * invalid bytes by U+FFFD and, if the file is longer or `truncated` already, ends at a character's border
 * with a line that says so, and names the `write_error` that truncated it. A text's `note` stands on lines of
 * its own behind all that. A missing file counts as empty unless it is `required`. Strings are copied. */
struct object_source {
    const char *path;
    int64_t max_bytes;
    bool as_text;
    bool truncated;
    bool required;
    struct str write_error; /* absent: truncated at its limit */
    struct str note;        /* at most 64 KiB of valid UTF-8; absent if none */
};
void objects_body_from_file(struct objects *o, const struct object_source *src, object_body_fn *fn,
                            void *ctx);
/* A body in memory, at most OBJECT_BYTES_MAX: hashed at once, on the loop. */
struct object_body *objects_body_from_bytes(struct objects *o, struct str bytes, struct err *err) MUST_CHECK;

/* A body that comes piece by piece, for uploads. Bytes are copied and always taken; "full" says that the
 * writer is behind and calls `drained` once when it wants more. At most 8 MiB at
 * once. Failures (the disk; more than `max_bytes`: ERR_TOO_LARGE) are told by finish; if one comes before,
 * `drained` is called, object_writer_error has it, and bytes that come then are dropped. End with finish or
 * abort. */
struct object_writer;
struct object_writer *object_writer_new(struct objects *o, int64_t max_bytes, void (*drained)(void *ctx),
                                        void *ctx);
/* Takes a framing off the bytes on their way: they pass through it on the pool, before they are hashed and
 * written. */
struct object_filter {
    void *ctx;
    /* Gives what is content of the bytes to `sink`, in order. -1: the body has failed. */
    int (*take)(void *ctx, struct str bytes, int (*sink)(void *to, struct str content, struct err *err),
                void *to, struct err *err);
    /* There are no more bytes. */
    int (*end)(void *ctx, struct err *err);
    void (*free)(void *ctx); /* on the loop, when the writer has ended */
};
/* Before the first byte; copied. `max_bytes` then bounds the content. */
void object_writer_filter(struct object_writer *w, const struct object_filter *filter);
/* Computes one digest more, beside the ETag's MD5. Before the first byte. */
void object_writer_digest(struct object_writer *w, enum digest_kind kind);
/* The body gets a file however small it is. Before the first byte. */
void object_writer_in_file(struct object_writer *w);
/* Why nothing will come of it; NULL: nothing has failed yet. */
const struct err *object_writer_error(const struct object_writer *w);
bool object_writer_add(struct object_writer *w, struct str bytes); /* false: full, wait for `drained` */
void object_writer_finish(struct object_writer *w, object_body_fn *fn, void *ctx);
/* Nothing is called after it; the file goes. */
void object_writer_abort(struct object_writer *w);

/* Adds the object to the batch; the body is taken over (its file goes if the batch fails). `meta` is a
 * JSON object of the form that objects/s3/meta.h describes; absent: just the body's CRC32 is kept. */
struct object_put {
    struct str bucket;
    struct str key;
    struct str content_type;
    struct str meta;
    struct str tags; /* absent: none */
    struct object_condition condition;
    int64_t modified_ms;
};
void objects_add(struct objects *o, struct store_batch *batch, const struct object_put *put,
                 struct object_body *body);
/* The same for a part of an upload; the record's `etag`, `size` and `pieces` come from the body, which has a
 * file (object_writer_in_file) or is empty. */
void objects_add_part(struct objects *o, struct store_batch *batch, const struct part_record *part,
                      struct object_body *body);

/* The bytes [offset, offset + length) of a content made of `n` pieces, for an answer (http_respond_pieces),
 * which sees to it that `done` is called. Call it in the answer of the store that names the pieces: their
 * files are there, and stay from then on, whatever becomes of the object. Copies the pieces. */
int objects_read(struct objects *o, const struct object_piece *pieces, size_t n, uint64_t offset,
                 uint64_t length, struct http_pieces *ret, struct err *err) MUST_CHECK;
/* A record's blob, open for reading. Call it in the answer of the store that names it. */
int objects_open_blob(struct objects *o, struct str blob_id, struct err *err) MUST_CHECK;
/* MD5 and one digest more of the `length` bytes that objects_read gave; takes the pieces over. The digests
 * are of no use where there is an error. */
typedef void object_digest_fn(void *ctx, const unsigned char *md5, const unsigned char *digest,
                              const struct err *err);
void objects_digest(struct objects *o, const struct http_pieces *pieces, uint64_t length,
                    enum digest_kind kind, object_digest_fn *fn, void *ctx);
/* Removes the files of blobs that no object names. Call after deletes and now and then. */
void objects_sweep(struct objects *o);

/* S3's rules for names of general purpose buckets. */
bool bucket_name_valid(struct str name);
/* 1 to OBJECT_KEY_MAX bytes of UTF-8; ERR_KEY_TOO_LONG, ERR_INVALID_URI. */
bool object_key_valid(struct str key, struct err *err);
