/* After a restart: the live sessions of the store, each with its driver adopted. */
#pragma once

#include "core/core.h"

/* Blocks; before the loop runs. A session that no shim answers for within config.verify_ms ends FAILED. */
int recover_sessions(struct core *c, struct err *err) MUST_CHECK;
