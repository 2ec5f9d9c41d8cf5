#include "aws/sigv4_parse.h"

#include "aws/sigv2.h"

#include "base/encode.h"
#include "base/timefmt.h"

static const char algorithm[] = "AWS4-HMAC-SHA256";

static bool is_s3(const struct sigv4_request *req)
{
    return req->style == SIGV4_S3;
}

/* "The authorization header is malformed; <S3's words>" or AWS's words for other services. */
static int malformed(const struct sigv4_request *req, struct err *err, const char *standard, const char *s3)
{
    if (is_s3(req))
        return err_set(err, ERR_INCOMPLETE_SIGNATURE, "The authorization header is malformed; %s", s3);
    return err_set(err, ERR_INCOMPLETE_SIGNATURE, "%s", standard);
}

int sigv4_parse_credential(const struct sigv4_request *req, struct str text, struct sigv4_auth *auth,
                           struct err *err)
{
    static const char s3_words[] =
        "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
    struct str rest = text;
    auth->access_key_id = str_cut(&rest, '/');
    auth->scope = rest;
    auth->date = str_cut(&rest, '/');
    auth->region = str_cut(&rest, '/');
    auth->service = str_cut(&rest, '/');
    auth->terminator = rest;
    if (rest.p && str_find(rest, '/') == SIZE_MAX && auth->access_key_id.n)
        return 0;
    if (auth->form == SIGV4_QUERY && is_s3(req))
        return err_set(err, ERR_INCOMPLETE_QUERY, "Error parsing the X-Amz-Credential parameter; %s",
                       s3_words);
    if (is_s3(req))
        return malformed(req, err, "", s3_words);
    return err_set(
        err, auth->form == SIGV4_QUERY ? ERR_INCOMPLETE_QUERY : ERR_INCOMPLETE_SIGNATURE,
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        "got '%.*s'",
        STR_ARG(text));
}

/* The parts of an Authorization header. */
struct parts {
    struct str credential;
    struct str signed_headers;
    struct str signature;
};

static struct str *part_named(struct parts *parts, struct str name)
{
    if (str_is(name, "Credential"))
        return &parts->credential;
    if (str_is(name, "SignedHeaders"))
        return &parts->signed_headers;
    return str_is(name, "Signature") ? &parts->signature : NULL;
}

static int split_parts(const struct sigv4_request *req, struct str text, struct parts *ret, struct err *err)
{
    while (text.p) {
        struct str value = str_trim(str_cut(&text, ','));
        struct str whole = value;
        struct str name = str_cut(&value, '=');
        struct str *part = part_named(ret, name);
        if (!value.p && whole.n && is_s3(req))
            return malformed(
                req, err, "",
                "the authorization header requires three components: Credential, SignedHeaders, and "
                "Signature.");
        if (!value.p && whole.n)
            return err_set(err, ERR_INCOMPLETE_SIGNATURE,
                           "'%.*s' not a valid key=value pair (missing equal-sign) in Authorization header.",
                           STR_ARG(whole));
        if (part && part->p)
            return malformed(req, err, "Authorization header has a parameter twice.",
                             "a component is there twice.");
        if (part)
            *part = value;
    }
    return 0;
}

static int missing_parts(const struct sigv4_request *req, const struct parts *parts, struct err *err)
{
    if (parts->credential.p && parts->signed_headers.p && parts->signature.p)
        return 0;
    if (is_s3(req))
        return malformed(req, err, "",
                         "the authorization header requires three components: Credential, SignedHeaders, and "
                         "Signature.");
    return err_set(err, ERR_INCOMPLETE_SIGNATURE, "%s%s%s",
                   parts->credential.p ? "" : "Authorization header requires 'Credential' parameter. ",
                   parts->signature.p ? "" : "Authorization header requires 'Signature' parameter. ",
                   parts->signed_headers.p ? ""
                                           : "Authorization header requires 'SignedHeaders' parameter. ");
}

static int wrong_mechanism(const struct sigv4_request *req, struct str scheme, struct err *err)
{
    bool aws = str_is(scheme, "AWS") || str_starts(scheme, STR("AWS4-")) || str_starts(scheme, STR("AWS3"));
    if (aws)
        return err_set(err, ERR_AUTH_MECHANISM,
                       "The authorization mechanism you have provided is not supported. Please use %s.",
                       algorithm);
    if (is_s3(req))
        return err_set(err, ERR_AUTH_TYPE, "Unsupported Authorization Type");
    return err_set(
        err, ERR_AUTH_TYPE,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' "
        "parameter. Authorization header requires 'SignedHeaders' parameter.");
}

/* Either form of a time; none before 1970, so that four digits hold the year. */
static bool read_time(struct str text, int64_t *ret_ms)
{
    return (time_parse_amz(text, ret_ms) || time_parse_http(text, ret_ms)) && *ret_ms >= 0;
}

