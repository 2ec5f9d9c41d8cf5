/* What runs under a user of the machine's. These calls block. */
#pragma once

#include "base/err.h"

/* The machine's user database knows the id: it is somebody's account. */
bool user_has_account(uint32_t uid);
/* A process that has not ended has the id as any of its user ids. */
bool user_is_running(uint32_t uid);
/* Kills all that runs under the id, at once, wherever it hangs: a child takes the id on, so the signals can
 * reach nobody else. The caller is root. Some may still be ending on return. */
void user_kill(uint32_t uid);
