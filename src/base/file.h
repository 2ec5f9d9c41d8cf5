/* Small files, whole, and removal of trees. Names are relative to an open folder (or AT_FDCWD) and no
 * symbolic link is followed in their last part. These calls block. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* The whole file appended to `ret`; its maximum bounds what is read. A missing file is an error, too: errno
 * tells (ENOENT). */
int file_read(int folder, const char *name, struct buf *ret, struct err *err) MUST_CHECK;
/* Replaces the file in one step: readers see the old content or the new one. `durable`: it is also on disk.
 */
int file_write(int folder, const char *name, struct str content, bool durable, struct err *err) MUST_CHECK;
/* Removes a file or a folder with all that it holds; never follows a link out of it, never leaves its file
 * system. What is missing counts as removed. */
int file_remove_tree(int folder, const char *name, struct err *err) MUST_CHECK;
/* Total bytes of the regular files below (their disk space), for limits on folders. */
int64_t file_tree_bytes(int folder, const char *name);
