/* TLS: a client by OpenSSL over the same sockets, with certificates made here. */
#include "rig.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>

static char cert_file[] = "/tmp/glaux-test-cert-XXXXXX";
static char key_file[] = "/tmp/glaux-test-key-XXXXXX";
static char other_key_file[] = "/tmp/glaux-test-other-XXXXXX";

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    return x;
}

static FILE *temp_file(char *name)
{
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    return fdopen(fd, "w");
}

static void write_key(char *name, EVP_PKEY *key)
{
    FILE *f = temp_file(name);
    assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(f);
}

static int make_files(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *other = EVP_EC_gen("P-256");
    X509 *cert = self_signed(key);
    FILE *f = temp_file(cert_file);
    assert_int_equal(PEM_write_X509(f, cert), 1);
    fclose(f);
    write_key(key_file, key);
    write_key(other_key_file, other);
    X509_free(cert);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    unlink(cert_file);
    unlink(key_file);
    unlink(other_key_file);
    return 0;
}

static struct http_tls *load(void)
{
    struct err err;
    struct http_tls *t = http_tls_load(cert_file, key_file, &err);
    assert_non_null(t);
    return t;
}

static int set_up(void **state)
{
    (void)state;
    rig_init(&rig);
    rig.tls = load();
    rig_start(&rig);
    return 0;
}

/* A client: what comes for it goes through memory. */
struct tls_client {
    struct client *c;
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in;
    BIO *out;
    struct buf plain;
    bool eof;
};

static void tls_connect(struct tls_client *t, SSL_CTX *ctx)
{
    *t = (struct tls_client){.c = client_new(&rig), .ctx = ctx};
    t->ssl = SSL_new(ctx);
    t->in = BIO_new(BIO_s_mem());
    t->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(t->in, -1);
    SSL_set_bio(t->ssl, t->in, t->out);
    SSL_set_connect_state(t->ssl);
    buf_init(&t->plain, 64 << 20);
}

static void tls_free(struct tls_client *t)
{
    SSL_free(t->ssl);
    client_free(t->c);
    buf_done(&t->plain);
}

static void send_wire(struct tls_client *t)
{
    char *p;
    long n = BIO_get_mem_data(t->out, &p);
    if (n > 0)
        client_send_bytes(t->c, p, (size_t)n);
    (void)BIO_reset(t->out);
}

/* Moves bytes both ways; false when nothing more can come. */
static bool tls_move(struct tls_client *t)
{
    char bytes[16384];
    size_t n;
    BIO_write(t->in, t->c->in.p, (int)t->c->in.n);
    buf_clear(&t->c->in);
    while (SSL_read_ex(t->ssl, bytes, sizeof bytes, &n) == 1)
        buf_add(&t->plain, bytes, n);
    int why = SSL_get_error(t->ssl, 0);
    ERR_clear_error();
    send_wire(t);
    t->eof = why == SSL_ERROR_ZERO_RETURN;
    return why == SSL_ERROR_WANT_READ && !t->c->eof;
}

static void tls_send(struct tls_client *t, const char *text)
{
    size_t n;
    while (SSL_do_handshake(t->ssl) != 1) {
        assert_int_equal(SSL_get_error(t->ssl, -1), SSL_ERROR_WANT_READ);
        send_wire(t);
        rig_wait(&rig, t->c->in.n || t->c->eof);
        assert_false(t->c->eof);
        BIO_write(t->in, t->c->in.p, (int)t->c->in.n);
        buf_clear(&t->c->in);
    }
    assert_int_equal(SSL_write_ex(t->ssl, text, strlen(text), &n), 1);
    send_wire(t);
}

static void tls_wait_bytes(struct tls_client *t, size_t n)
{
    while (t->plain.n < n) {
        rig_wait(&rig, t->c->in.n || t->c->eof);
        if (!tls_move(t) && t->plain.n < n)
            fail_msg("the server closed early");
    }
}

static void tls_expect(struct tls_client *t, const char *text)
{
    while (!str_contains(buf_str(&t->plain), str_from(text))) {
        rig_wait(&rig, t->c->in.n || t->c->eof);
        if (!tls_move(t) && !str_contains(buf_str(&t->plain), str_from(text)))
            fail_msg("the server closed without '%s', after: %.*s", text, STR_ARG(buf_str(&t->plain)));
    }
    buf_clear(&t->plain);
}

