#include "aws/temporary.h"

#include "base/encode.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>

#define SECRET_FILE "session.secret"
#define TOKEN_VERSION "glaux1"

enum { SECRET_BYTES = 32, SECRET_HEX = 2 * SECRET_BYTES, FILE_MAX = 256, MESSAGE_MAX = 256 };

struct temporary_keys {
    unsigned char secret[SECRET_BYTES];
    struct hmac hmac;
};

/* --- The secret --- */

static int make_secret(int folder, unsigned char ret[SECRET_BYTES], struct err *err)
{
    char text[SECRET_HEX + 1];
    random_bytes(ret, SECRET_BYTES);
    hex_encode(ret, SECRET_BYTES, text);
    int rc = file_write(folder, SECRET_FILE, str_from(text), true, err);
    explicit_bzero(text, sizeof text);
    return rc;
}

static int load_secret(int folder, const char *dir, unsigned char ret[SECRET_BYTES], struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, FILE_MAX);
    if (file_read(folder, SECRET_FILE, &text, err) < 0)
        return errno == ENOENT ? make_secret(folder, ret, err) : -1;
    bool whole = hex_decode(str_trim(buf_str(&text)), ret, SECRET_BYTES);
    buf_wipe(&text);
    return whole ? 0
                 : err_set(err, ERR_INTERNAL,
                           "%s/" SECRET_FILE " is damaged. Without it a new one is made; sessions that live "
                           "lose their access to data.",
                           dir);
}

struct temporary_keys *temporary_keys_open(const char *dir, struct err *err)
{
    CLEANUP_FD int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    unsigned char secret[SECRET_BYTES];
    if (folder < 0) {
        err_set_errno(err, errno, "cannot open the data folder %s", dir);
        return NULL;
    }
    if (load_secret(folder, dir, secret, err) < 0)
        return NULL;
    struct temporary_keys *k = mem_new(sizeof *k);
    memcpy(k->secret, secret, sizeof k->secret);
    explicit_bzero(secret, sizeof secret);
    hmac_init(&k->hmac);
    return k;
}

void temporary_keys_free(struct temporary_keys *k)
{
    if (!k)
        return;
    hmac_done(&k->hmac);
    explicit_bzero(k, sizeof *k);
    free(k);
}

/* --- What is computed from it --- */

/* HMAC of purpose, session and expiry: no two purposes share a message. */
static void derive(struct temporary_keys *k, const char *purpose, struct str session_id, int64_t expires_s,
                   unsigned char ret[SHA256_SIZE])
{
    char message[MESSAGE_MAX];
    int n = snprintf(message, sizeof message, "%s\n%.*s\n%lld", purpose, STR_ARG(session_id),
                     (long long)expires_s);
    REQUIRE(n > 0 && (size_t)n < sizeof message);
    hmac_sha256(&k->hmac, str_of(k->secret, sizeof k->secret), str_of(message, (size_t)n), ret);
}

static void fill_id(const unsigned char hash[SHA256_SIZE], char ret[TEMPORARY_ID_LEN + 1])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    memcpy(ret, "ASIA", 4);
    for (size_t i = 4; i < TEMPORARY_ID_LEN; i++)
        ret[i] = alphabet[hash[i] % 32];
    ret[TEMPORARY_ID_LEN] = '\0';
}

static void fill_secret(const unsigned char hash[SHA256_SIZE], char ret[TEMPORARY_SECRET_LEN + 1])
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 2 * TEMPORARY_SECRET_LEN);
    base64_add(&text, hash, TEMPORARY_SECRET_LEN / 4 * 3);
    REQUIRE(text.n == TEMPORARY_SECRET_LEN);
    memcpy(ret, text.p, text.n);
    ret[text.n] = '\0';
    buf_wipe(&text);
}

void temporary_issue(struct temporary_keys *k, struct str session_id, int64_t expires_ms,
                     struct temporary_credentials *ret)
{
    unsigned char hash[SHA256_SIZE];
    char mac[SHA256_HEX_LEN + 1];
    int64_t expires_s = expires_ms / 1000;
    REQUIRE(session_id.n == UUID_TEXT_LEN);
    *ret = (struct temporary_credentials){.expires_ms = expires_s * 1000};
    memcpy(ret->session_id, session_id.p, session_id.n);
    derive(k, "id", session_id, expires_s, hash);
    fill_id(hash, ret->access_key_id);
    derive(k, "secret", session_id, expires_s, hash);
    fill_secret(hash, ret->secret);
    derive(k, "token", session_id, expires_s, hash);
    hex_encode(hash, sizeof hash, mac);
    snprintf(ret->token, sizeof ret->token, TOKEN_VERSION ".%.*s.%lld.%s", STR_ARG(session_id),
             (long long)expires_s, mac);
    explicit_bzero(hash, sizeof hash);
}

/* --- Checks --- */

static bool same(struct str a, struct str b)
{
    return a.n == b.n && CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}

static int invalid(enum sigv4_style style, struct err *err)
{
    return err_set(err, ERR_INVALID_TOKEN,
                   style == SIGV4_S3 ? "The provided token is malformed or otherwise invalid."
                                     : "The security token included in the request is invalid.");
}

int temporary_find(struct temporary_keys *k, enum sigv4_style style, const struct sigv4_auth *auth,
                   int64_t now_ms, struct temporary_credentials *ret, struct err *err)
{
    struct str rest = auth->session_token;
    struct str version = str_cut(&rest, '.');
    struct str session_id = str_cut(&rest, '.');
    struct str expiry = str_cut(&rest, '.');
    int64_t expires_s;
    if (!str_is(version, TOKEN_VERSION) || !uuid_valid(session_id) || !str_to_i64(expiry, &expires_s) ||
        expires_s < 0 || expires_s > INT64_MAX / 1000)
        return invalid(style, err);
    temporary_issue(k, session_id, expires_s * 1000, ret);
    if (!same(auth->session_token, str_from(ret->token)) || !str_is(auth->access_key_id, ret->access_key_id))
        return invalid(style, err);
    if (now_ms >= ret->expires_ms)
        return err_set(err, ERR_EXPIRED_TOKEN,
                       style == SIGV4_S3 ? "The provided token has expired."
                                         : "The security token included in the request is expired");
    return 0;
}

void temporary_ticket(struct temporary_keys *k, struct str session_id, char ret[TEMPORARY_TOKEN_MAX])
{
    unsigned char hash[SHA256_SIZE];
    char mac[SHA256_HEX_LEN + 1];
    derive(k, "ticket", session_id, 0, hash);
    hex_encode(hash, sizeof hash, mac);
    snprintf(ret, TEMPORARY_TOKEN_MAX, "%.*s.%s", STR_ARG(session_id), mac);
}

bool temporary_ticket_read(struct temporary_keys *k, struct str ticket,
                           char ret_session_id[UUID_TEXT_LEN + 1])
{
    char expected[TEMPORARY_TOKEN_MAX];
    struct str rest = ticket;
    struct str session_id = str_cut(&rest, '.');
    if (!uuid_valid(session_id))
        return false;
    temporary_ticket(k, session_id, expected);
    if (!same(ticket, str_from(expected)))
        return false;
    memcpy(ret_session_id, session_id.p, session_id.n);
    ret_session_id[session_id.n] = '\0';
    return true;
}
