#include "aws/canonical.h"
#include "aws/signing_key.h"
#include "aws/sigv2.h"
#include "aws/sigv4_parse.h"

#include "base/encode.h"
#include "base/log.h"
#include "base/timefmt.h"

#include <openssl/crypto.h>
#include <stdio.h>

struct sigv4_verifier {
    char *region;
    int64_t skew_ms;
    struct hmac hmac;
    struct signing_keys *keys;
    struct buf canonical;
    struct buf to_sign;
};

struct sigv4_verifier *sigv4_verifier_new(const struct sigv4_settings *settings)
{
    struct sigv4_verifier *v = mem_new(sizeof *v);
    v->region = mem_strdup(settings->region);
    v->skew_ms = settings->skew_ms;
    hmac_init(&v->hmac);
    v->keys = signing_keys_new(settings->cached_keys);
    buf_init(&v->canonical, CANONICAL_MAX_BYTES);
    buf_init(&v->to_sign, CANONICAL_MAX_BYTES);
    return v;
}

void sigv4_verifier_free(struct sigv4_verifier *v)
{
    if (!v)
        return;
    free(v->region);
    hmac_done(&v->hmac);
    signing_keys_free(v->keys);
    buf_done(&v->canonical);
    buf_done(&v->to_sign);
    free(v);
}

void sigv4_verifier_set_skew(struct sigv4_verifier *v, int64_t skew_ms)
{
    v->skew_ms = skew_ms;
}

/* Clients that know no region for a global service sign for us-east-1. */
static bool region_accepted(const struct sigv4_verifier *v, const struct sigv4_request *req,
                            struct str region)
{
    return str_is(region, v->region) || (str_is(req->service, "sts") && str_is(region, "us-east-1"));
}

static int s3_scope_error(const struct sigv4_verifier *v, const struct sigv4_request *req,
                          const struct sigv4_auth *auth, struct err *err)
{
    bool query = auth->form == SIGV4_QUERY;
    enum err_code code = query ? ERR_CREDENTIAL_SCOPE_QUERY : ERR_CREDENTIAL_SCOPE;
    const char *start =
        query ? "Error parsing the X-Amz-Credential parameter" : "The authorization header is malformed";
    if (!str_eq(auth->date, str_sub(auth->time_text, 0, 8)))
        return err_set(
            err, code,
            "%s; Invalid credential date \"%.*s\". This date is not the same as X-Amz-Date: \"%.*s\".", start,
            STR_ARG(auth->date), STR_ARG(str_sub(auth->time_text, 0, 8)));
    if (!str_eq(auth->service, req->service))
        return err_set(err, code, "%s; incorrect service \"%.*s\". This endpoint belongs to \"%.*s\".", start,
                       STR_ARG(auth->service), STR_ARG(req->service));
    if (!str_is(auth->terminator, "aws4_request"))
        return err_set(err, code, "%s; incorrect terminal \"%.*s\". This endpoint uses \"aws4_request\".",
                       start, STR_ARG(auth->terminator));
    return err_set_detail(err, code, v->region, "%s; the region '%.*s' is wrong; expecting '%s'", start,
                          STR_ARG(auth->region), v->region);
}

static int standard_scope_error(const struct sigv4_verifier *v, const struct sigv4_request *req,
                                const struct sigv4_auth *auth, struct err *err)
{
    struct str day = str_sub(auth->time_text, 0, 8);
    if (!str_is(auth->terminator, "aws4_request"))
        return err_set(err, ERR_CREDENTIAL_SCOPE,
                       "Credential should be scoped with a valid terminator: 'aws4_request', not '%.*s'.",
                       STR_ARG(auth->terminator));
    if (!str_eq(auth->date, day))
        return err_set(
            err, ERR_CREDENTIAL_SCOPE,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            "'%.*s' != '%.*s', from '%.*s'.",
            STR_ARG(auth->date), STR_ARG(day), STR_ARG(auth->time_text));
    if (!str_eq(auth->service, req->service))
        return err_set(err, ERR_CREDENTIAL_SCOPE, "Credential should be scoped to correct service: '%.*s'.",
                       STR_ARG(req->service));
    return err_set(err, ERR_CREDENTIAL_SCOPE,
                   "Credential should be scoped to a valid region, not '%.*s'. This server's region is '%s'.",
                   STR_ARG(auth->region), v->region);
}

static int check_scope(const struct sigv4_verifier *v, const struct sigv4_request *req,
                       const struct sigv4_auth *auth, struct err *err)
{
    if (region_accepted(v, req, auth->region) && str_eq(auth->service, req->service) &&
        str_is(auth->terminator, "aws4_request") && str_eq(auth->date, str_sub(auth->time_text, 0, 8)))
        return 0;
    return req->style == SIGV4_S3 ? s3_scope_error(v, req, auth, err)
                                  : standard_scope_error(v, req, auth, err);
}

/* "5 min." or "90 sec." */
static void format_span(int64_t ms, char ret[32])
{
    bool minutes = ms % 60000 == 0;
    snprintf(ret, 32, "%lld %s.", (long long)(ms / (minutes ? 60000 : 1000)), minutes ? "min" : "sec");
}

