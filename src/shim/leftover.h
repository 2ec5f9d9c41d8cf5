/* Ends what is left of a session whose shim does not answer any more. */
#pragma once

#include "base/str.h"

/* A driver's environment carries its session's id under this name; whoever it starts inherits it. */
#define SESSION_VARIABLE "GLAUX_SESSION_ID"

/* Kills the shim that holds the folder's claim, then every process that carries the session's id in its
 * environment, that is in its control group below `cgroup` (may be NULL) or, if `uid` is not 0, that is of
 * this user. Waits until they are gone, a few seconds at most; returns how many are not. Blocks: for a pool
 * thread. */
unsigned leftover_kill(int folder, struct str session_id, uint32_t uid, const char *cgroup);
