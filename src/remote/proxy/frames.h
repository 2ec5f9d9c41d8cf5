/* A content with its checksum behind it, in the framing of aws-chunked: how a remote is told a checksum that
 * is known with the last byte only. Nothing of it is signed (STREAMING-UNSIGNED-PAYLOAD-TRAILER); the remote
 * compares. */
#pragma once

#include "base/str.h"

enum { FRAMES_TEXT_MAX = 256 };

struct frames {
    const char *name;  /* of the trailer; static */
    int64_t to_come;   /* bytes of the content behind this chunk */
    int64_t in_chunk;  /* of this chunk */
    bool ended;        /* all is in `text` or was read */
    size_t text_bytes; /* framing that is to be read next */
    size_t text_read;
    char text[FRAMES_TEXT_MAX];
};

void frames_begin(struct frames *f, int64_t content_bytes, const char *name);
/* Bytes with the framing, for a trailer's value of so many. */
int64_t frames_length(int64_t content_bytes, const char *name, size_t value_bytes);
/* Gives up to `max` bytes of the content; 0: none now. */
typedef size_t frames_source_fn(void *ctx, char *to, size_t max);
/* Up to `max` bytes; 0: none now, or the end. `value` of the trailer is absent while it is not known; it is
 * needed when the content has ended. */
size_t frames_read(struct frames *f, char *to, size_t max, struct str value, frames_source_fn *source,
                   void *ctx);
bool frames_ended(const struct frames *f);
