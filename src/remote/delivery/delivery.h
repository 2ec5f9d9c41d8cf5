/* The objects of a calculation or a statement on their way to a bucket that lives elsewhere, before its end
 * is shown: all at once, within the time that the deliveries' configuration gives. Loop thread. */
#pragma once

#include "remote/delivery/deliveries.h"

/* An object of an output. */
struct delivery_item {
    struct str key; /* as the other strings, borrowed until the end */
    struct str content_type;
    const struct object_body *body;
    bool delivered; /* answer */
};

/* `err` NULL: all are there. Else why not; the items say which are. */
typedef void delivery_fn(void *ctx, const struct err *err);
struct delivery;
/* The items belong to the caller and stay until the end. */
struct delivery *delivery_start(struct deliveries *d, struct str bucket, struct delivery_item *items,
                                size_t count, delivery_fn *fn, void *ctx);
/* `fn` is not called. */
void delivery_cancel(struct delivery *v);
