/* What leaves on a connection: bytes are collected during a turn and written by one system call at its end;
 * what the kernel does not take goes on by itself. */
#pragma once

#include "base/buf.h"

#include <uv.h>

struct http_conn;

enum {
    OUTPUT_HIGH_BYTES = 256 * 1024, /* waiting to leave; above it no answer is added and nothing is read */
};

struct output {
    struct buf next;     /* not yet given to the kernel */
    struct buf inflight; /* libuv writes it: encrypted if the connection is */
    uv_write_t write;
    bool writing;
    size_t queue_before;   /* libuv's queue at the last look, to see progress */
    uint64_t added;        /* bytes ever added, before encryption */
    uint64_t inflight_end; /* of them, in `inflight` or before */
    uint64_t left;         /* of them, taken by the kernel */
};

void output_init(struct output *o);
void output_done(struct http_conn *c);
/* The buffer to append to; call output_end afterwards. */
struct buf *output_begin(struct http_conn *c);
void output_end(struct http_conn *c);
void output_add(struct http_conn *c, struct str bytes);
/* Writes what there is, unless a write is under way. A failure closes the connection. */
void output_flush(struct http_conn *c);
/* Nothing is waiting to leave. */
bool output_empty(const struct output *o);
/* OUTPUT_HIGH_BYTES wait, or more. */
bool output_is_full(const struct output *o);
/* The kernel took bytes since the last call. */
bool output_progress(struct http_conn *c);
