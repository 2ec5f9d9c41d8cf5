/* Requests of the S3 endpoint for buckets that live elsewhere: signed anew and passed on, body and answer at
 * the receiver's pace and at flat memory. What waits here to be delivered is served from here. Loop thread.
 */
#pragma once

#include "objects/s3/s3.h"
#include "remote/delivery/deliveries.h"

struct proxy;

/* Both are borrowed. */
struct proxy *proxy_new(struct remotes *remotes, struct deliveries *deliveries);
void proxy_free(struct proxy *p); /* NULL is allowed; no request may be under way */
/* For the endpoint's settings; lives as long as the proxy. */
const struct s3_elsewhere *proxy_elsewhere(const struct proxy *p);
