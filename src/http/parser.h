/* Cuts the bytes of a connection into requests: llhttp under limits of our own. Nothing is decoded: the head
 * comes as raw bytes with marks on its parts, since signatures are verified on what was sent. */
#pragma once

#include "base/buf.h"
#include "http/server.h"

#include <llhttp.h>

/* A part of the head: `n` bytes from its byte `at`. */
struct http_span {
    uint32_t at;
    uint32_t n;
};

struct http_field {
    struct http_span name;
    struct http_span value;
};

enum http_event {
    EVENT_MORE, /* every byte is taken; more are needed */
    EVENT_HEAD, /* the head is complete: `head`, `target`, `fields` and the flags are valid until the next
                   call */
    EVENT_DATA, /* a piece of the body: `data` */
    EVENT_END,  /* the request is complete */
    EVENT_BAD,  /* no request: `status` and `reason`; the parser takes no more bytes */
};

struct http_parser {
    llhttp_t ll;
    size_t target_bytes;
    size_t head_bytes;
    size_t header_count;

    bool in_head;
    struct buf partial; /* the head's bytes from earlier calls */
    const char *piece;  /* the bytes of this call */
    uint32_t piece_at;  /* their place in the head */
    struct http_span target;
    struct http_field field; /* under way */
    struct http_field *fields;
    size_t field_count;
    size_t field_capacity;
    size_t framing_bytes; /* chunk sizes, extensions and trailers since the last piece of body */

    enum http_event event; /* set by llhttp's callbacks */
    struct str head;
    struct str data;
    int status;
    const char *reason;
};

/* Copies the limits that it needs. */
void http_parser_init(struct http_parser *p, const struct http_limits *limits);
void http_parser_done(struct http_parser *p);

/* Takes bytes off the front of `*bytes` up to the next event. After EVENT_HEAD, EVENT_DATA and EVENT_END call
 * it again, even with no bytes left. */
enum http_event http_parser_next(struct http_parser *p, struct str *bytes);

/* Some bytes of a head have come, but not all. */
bool http_parser_in_head(const struct http_parser *p);
/* Valid with EVENT_HEAD. */
struct str http_parser_method(const struct http_parser *p);
