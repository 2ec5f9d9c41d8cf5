/* Frames on both links (server and shim, shim and driver): 4 bytes length, big-endian, then a JSON object of
 * that length. Its member `t` names the kind. docs/internals/shim.md lists the kinds. */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "base/jsonw.h"

enum { FRAME_HEADER_BYTES = 4, FRAME_BODY_MAX = 1024 * 1024 };

/* Writing: frame_open, members by `json`, frame_close. */
struct frame {
    struct jsonw json;
    struct buf *out;
    size_t at; /* where it starts in `out` */
};
void frame_open(struct frame *f, struct buf *out, const char *kind);
/* False when the frame got too long or `out` is full: then nothing of it is in `out`. */
bool frame_close(struct frame *f);
/* A body that was encoded before. False as frame_close. */
bool frame_add(struct buf *out, struct str body);

enum frame_state {
    FRAME_PART,   /* more bytes are needed */
    FRAME_WHOLE,  /* `*ret_body` is the first one's body, in `bytes` */
    FRAME_BROKEN, /* its length is none: nothing after it can be read */
};
/* Looks at the first frame in `bytes`; a whole one takes FRAME_HEADER_BYTES + ret_body->n of them. */
enum frame_state frame_first(struct str bytes, struct str *ret_body);

/* The body's object, whose `t` is a string; NULL with the reason otherwise. The caller owns the reference. */
json_t *frame_parse(struct str body, struct err *err) MUST_CHECK;
struct str frame_kind(const json_t *frame);