/* `old`: it ended `span_ms` ago or more; else it begins in that time or later. */
static int refuse_time(const struct sigv4_request *req, const struct sigv4_auth *auth, bool old,
                       int64_t span_ms, int64_t now_ms, struct err *err)
{
    bool presigned = auth->form == SIGV4_QUERY;
    enum err_code code = presigned ? ERR_SIGNATURE_EXPIRED : ERR_SIGNATURE_SKEWED;
    char bound[TIME_TEXT_MAX], now[TIME_TEXT_MAX], span[32];
    if (req->style == SIGV4_S3 && presigned)
        return err_set(err, code, old ? "Request has expired" : "Request is not valid yet");
    if (req->style == SIGV4_S3)
        return err_set(err, code,
                       "The difference between the request time and the current time is too large.");
    time_format_amz(old ? now_ms - span_ms : now_ms + span_ms, bound);
    time_format_amz(now_ms, now);
    format_span(span_ms, span);
    if (old)
        return err_set(err, code, "Signature expired: %.*s is now earlier than %s (%s - %s)",
                       STR_ARG(auth->time_text), bound, now, span);
    return err_set(err, code, "Signature not yet current: %.*s is still later than %s (%s + %s)",
                   STR_ARG(auth->time_text), bound, now, span);
}

static int check_time(const struct sigv4_verifier *v, const struct sigv4_request *req,
                      const struct sigv4_auth *auth, int64_t now_ms, struct err *err)
{
    int64_t span_ms = auth->form == SIGV4_QUERY ? auth->expires_s * 1000 : v->skew_ms;
    if (auth->time_ms > now_ms + v->skew_ms)
        return refuse_time(req, auth, false, v->skew_ms, now_ms, err);
    if (auth->time_ms < now_ms - span_ms)
        return refuse_time(req, auth, true, span_ms, now_ms, err);
    return 0;
}

int sigv4_check_body(const struct sigv4_auth *auth, struct str body_sha256, struct err *err)
{
    if (auth->payload != SIGV4_PAYLOAD_HASH || !auth->payload_hash.p ||
        str_eq(auth->payload_hash, body_sha256))
        return 0;
    return err_set(err, ERR_CONTENT_SHA256,
                   "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

int sigv4_mismatch(struct err *err)
{
    return err_set(
        err, ERR_INVALID_SIGNATURE,
        "The request signature we calculated does not match the signature you provided. Check your AWS "
        "Secret Access Key and signing method. Consult the service documentation for details.");
}

static int mismatch(const struct sigv4_verifier *v, const struct sigv4_auth *auth, struct err *err)
{
    log_debug("aws", "signature differs", F_STR("access_key_id", auth->access_key_id),
              F_STR("canonical_request", buf_str(&v->canonical)),
              F_STR("string_to_sign", buf_str(&v->to_sign)));
    return sigv4_mismatch(err);
}

static int check_signature(struct sigv4_verifier *v, const struct sigv4_request *req,
                           const struct sigv4_auth *auth, struct str payload_hash, struct str secret,
                           struct err *err)
{
    char hex[SHA256_HEX_LEN + 1];
    unsigned char mac[SHA256_SIZE];
    buf_clear(&v->canonical);
    buf_clear(&v->to_sign);
    if (canonical_request(req, auth->form, auth->signed_headers, payload_hash, &v->canonical, err) < 0)
        return -1;
    sha256_hex(buf_str(&v->canonical), hex);
    canonical_string_to_sign(auth->time_text, auth->scope, str_from(hex), &v->to_sign);
    hmac_sha256(&v->hmac, signing_keys_get(v->keys, &v->hmac, auth, secret), buf_str(&v->to_sign), mac);
    hex_encode(mac, sizeof mac, hex);
    if (auth->signature.n != SHA256_HEX_LEN || CRYPTO_memcmp(auth->signature.p, hex, SHA256_HEX_LEN) != 0)
        return mismatch(v, auth, err);
    return 0;
}

int sigv4_verify(struct sigv4_verifier *v, const struct sigv4_request *req, const struct sigv4_auth *auth,
                 struct str body_sha256, struct str secret, int64_t now_ms, struct err *err)
{
    REQUIRE(body_sha256.p || sigv4_ready(auth));
    if (auth->form == SIGV2_QUERY) {
        if (sigv2_verify(req, auth, secret, now_ms, err) < 0)
            return -1;
    } else if (check_scope(v, req, auth, err) < 0 || check_time(v, req, auth, now_ms, err) < 0 ||
               check_signature(v, req, auth, auth->payload_hash.p ? auth->payload_hash : body_sha256, secret,
                               err) < 0)
        return -1;
    return body_sha256.p ? sigv4_check_body(auth, body_sha256, err) : 0;
}

void sigv4_verifier_key(struct sigv4_verifier *v, const struct sigv4_auth *auth, struct str secret,
                        unsigned char ret[SHA256_SIZE])
{
    memcpy(ret, signing_keys_get(v->keys, &v->hmac, auth, secret).p, SHA256_SIZE);
}
