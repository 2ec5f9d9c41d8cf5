/* DeleteObjects of a bucket that lives elsewhere: each key is asked whether the caller may delete it, and
 * what waits here goes where the remote has deleted its key. Loop thread. */
#pragma once

#include "objects/s3/call.h"
#include "remote/delivery/deliveries.h"

/* When the document is whole. Answers the request. */
void remote_delete_objects(struct remote *r, struct deliveries *d, struct s3_call *call);
