/* One output stream of a calculation: a pipe whose other end the driver has, read into a bounded file. While
 * the disk is full nothing is read, so that the driver waits, and the write is tried again; a disk that stays
 * full beyond the patience makes the spool drop what comes, and say so. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "shim/program/reactor.h"

enum { SPOOL_PATIENCE_MS = 10 * 1000 };

typedef void spool_fn(void *ctx);

struct spool {
    struct watch watch; /* the pipe's reading end */
    struct reactor *reactor;
    int file;
    int64_t size; /* in the file */
    int64_t max_bytes;
    bool truncated; /* bytes were dropped */
    int failure;    /* ... as the file could not be written: errno; 0: at the bound */

    int64_t patience_ms;
    struct buf held;       /* read, and waiting for room on the disk */
    int64_t held_until_ms; /* monotonic */
    struct timer retry;
    int64_t left; /* of the pipe's bytes these many are still taken in, once the spool is finishing */
    spool_fn *finished;
    void *ctx;
};

void spool_init(struct spool *s);
/* Makes the file `name` and the pipe; `*ret_write_end` is the caller's. */
int spool_open(struct spool *s, struct reactor *r, int folder, const char *name, int64_t max_bytes,
               int *ret_write_end, struct err *err) MUST_CHECK;
/* Takes in what lies in the pipe now, then closes the file. The pipe stays open, unless its writers have
 * gone. True: that is done; false: the disk is full, and `finished` is called later. */
bool spool_finish(struct spool *s, spool_fn *finished, void *ctx) MUST_CHECK;
/* From now on a full disk is not waited for; `finished` may be called in it. */
void spool_hurry(struct spool *s);
/* Closes what is open. */
void spool_close(struct spool *s);
