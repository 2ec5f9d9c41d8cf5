/* Ends what is left of a session whose shim does not answer any more. */
#pragma once

#include "base/str.h"

/* A driver's environment carries its session's id under this name; whoever it starts inherits it. */
#define SESSION_VARIABLE "GLAUX_SESSION_ID"

/* Kills the shim that holds the folder's claim, then every process that carries the session's id in its
 * environment, that is in its control group below `cgroup` (may be NULL) or that is of the user that the
 * folder's spec.json names. Waits until they are gone, a few seconds at most; returns how many are not.
 * Blocks: for a pool thread. */
unsigned leftover_kill(int folder, struct str session_id, const char *cgroup);
