/* HTTP requests to elsewhere: libcurl's multi interface on the loop. Names are resolved on threads of
 * libcurl's. Bodies stream in both directions at the receiver's pace. Everything here is for the loop thread,
 * and nothing calls back before it returns. */
#pragma once

#include "base/err.h"
#include "http/message.h"
#include "loop/loop.h"

struct http_client;

/* At most `connections` at a time; requests beyond that wait for one. Those that are stalled by who reads or
 * sends here do not count, up to three times as many; where others wait even then, one that has stalled for
 * ten seconds is ended. */
struct http_client *http_client_new(struct loop *loop, size_t connections);
/* Ends what is under way without a word. */
void http_client_free(struct http_client *c);

enum {
    TRANSFER_NO_BODY = -1,
    TRANSFER_UNKNOWN_LENGTH = -2, /* chunked */
    TRANSFER_HEADS_MAX = 64 * 1024,
};

/* Strings are copied. */
struct transfer_request {
    const char *url;
    const char *method;
    const struct http_header *headers; /* Host among them */
    size_t header_count;
    int64_t body_bytes;  /* or one of the above; a HEAD has none */
    const char *ca_file; /* NULL: the system's */
    int64_t connect_ms;
    int64_t stall_ms; /* longest wait without a byte, but where the receiver asked to wait */
    int64_t total_ms;
};

#define TRANSFER_WAIT ((size_t)-1)

struct transfer_events {
    /* Writes up to `max` bytes of the body; 0 is its end, TRANSFER_WAIT: transfer_go_on follows. NULL: no
     * body. */
    size_t (*read)(void *ctx, char *to, size_t max);
    /* The body has to be read from its start again, as a connection that was kept turned out dead. False or
     * NULL: it cannot. */
    bool (*rewind)(void *ctx);
    /* Status and headers of the answer, borrowed. */
    void (*head)(void *ctx, int status, const struct http_headers *headers);
    /* Bytes of the answer. False: not taken, they come again after transfer_go_on. */
    bool (*data)(void *ctx, struct str bytes);
    /* The end, once; the transfer is gone. `err` NULL: the whole answer has come. ERR_UNAVAILABLE: it failed
     * on the way and may do better another time; another code: it will not. */
    void (*done)(void *ctx, const struct err *err);
};

/* The length that the answer's body will have by its head; -1: only its end tells. A body in chunks has none,
 * whatever else the head says (RFC 9112, 6.3). */
int64_t transfer_answer_length(const struct http_headers *headers);

struct transfer;
/* NULL if libcurl refuses the request, which only a bad URL or a header above TRANSFER_HEADS_MAX brings. */
struct transfer *transfer_start(struct http_client *c, const struct transfer_request *r,
                                const struct transfer_events *events, void *ctx, struct err *err) MUST_CHECK;
/* Not from inside its events. Nothing is called after it. */
void transfer_cancel(struct transfer *t);
/* The body has more bytes, or the receiver takes more: in both directions. May be called too often. */
void transfer_go_on(struct transfer *t);
