/* A process's claim on a folder: a record lock on a file in it, which the kernel drops with the process.
 * Within one process it shuts nobody out, and closing any descriptor of the file gives it up. */
#pragma once

#include <sys/types.h>

/* Takes the lock of the file, which is made where it is missing; no symbolic link is followed. The
 * descriptor, which holds it and is the caller's; or -1, where errno tells: EAGAIN when another process has
 * it. */
int lock_file_take(int folder, const char *name);
/* The process that has it, 0 when none has, -1 when it runs where its pid is not visible (another container).
 * Not for the one that has it. The kernel tells: nothing can be stale, no other process be meant. */
pid_t lock_file_owner(int folder, const char *name);
