/* TLS over memory: OpenSSL sees no socket. A context for the server, a session for each connection. */
#pragma once

#include "base/buf.h"
#include "http/server.h"

struct tls_session;

struct tls_session *tls_session_new(struct http_tls *t);
void tls_session_free(struct tls_session *s); /* NULL is allowed */

/* Takes bytes from the client, all of them. */
void tls_session_put(struct tls_session *s, struct str wire);

enum tls_read {
    TLS_BYTES,  /* `*ret_n` plain bytes */
    TLS_MORE,   /* more bytes from the client are needed */
    TLS_EOF,    /* the client has closed its side */
    TLS_BROKEN, /* not TLS, or no common version; an alert may be in the wire bytes */
};
enum tls_read tls_session_read(struct tls_session *s, char *ret, size_t max, size_t *ret_n);
/* Encrypts. False: the session is broken. */
bool tls_session_write(struct tls_session *s, struct str plain) MUST_CHECK;
/* Says that no more will be written. */
void tls_session_close(struct tls_session *s);
/* Moves the bytes for the client to the end of `out`. */
void tls_session_take(struct tls_session *s, struct buf *out);
bool tls_session_established(const struct tls_session *s);