/* x-amz-date, else Date. */
static int header_time(const struct sigv4_request *req, struct arena *arena, struct sigv4_auth *auth,
                       struct err *err)
{
    bool amz = http_header_count(req->headers, "x-amz-date") > 0;
    const char *name = amz ? "x-amz-date" : "date";
    struct str text = http_header(req->headers, name);
    bool once = http_header_count(req->headers, name) == 1;
    char iso[TIME_TEXT_MAX];
    if (once && read_time(text, &auth->time_ms)) {
        time_format_amz(auth->time_ms, iso);
        auth->time_text = arena_str(arena, str_from(iso));
        return 0;
    }
    if (is_s3(req))
        return err_set(err, ERR_MISSING_DATE,
                       "AWS authentication requires a valid Date or x-amz-date header");
    if (!text.p)
        return err_set(
            err, ERR_MISSING_DATE,
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
    return err_set(err, ERR_MISSING_DATE, "Date must be in ISO-8601 'basic format'. Got '%.*s'.",
                   STR_ARG(text));
}

static int parse_header(const struct sigv4_request *req, struct arena *arena, struct sigv4_auth *auth,
                        struct err *err)
{
    struct str rest = http_header(req->headers, "authorization");
    struct str scheme = str_cut(&rest, ' ');
    struct parts parts = {0};
    if (!str_is(scheme, algorithm))
        return wrong_mechanism(req, scheme, err);
    if (split_parts(req, rest, &parts, err) < 0 || missing_parts(req, &parts, err) < 0 ||
        sigv4_parse_credential(req, parts.credential, auth, err) < 0 ||
        header_time(req, arena, auth, err) < 0)
        return -1;
    auth->signed_headers = parts.signed_headers;
    auth->signature = parts.signature;
    auth->session_token = http_header(req->headers, "x-amz-security-token");
    return 0;
}

static int no_signature(const struct sigv4_request *req, struct err *err)
{
    if (is_s3(req))
        return err_set(err, ERR_MISSING_AUTH_TOKEN, "Access Denied");
    return err_set(err, ERR_MISSING_AUTH_TOKEN,
                   str_is(req->service, "sts") ? "Request is missing Authentication Token"
                                               : "Missing Authentication Token");
}

static int check_single(const struct sigv4_request *req, bool in_query, struct err *err)
{
    static const char *const once[] = {"authorization", "x-amz-date", "x-amz-content-sha256",
                                       "x-amz-security-token", "host"};
    bool twice = in_query && http_header_count(req->headers, "authorization");
    if (twice)
        return err_set(
            err, ERR_AUTH_TYPE,
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
            "string parameter or the Authorization header should be specified");
    for (size_t i = 0; i < ARRAY_SIZE(once); i++)
        if (http_header_count(req->headers, once[i]) > 1)
            return err_set(err, ERR_AUTH_TYPE, "The header %s may be sent only once.", once[i]);
    return 0;
}

int sigv4_parse(const struct sigv4_request *req, struct arena *arena, struct sigv4_auth *ret, struct err *err)
{
    struct sigv4_auth auth = {.form = SIGV4_HEADER};
    bool in_header = http_header(req->headers, "authorization").p != NULL;
    bool in_query = sigv4_query_has(req->query, "X-Amz-Algorithm") ||
                    sigv4_query_has(req->query, "X-Amz-Signature") ||
                    sigv4_query_has(req->query, "X-Amz-Credential");
    if (check_single(req, in_query, err) < 0)
        return -1;
    if (in_query)
        auth.form = SIGV4_QUERY;
    else if (!in_header && sigv2_claimed(req)) {
        if (sigv2_parse(req, arena, &auth, err) < 0)
            return -1;
        *ret = auth;
        return 0;
    } else if (!in_header)
        return no_signature(req, err);
    if (in_query ? sigv4_parse_query(req, arena, &auth, err) < 0 : parse_header(req, arena, &auth, err) < 0)
        return -1;
    if (sigv4_parse_signed_headers(req, &auth, err) < 0 || sigv4_parse_payload(req, arena, &auth, err) < 0)
        return -1;
    *ret = auth;
    return 0;
}

/* The fourth of the five elements, which '/' or its encoded form part. */
static struct str service_of(struct str credential)
{
    struct str element = STR_NULL;
    for (int i = 0; i < 4; i++) {
        size_t end = 0;
        while (end < credential.n && credential.p[end] != '/' && credential.p[end] != '%')
            end++;
        element = str_sub(credential, 0, end);
        if (end == credential.n)
            return i == 3 ? element : STR_NULL;
        bool encoded = credential.p[end] == '%';
        if (encoded && !str_eq_nocase(str_sub(credential, end, end + 3), STR("%2F")))
            return STR_NULL;
        credential = str_sub(credential, end + (encoded ? 3 : 1), credential.n);
    }
    return element;
}

struct str sigv4_peek_service(const struct http_headers *headers, struct str query)
{
    struct str rest = http_header(headers, "authorization");
    static const char start[] = "Credential=";
    const char *at = rest.n ? memmem(rest.p, rest.n, start, strlen(start)) : NULL;
    if (!at)
        return service_of(sigv4_query_raw(query, "X-Amz-Credential"));
    struct str credential = str_sub(rest, (size_t)(at - rest.p) + strlen(start), rest.n);
    struct str service = service_of(str_cut(&credential, ','));
    return service;
}