static void tls_wait_eof(struct tls_client *t)
{
    while (tls_move(t))
        rig_wait(&rig, t->c->in.n || t->c->eof);
}

static SSL_CTX *client_ctx(int version)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(ctx, version);
    SSL_CTX_set_max_proto_version(ctx, version);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
    return ctx;
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void requests_are_served(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        SSL_CTX *ctx = client_ctx(versions[i]);
        struct tls_client t;
        tls_connect(&t, ctx);
        tls_send(&t, GET("/hello"));
        tls_expect(&t, "\r\n\r\nhello");
        tls_send(&t, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd");
        tls_expect(&t, "\r\n\r\nabcd");
        tls_send(&t, GET("/hold?1") GET("/hold?2"));
        rig_wait(&rig, rig.held_count == 2);
        rig_answer(&rig);
        rig_answer(&rig);
        tls_expect(&t, "/hold?2");
        assert_int_equal(SSL_version(t.ssl), versions[i]);
        tls_free(&t);
        SSL_CTX_free(ctx);
    }
}

static void the_end_is_told_by_close_notify(void **state)
{
    (void)state;
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION);
    struct tls_client t;
    tls_connect(&t, ctx);
    tls_send(&t, GET("/close"));
    tls_expect(&t, "bye");
    tls_wait_eof(&t);
    assert_true(t.eof);
    tls_free(&t);
    SSL_CTX_free(ctx);
}

static void old_versions_are_refused(void **state)
{
    (void)state;
    SSL_CTX *ctx = client_ctx(TLS1_1_VERSION);
    SSL_CTX_set_security_level(ctx, 0);
    struct tls_client t;
    tls_connect(&t, ctx);
    assert_int_not_equal(SSL_do_handshake(t.ssl), 1);
    send_wire(&t);
    client_wait_eof(t.c);
    assert_int_equal(t.c->in.n, 7); /* an alert */
    assert_int_equal(t.c->in.p[0], 21);
    tls_free(&t);
    SSL_CTX_free(ctx);
}

static void sessions_are_resumed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        SSL_CTX *ctx = client_ctx(versions[i]);
        struct tls_client t;
        tls_connect(&t, ctx);
        tls_send(&t, GET("/hello"));
        tls_expect(&t, "hello");
        assert_false(SSL_session_reused(t.ssl));
        SSL_SESSION *session = SSL_get1_session(t.ssl);
        SSL_set_shutdown(t.ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        tls_free(&t);
        tls_connect(&t, ctx);
        SSL_set_session(t.ssl, session);
        tls_send(&t, GET("/hello"));
        tls_expect(&t, "hello");
        assert_true(SSL_session_reused(t.ssl));
        tls_free(&t);
        SSL_SESSION_free(session);
        SSL_CTX_free(ctx);
    }
}

static void http_1_1_is_chosen(void **state)
{
    (void)state;
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION);
    SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x02h2\x08http/1.1", 12);
    struct tls_client t;
    tls_connect(&t, ctx);
    tls_send(&t, GET("/hello"));
    tls_expect(&t, "hello");
    const unsigned char *chosen;
    unsigned n;
    SSL_get0_alpn_selected(t.ssl, &chosen, &n);
    assert_true(str_eq(str_of(chosen, n), STR("http/1.1")));
    tls_free(&t);
    SSL_CTX_free(ctx);
}

static void a_client_that_wants_only_h2_is_refused(void **state)
{
    (void)state;
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION);
    SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x02h2", 3);
    struct tls_client t;
    tls_connect(&t, ctx);
    assert_int_not_equal(SSL_do_handshake(t.ssl), 1);
    send_wire(&t);
    client_wait_eof(t.c);
    assert_int_equal(t.c->in.p[0], 21);
    tls_free(&t);
    SSL_CTX_free(ctx);
}

static void plain_http_on_the_tls_port_is_closed(void **state)
{
    (void)state;
    struct client *c = client_new(&rig);
    client_send(c, GET("/hello"));
    client_wait_eof(c);
    assert_int_equal(rig.heads, 0);
    client_free(c);
}

