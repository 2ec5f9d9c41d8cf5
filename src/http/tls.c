#include "http/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

struct http_tls {
    SSL_CTX *ctx;
};

struct tls_session {
    SSL *ssl;
    BIO *in;  /* owned by ssl */
    BIO *out; /* owned by ssl */
};

/* Picks http/1.1 where the client offers it; a client that offers only others is refused (RFC 7301). */
static int choose_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_n,
                           const unsigned char *offered, unsigned offered_n, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    (void)ssl;
    (void)arg;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, ret_n, ours, sizeof ours - 1, offered, offered_n) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static void configure(SSL_CTX *ctx)
{
    static const unsigned char session_name[] = "glaux";
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER);
    SSL_CTX_set_session_id_context(ctx, session_name, sizeof session_name - 1);
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
}

/* OpenSSL's queue of errors as one text. */
static const char *openssl_reason(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *text = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return text ? text : "unknown reason";
}

static int load(SSL_CTX *ctx, const char *cert_file, const char *key_file, struct err *err)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
        return err_set(err, ERR_INVALID_REQUEST, "cannot use the certificate file '%s': %s", cert_file,
                       openssl_reason());
    if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1)
        return err_set(err, ERR_INVALID_REQUEST, "cannot use the key file '%s': %s", key_file,
                       openssl_reason());
    if (SSL_CTX_check_private_key(ctx) != 1)
        return err_set(err, ERR_INVALID_REQUEST, "the key in '%s' does not belong to the certificate in '%s'",
                       key_file, cert_file);
    return 0;
}

struct http_tls *http_tls_load(const char *cert_file, const char *key_file, struct err *err)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    REQUIRE(ctx);
    configure(ctx);
    if (load(ctx, cert_file, key_file, err) != 0) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    struct http_tls *t = mem_new(sizeof *t);
    t->ctx = ctx;
    return t;
}

void http_tls_free(struct http_tls *t)
{
    if (!t)
        return;
    SSL_CTX_free(t->ctx);
    free(t);
}

static BIO *memory_bio(void)
{
    BIO *b = BIO_new(BIO_s_mem());
    REQUIRE(b);
    BIO_set_mem_eof_return(b, -1);
    return b;
}

struct tls_session *tls_session_new(struct http_tls *t)
{
    struct tls_session *s = mem_new(sizeof *s);
    s->ssl = SSL_new(t->ctx);
    REQUIRE(s->ssl);
    s->in = memory_bio();
    s->out = memory_bio();
    SSL_set_bio(s->ssl, s->in, s->out);
    SSL_set_accept_state(s->ssl);
    return s;
}

void tls_session_free(struct tls_session *s)
{
    if (!s)
        return;
    SSL_free(s->ssl);
    free(s);
}

void tls_session_put(struct tls_session *s, struct str wire)
{
    int n = BIO_write(s->in, wire.p, (int)wire.n);
    REQUIRE(n == (int)wire.n);
}

enum tls_read tls_session_read(struct tls_session *s, char *ret, size_t max, size_t *ret_n)
{
    ERR_clear_error();
    if (SSL_read_ex(s->ssl, ret, max, ret_n) == 1)
        return TLS_BYTES;
    int why = SSL_get_error(s->ssl, 0);
    ERR_clear_error();
    switch (why) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return TLS_MORE;
    case SSL_ERROR_ZERO_RETURN: return TLS_EOF;
    default: return TLS_BROKEN;
    }
}

bool tls_session_write(struct tls_session *s, struct str plain)
{
    size_t written;
    ERR_clear_error();
    bool ok = SSL_write_ex(s->ssl, plain.p, plain.n, &written) == 1;
    ERR_clear_error();
    return ok && written == plain.n;
}

void tls_session_close(struct tls_session *s)
{
    ERR_clear_error();
    SSL_shutdown(s->ssl);
    ERR_clear_error();
}

void tls_session_take(struct tls_session *s, struct buf *out)
{
    size_t n = BIO_ctrl_pending(s->out);
    char *to = n ? buf_reserve(out, n) : NULL;
    if (!to)
        return;
    int got = BIO_read(s->out, to, (int)n);
    REQUIRE(got == (int)n);
    out->n += n;
}

bool tls_session_established(const struct tls_session *s)
{
    return SSL_is_init_finished(s->ssl) == 1;
}
