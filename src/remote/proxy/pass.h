/* One request on its way to a remote, and its answer on the way back. Loop thread. */
#pragma once

#include "objects/s3/call.h"
#include "remote/delivery/deliveries.h"

struct pass;

/* At the request's head: its body comes from then on. NULL with the reason. The request is answered by it.
 * `overtaken` is what the request overtakes if it succeeds, held (deliveries_hold); the pass ends the hold,
 * on failure too. NULL: nothing. */
struct pass *pass_start(struct remote *r, struct s3_call *call, struct waiting *overtaken,
                        struct err *err) MUST_CHECK;
/* The request's body is whole. */
void pass_body_whole(struct pass *p);
