/* A few MiB of the data folder's disk, kept for what has to work when it is full: the server's start, and
 * what makes room (deletes, ends of sessions and calculations). They lie in a file of that folder which
 * nothing is ever written to. Who meets a full disk gives a slice of it back, by making the file shorter, and
 * tries again; slices, as whoever fills the disk takes what is free, too. Any thread; these calls block. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    RESERVE_MAX_BYTES = 8 * 1024 * 1024,
    RESERVE_SLICE_BYTES = 256 * 1024,
    RESERVE_DISK_SHARE = 8, /* the reserve is at most one part in these of a small disk */
};

/* False: nothing is left to give back. */
bool reserve_take(const char *folder);
/* Bytes that are left. */
int64_t reserve_left(const char *folder);
/* Makes the reserve whole, where as much again stays free. True: it was not, and is now. */
bool reserve_fill(const char *folder);
