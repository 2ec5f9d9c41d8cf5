/* One request on its way to a remote, and its answer on the way back. Loop thread. */
#pragma once

#include "objects/s3/call.h"
#include "remote/remote.h"

struct pass;

/* At the request's head: its body comes from then on. NULL with the reason. The request is answered by it. */
struct pass *pass_new(struct remote *r, struct s3_call *call, struct err *err) MUST_CHECK;
/* What had to be done here before is done; or it failed, and the request with it. Once. */
void pass_go(struct pass *p, const struct err *err);
/* The request's body is whole. */
void pass_body_whole(struct pass *p);
