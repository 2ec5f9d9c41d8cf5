/* CopyObject and UploadPartCopy where source and target live in different stores: the content streams through
 * here, at flat memory. Loop thread. */
#pragma once

#include "objects/s3/call.h"
#include "remote/delivery/deliveries.h"

/* Takes the request over and answers it. Whether the caller may read the one and write the other has been
 * asked. What waits here under the target's key is overtaken. */
void remote_copy(struct remotes *remotes, struct deliveries *deliveries, struct s3_call *call);
