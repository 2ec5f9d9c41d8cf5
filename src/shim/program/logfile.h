/* The session's log: two generations, together never longer than the limit. */
#pragma once

#include "base/err.h"
#include "base/mem.h"

struct logfile {
    int folder;
    int fd;
    int64_t size;
    int64_t generation_max; /* bytes of one generation */
    int64_t lost;           /* bytes since the last that could be written */
};

int logfile_open(struct logfile *l, int folder, int64_t max_bytes, struct err *err) MUST_CHECK;
/* What cannot be written (a full disk) is lost, as a log never stops a session; the next line that can be
 * written says so. */
void logfile_write(struct logfile *l, struct str text);
/* A line of the shim's own. */
void logfile_note(struct logfile *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
