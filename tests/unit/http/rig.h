/* A server on loopback and clients on real sockets, all on one loop: a test sends bytes and waits for what
 * must happen. */
#pragma once

#include "base/buf.h"
#include "http/server.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { HELD_MAX = 64 };

/* What the handler does is asked for by the path:
 *   /hello       answers in `head`
 *   /echo        buffers up to 1,000 bytes and answers with them; 413 above
 *   /hold        answers when the test calls rig_answer
 *   /hold/big    as /hold, with rig.big_bytes bytes
 *   /hold/close  as /hold, and ends the connection
 *   /ignore      takes no body, answers in `done`
 *   /stream      takes the body piece by piece, answers with its length
 *   /stream/hold as /stream, but pauses after each piece until rig_resume
 *   /stream/deny as /stream, but answers 403 at the first piece
 *   /file        answers with rig.file
 *   /close       answers and ends the connection
 *   /big         answers with rig.big_bytes bytes
 *   /head        answers with headers that rig.value is in */
struct rig {
    struct loop *loop;
    struct http_server *server;
    struct http_limits limits;
    struct http_handler handler;
    struct http_tls *tls; /* set before rig_start */

    struct http_request *held[HELD_MAX]; /* unanswered, in order */
    size_t held_count;
    struct http_request *streaming;
    struct buf streamed;
    size_t pieces;
    bool pausing;
    int file_fd;
    uint64_t file_length;
    size_t big_bytes;
    struct str value;
    char seen_target[256]; /* of the last request */
    char seen_host[64];
    size_t seen_headers;

    size_t heads;
    size_t dones;
    size_t finished;
    size_t finished_in_vain; /* with status 0 */
    size_t pressed;
    size_t aborted;
    size_t refused;
    int last_status;
    uint64_t last_sent_bytes;
    bool drained;
};

/* Limits that no test reaches by accident; change them before rig_start. */
void rig_init(struct rig *r);
void rig_start(struct rig *r);
/* Drains, frees and checks that every request was finished. */
void rig_stop(struct rig *r);
/* Answers the oldest held request with its target as the body. */
void rig_answer(struct rig *r);
void rig_answer_at(struct rig *r, size_t i);
void rig_resume(struct rig *r);
void rig_drain(struct rig *r, int64_t grace_ms);
/* Runs the loop until the condition holds; a test that waits for more than 20 s has failed. */
#define rig_wait(r, condition)                                                                               \
    do {                                                                                                     \
        rig_guard(r);                                                                                        \
        while (!(condition)) {                                                                               \
            uv_run(loop_uv((r)->loop), UV_RUN_NOWAIT); /* what happens before the loop would wait */         \
            if (!(condition))                                                                                \
                rig_turn(r, #condition);                                                                     \
        }                                                                                                    \
        rig_unguard(r);                                                                                      \
    } while (0)
void rig_guard(struct rig *r);
void rig_unguard(struct rig *r);
void rig_turn(struct rig *r, const char *waiting_for);
/* Lets everything happen that needs no more than time for the kernel: a few turns that do not block. */
void rig_settle(struct rig *r);
/* Runs the loop until a timer of its own has fired. */
void rig_pass(struct rig *r, int64_t ms);

/* The rig of a file's tests, and their fixture: started with the limits of rig_init, and stopped. */
extern struct rig rig;
int rig_set_up(void **state);
int rig_tear_down(void **state);

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

struct client {
    struct rig *rig;
    int fd;
    struct buf in;
    bool eof;
    bool reset;
    bool deaf; /* does not read */
    uv_poll_t poll;
    bool closed;
};

struct client *client_new(struct rig *r);
/* The kernel takes it all at once: for short texts. */
void client_send(struct client *c, const char *text);
void client_send_bytes(struct client *c, const void *p, size_t n);
/* A byte at a time; the server sees each alone. */
void client_drip(struct client *c, const char *text);
/* Waits until the text has come. */
void client_wait(struct client *c, const char *text);
void client_wait_eof(struct client *c);
/* Waits for the text, and forgets all that has come. */
void client_expect(struct client *c, const char *text);
size_t client_count(const struct client *c, const char *text);
void client_set_deaf(struct client *c, bool deaf);
void client_half_close(struct client *c);
/* With a reset if there are unread bytes. */
void client_free(struct client *c);
