#include "aws/sigv4_parse.h"

#include "base/encode.h"

static const char streaming[] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

static int bad_list(const struct sigv4_request *req, const struct sigv4_auth *auth, const char *why,
                    struct err *err)
{
    const char *start = req->style != SIGV4_S3      ? ""
                        : auth->form == SIGV4_QUERY ? "Error parsing the X-Amz-SignedHeaders parameter; "
                                                    : "The authorization header is malformed; ";
    return err_set(err, auth->form == SIGV4_QUERY ? ERR_INCOMPLETE_QUERY : ERR_INCOMPLETE_SIGNATURE, "%s%s",
                   start, why);
}

static bool name_valid(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] == ':' || (name.p[i] >= 'A' && name.p[i] <= 'Z') ||
            name.p[i] == 0x7f)
            return false;
    return name.n > 0;
}

static bool list_has(struct str list, struct str name)
{
    while (list.p)
        if (str_eq_nocase(str_cut(&list, ';'), name))
            return true;
    return false;
}

static bool sent(const struct http_headers *headers, struct str name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (str_eq_nocase(headers->items[i].name, name))
            return true;
    return false;
}

static int check_list(const struct sigv4_request *req, const struct sigv4_auth *auth, struct err *err)
{
    struct str before = STR_NULL;
    for (struct str rest = auth->signed_headers; rest.p;) {
        struct str name = str_cut(&rest, ';');
        if (!name_valid(name))
            return bad_list(req, auth,
                            "SignedHeaders must be header names in lower case, parted by semicolons.", err);
        if (before.p && str_cmp(before, name) >= 0)
            return bad_list(req, auth, "SignedHeaders must be in ascending order, each name once.", err);
        if (!sent(req->headers, name))
            return err_set(err, ERR_INVALID_SIGNATURE,
                           "'%.*s' is a 'SignedHeader', but the request has no such header.", STR_ARG(name));
        before = name;
    }
    return 0;
}

/* What changes the meaning of a request must be signed. x-amz-content-sha256 is in the signature by itself;
 * x-amz-user-agent means nothing. */
static bool must_be_signed(struct str name)
{
    return str_eq_nocase(str_sub(name, 0, 6), STR("x-amz-")) &&
           !str_eq_nocase(name, STR("x-amz-content-sha256")) && !str_eq_nocase(name, STR("x-amz-user-agent"));
}

static int not_signed(const struct sigv4_request *req, struct str name, struct err *err)
{
    char detail[ERR_DETAIL_MAX];
    size_t n = name.n < sizeof detail ? name.n : sizeof detail - 1;
    memcpy(detail, name.p, n);
    detail[n] = '\0';
    if (req->style == SIGV4_S3)
        return err_set_detail(err, ERR_HEADERS_NOT_SIGNED, detail,
                              "There were headers present in the request which were not signed");
    return err_set_detail(err, ERR_HEADERS_NOT_SIGNED, detail,
                          "'%.*s' must be a 'SignedHeader' in the AWS Authorization.", STR_ARG(name));
}

int sigv4_parse_signed_headers(const struct sigv4_request *req, const struct sigv4_auth *auth,
                               struct err *err)
{
    if (check_list(req, auth, err) < 0)
        return -1;
    if (!list_has(auth->signed_headers, STR("host")))
        return err_set_detail(err, ERR_HEADERS_NOT_SIGNED, "host",
                              "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    for (size_t i = 0; i < req->headers->count; i++) {
        struct str name = req->headers->items[i].name;
        if (must_be_signed(name) && !list_has(auth->signed_headers, name))
            return not_signed(req, name, err);
    }
    return 0;
}

static bool is_hash(struct str s)
{
    unsigned char hash[SHA256_SIZE];
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 'A' && s.p[i] <= 'F')
            return false;
    return hex_decode(s, hash, sizeof hash);
}

static bool payload_of(struct str value, enum sigv4_payload *ret)
{
    static const struct {
        const char *value;
        enum sigv4_payload payload;
    } rows[] = {
        {"UNSIGNED-PAYLOAD", SIGV4_PAYLOAD_UNSIGNED},
        {streaming, SIGV4_PAYLOAD_STREAMING},
        {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", SIGV4_PAYLOAD_STREAMING_TRAILER},
        {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", SIGV4_PAYLOAD_STREAMING_UNSIGNED_TRAILER},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (str_is(value, rows[i].value)) {
            *ret = rows[i].payload;
            return true;
        }
    }
    *ret = SIGV4_PAYLOAD_HASH;
    return is_hash(value);
}

/* Absent if the client declares nothing. */
static int declared(const struct sigv4_request *req, struct arena *arena, enum sigv4_form form,
                    struct str *ret, struct err *err)
{
    struct str raw = form != SIGV4_HEADER ? sigv4_query_raw(req->query, "X-Amz-Content-Sha256") : STR_NULL;
    if (raw.p && !uri_decode(arena, raw, true, ret))
        return err_set(err, ERR_INVALID_URI, "Couldn't parse the specified URI.");
    if (!raw.p)
        *ret = http_header(req->headers, "x-amz-content-sha256");
    return 0;
}

static int parse_s3_payload(struct sigv4_auth *auth, struct str value, struct err *err)
{
    if (!value.p && auth->form == SIGV4_HEADER)
        return err_set(err, ERR_INVALID_REQUEST,
                       "Missing required header for this request: x-amz-content-sha256");
    auth->payload_hash = value.p ? value : STR("UNSIGNED-PAYLOAD");
    if (!payload_of(auth->payload_hash, &auth->payload))
        return err_set(err, ERR_INVALID_ARGUMENT,
                       "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                       "%s, %s-TRAILER or a valid sha256 value.",
                       streaming, streaming);
    return 0;
}

int sigv4_parse_payload(const struct sigv4_request *req, struct arena *arena, struct sigv4_auth *auth,
                        struct err *err)
{
    struct str value;
    if (declared(req, arena, auth->form, &value, err) < 0)
        return -1;
    if (req->style == SIGV4_S3)
        return parse_s3_payload(auth, value, err);
    if (value.p && (!payload_of(value, &auth->payload) || auth->payload != SIGV4_PAYLOAD_HASH))
        return err_set(
            err, ERR_INVALID_SIGNATURE,
            "x-amz-content-sha256 must be the SHA-256 of the body in lower-case hexadecimal; unsigned and "
            "streamed payloads are for S3 alone.");
    auth->payload_hash = value;
    return 0;
}
