/* What a transaction answers that asks for more than its arena may hold. */
#pragma once

#include "base/err.h"

static inline int catalog_no_room(struct err *err)
{
    err_set(err, ERR_TOO_LARGE, "The answer is too large: ask for fewer tables or partitions at once.");
    return -1;
}
