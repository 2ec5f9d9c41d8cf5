#include "aws/sign.h"

#include "aws/canonical.h"
#include "aws/signing_key.h"
#include "base/encode.h"

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The names of all headers: lower case, ascending, each once. */
static struct str all_headers(const struct http_headers *headers, struct arena *arena)
{
    struct str *names = arena_array(arena, headers->count + 1, sizeof *names);
    struct str list = STR("");
    for (size_t i = 0; i < headers->count; i++)
        names[i] = arena_lower(arena, headers->items[i].name);
    qsort(names, headers->count, sizeof *names, compare_names);
    for (size_t i = 0; i < headers->count; i++)
        if (i == 0)
            list = names[0];
        else if (!str_eq(names[i], names[i - 1]))
            list = arena_printf(arena, "%.*s;%.*s", STR_ARG(list), STR_ARG(names[i]));
    return list;
}

static struct str signature(const struct sigv4_auth *auth, struct str secret, struct str canonical,
                            struct arena *arena)
{
    CLEANUP_BUF struct buf to_sign;
    struct hmac hmac;
    unsigned char key[SHA256_SIZE];
    unsigned char mac[SHA256_SIZE];
    char hex[SHA256_HEX_LEN + 1];
    buf_init(&to_sign, CANONICAL_MAX_BYTES);
    hmac_init(&hmac);
    sha256_hex(canonical, hex);
    canonical_string_to_sign(auth->time_text, auth->scope, str_from(hex), &to_sign);
    signing_key_derive(&hmac, secret, auth->date, auth->region, auth->service, key);
    hmac_sha256(&hmac, str_of(key, sizeof key), buf_str(&to_sign), mac);
    hex_encode(mac, sizeof mac, hex);
    hmac_done(&hmac);
    explicit_bzero(key, sizeof key);
    return arena_str(arena, str_from(hex));
}

int sigv4_sign(const struct sigv4_request *req, const struct sigv4_credentials *credentials,
               struct str region, struct str body_sha256, struct arena *arena, struct str *ret,
               struct err *err)
{
    CLEANUP_BUF struct buf canonical;
    buf_init(&canonical, CANONICAL_MAX_BYTES);
    struct str time_text = http_header(req->headers, "x-amz-date");
    struct sigv4_auth auth = {.time_text = time_text,
                              .date = str_sub(time_text, 0, 8),
                              .region = region,
                              .service = req->service,
                              .signed_headers = all_headers(req->headers, arena)};
    auth.scope = arena_printf(arena, "%.*s/%.*s/%.*s/aws4_request", STR_ARG(auth.date), STR_ARG(region),
                              STR_ARG(req->service));
    if (canonical_request(req, SIGV4_HEADER, auth.signed_headers, body_sha256, &canonical, err) < 0)
        return -1;
    *ret =
        arena_printf(arena, "AWS4-HMAC-SHA256 Credential=%.*s/%.*s, SignedHeaders=%.*s, Signature=%.*s",
                     STR_ARG(credentials->access_key_id), STR_ARG(auth.scope), STR_ARG(auth.signed_headers),
                     STR_ARG(signature(&auth, credentials->secret, buf_str(&canonical), arena)));
    return 0;
}
