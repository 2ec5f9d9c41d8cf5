/* Runs a program and reads what it prints; no shell lies between. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* Looks `name` up on PATH; the caller frees the path. NULL if there is none. */
char *program_find(const char *name);
/* Standard output and error together, cut at the buffer's maximum; standard input is empty. `*ret_status` is
 * the exit status, 128 and more for a signal. -1 if it cannot be started, or takes longer than the timeout:
 * then it is killed. */
int program_run(char *const argv[], int64_t timeout_ms, struct buf *ret_output, int *ret_status,
                struct err *err) MUST_CHECK;
