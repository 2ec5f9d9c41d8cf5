/* ListObjects and ListObjectsV2 of a bucket that lives elsewhere while something waits here for it: pages
 * with both. Loop thread. */
#pragma once

#include "objects/s3/call.h"
#include "remote/delivery/deliveries.h"

/* Takes the list over and answers it. False: the remote's own answer is as good. */
bool remote_list(struct remote *r, const struct deliveries *d, struct s3_call *call);
