/* What S3 says of buckets and objects that are not there. */
#pragma once

#include "base/err.h"

/* -1, with ERR_NO_SUCH_BUCKET or ERR_NO_SUCH_KEY. */
int no_such_bucket(struct err *err);
int no_such_key(struct err *err);