static void a_handshake_may_come_byte_by_byte(void **state)
{
    (void)state;
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION);
    struct tls_client t;
    tls_connect(&t, ctx);
    SSL_do_handshake(t.ssl);
    char *p;
    long n = BIO_get_mem_data(t.out, &p);
    for (long i = 0; i < n; i++) {
        client_send_bytes(t.c, p + i, 1);
        rig_settle(&rig);
    }
    (void)BIO_reset(t.out);
    rig_wait(&rig, t.c->in.n);
    tls_send(&t, GET("/hello"));
    tls_expect(&t, "hello");
    tls_free(&t);
    SSL_CTX_free(ctx);
}

static void large_bodies_go_both_ways(void **state)
{
    (void)state;
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION);
    struct tls_client t;
    tls_connect(&t, ctx);
    rig.big_bytes = 5 << 20;
    tls_send(&t, GET("/big"));
    tls_wait_bytes(&t, rig.big_bytes);
    tls_expect(&t, "bbbb");
    tls_send(&t, "PUT /stream/hold HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    char *text = mem_new(1000001);
    memset(text, 'u', 1000000);
    tls_send(&t, text);
    free(text);
    rig_wait(&rig, rig.pieces == 1);
    rig_settle(&rig);
    rig_resume(&rig);
    tls_expect(&t, "length 1000000");
    tls_free(&t);
    SSL_CTX_free(ctx);
}

static void files_are_encrypted(void **state)
{
    (void)state;
    SSL_CTX *ctx = client_ctx(TLS1_2_VERSION);
    struct tls_client t;
    FILE *f = tmpfile();
    for (int i = 0; i < 1000000; i++)
        fputc('0' + i % 10, f);
    fflush(f);
    rig.file_fd = dup(fileno(f));
    rig.file_length = 1000000;
    fclose(f);
    tls_connect(&t, ctx);
    tls_send(&t, GET("/file"));
    tls_wait_bytes(&t, 1000000);
    rig_wait(&rig, rig.finished == 1);
    while (t.plain.n < rig.last_sent_bytes)
        tls_wait_bytes(&t, rig.last_sent_bytes);
    for (size_t i = 0; i < 1000000; i++)
        assert_int_equal(t.plain.p[t.plain.n - 1000000 + i], '0' + (int)(i % 10));
    tls_free(&t);
    SSL_CTX_free(ctx);
}

static void a_silent_handshake_is_timed_out(void **state)
{
    (void)state;
    rig_stop(&rig);
    rig_init(&rig);
    rig.tls = load();
    rig.limits.head_timeout_ms = 30;
    rig_start(&rig);
    struct client *c = client_new(&rig);
    client_send_bytes(c, "\x16\x03\x01", 3);
    client_wait_eof(c);
    assert_int_equal(c->in.n, 0);
    client_free(c);
}

static void a_new_certificate_serves_new_connections(void **state)
{
    (void)state;
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION);
    struct tls_client before;
    struct tls_client after;
    tls_connect(&before, ctx);
    tls_send(&before, GET("/hello"));
    tls_expect(&before, "hello");
    http_server_set_tls(rig.server, load());
    tls_connect(&after, ctx);
    tls_send(&after, GET("/hello"));
    tls_expect(&after, "hello");
    tls_send(&before, GET("/hello"));
    tls_expect(&before, "hello");
    tls_free(&before);
    tls_free(&after);
    SSL_CTX_free(ctx);
}

static void unusable_files_are_told(void **state)
{
    (void)state;
    struct err err;
    assert_null(http_tls_load("/nonexistent", key_file, &err));
    assert_true(str_contains(str_from(err.text), STR("cannot use the certificate file '/nonexistent'")));
    assert_null(http_tls_load(cert_file, cert_file, &err));
    assert_true(str_contains(str_from(err.text), STR("cannot use the key file")));
    assert_null(http_tls_load(cert_file, other_key_file, &err));
    assert_true(str_contains(str_from(err.text), STR("key")));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        T(requests_are_served),
        T(the_end_is_told_by_close_notify),
        T(old_versions_are_refused),
        T(sessions_are_resumed),
        T(http_1_1_is_chosen),
        T(a_client_that_wants_only_h2_is_refused),
        T(plain_http_on_the_tls_port_is_closed),
        T(a_handshake_may_come_byte_by_byte),
        T(large_bodies_go_both_ways),
        T(files_are_encrypted),
        T(a_silent_handshake_is_timed_out),
        T(a_new_certificate_serves_new_connections),
        T(unusable_files_are_told),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
