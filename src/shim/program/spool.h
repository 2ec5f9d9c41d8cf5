/* One output stream of a calculation: a pipe whose other end the driver has, read into a bounded file. */
#pragma once

#include "base/err.h"
#include "shim/program/reactor.h"

struct spool {
    struct watch watch; /* the pipe's reading end */
    int file;
    int64_t size; /* in the file */
    int64_t max_bytes;
    bool truncated;
};

void spool_init(struct spool *s);
/* Makes the file `name` and the pipe; `*ret_write_end` is the caller's. */
int spool_open(struct spool *s, struct reactor *r, int folder, const char *name, int64_t max_bytes,
               int *ret_write_end, struct err *err) MUST_CHECK;
/* Takes in what lies in the pipe now, then closes the file. The pipe stays open, unless its writers have
 * gone. */
void spool_finish(struct spool *s);
/* Closes what is open. */
void spool_close(struct spool *s);
