/* What is older than the retention time goes, a portion at a time. */
#pragma once

#include "core/core.h"

void retention_start(struct core *c);
