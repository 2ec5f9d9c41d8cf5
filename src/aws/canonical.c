#include "aws/canonical.h"

#include "base/encode.h"

/* A query parameter after encoding. */
struct parameter {
    struct str name;
    struct str value;
};

static int undecodable(struct err *err)
{
    return err_set(err, ERR_INVALID_URI, "Couldn't parse the specified URI.");
}

/* Decodes and encodes again, so that every way to write the same text gives the same bytes. */
static bool add_recoded(struct buf *out, struct str s, bool path)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool encoded = c == '%';
        if (encoded && (s.n - i < 3 || !hex_decode(str_sub(s, i + 1, i + 3), &c, 1)))
            return false;
        i += encoded ? 2 : 0;
        if (c == '+' && !encoded && !path)
            c = ' ';
        uri_encode_add(out, str_of(&c, 1), path);
    }
    return true;
}

static void drop_last_segment(struct buf *out, size_t start)
{
    while (out->n > start && out->p[out->n - 1] != '/')
        out->n--;
    if (out->n > start)
        out->n--;
}

/* Without "." and ".." and empty segments; the bytes as sent are encoded once more. */
static void add_normalised_path(struct buf *out, struct str path)
{
    size_t start = out->n;
    bool folder = str_ends(path, STR("/"));
    while (path.p) {
        struct str segment = str_cut(&path, '/');
        if (segment.n == 0 || str_is(segment, "."))
            continue;
        if (str_is(segment, "..")) {
            drop_last_segment(out, start);
            continue;
        }
        buf_add_char(out, '/');
        uri_encode_add(out, segment, false);
    }
    if (folder || out->n == start)
        buf_add_char(out, '/');
}

static int add_path(const struct sigv4_request *req, struct buf *out, struct err *err)
{
    if (req->style == SIGV4_STANDARD)
        add_normalised_path(out, req->path);
    else if (req->path.n == 0)
        buf_add_char(out, '/');
    else if (!add_recoded(out, req->path, true))
        return undecodable(err);
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct parameter *x = a;
    const struct parameter *y = b;
    int c = str_cmp(x->name, y->name);
    return c ? c : str_cmp(x->value, y->value);
}

/* Writes "name=value" of each parameter, a line each, all encoded: '\n' and '=' cannot occur in their text.
 */
static int recode_query(struct str query, bool drop_signature, struct buf *out, size_t *ret_count,
                        struct err *err)
{
    size_t count = 0;
    while (query.p) {
        struct str value = str_cut(&query, '&');
        if (value.n == 0)
            continue;
        struct str name = str_cut(&value, '=');
        if (drop_signature && str_is(name, "X-Amz-Signature"))
            continue;
        if (++count > CANONICAL_QUERY_MAX_PARAMETERS)
            return err_set(err, ERR_TOO_LARGE, "The query string has more than %d parameters.",
                           CANONICAL_QUERY_MAX_PARAMETERS);
        bool decoded = add_recoded(out, name, false);
        buf_add_char(out, '=');
        if (!decoded || !add_recoded(out, value, false))
            return undecodable(err);
        buf_add_char(out, '\n');
    }
    *ret_count = count;
    return 0;
}

static int add_query(struct str query, bool drop_signature, struct buf *out, struct err *err)
{
    CLEANUP_BUF struct buf recoded;
    size_t count = 0;
    buf_init(&recoded, CANONICAL_MAX_BYTES);
    if (query.n == 0)
        return 0;
    if (recode_query(query, drop_signature, &recoded, &count, err) < 0)
        return -1;
    CLEANUP_FREE struct parameter *parameters = mem_new_array(count, sizeof *parameters);
    struct str rest = buf_str(&recoded);
    for (size_t i = 0; i < count; i++) {
        parameters[i].value = str_cut(&rest, '\n');
        parameters[i].name = str_cut(&parameters[i].value, '=');
    }
    qsort(parameters, count, sizeof *parameters, compare);
    for (size_t i = 0; i < count; i++) {
        buf_add_cstr(out, i ? "&" : "");
        buf_add_str(out, parameters[i].name);
        buf_add_char(out, '=');
        buf_add_str(out, parameters[i].value);
    }
    return 0;
}

/* White space at the ends goes, inner runs of it become one space. */
static void add_header_value(struct buf *out, struct str value)
{
    bool gap = false;
    value = str_trim(value);
    for (size_t i = 0; i < value.n; i++) {
        bool space = value.p[i] == ' ' || value.p[i] == '\t';
        if (space && gap)
            continue;
        gap = space;
        buf_add_char(out, space ? ' ' : value.p[i]);
    }
}

static void add_header(const struct http_headers *headers, struct str name, struct buf *out)
{
    bool first = true;
    buf_add_str(out, name);
    buf_add_char(out, ':');
    for (size_t i = 0; i < headers->count; i++) {
        if (!str_eq_nocase(headers->items[i].name, name))
            continue;
        buf_add_cstr(out, first ? "" : ",");
        add_header_value(out, headers->items[i].value);
        first = false;
    }
    buf_add_char(out, '\n');
}

int canonical_request(const struct sigv4_request *req, enum sigv4_form form, struct str signed_headers,
                      struct str payload_hash, struct buf *out, struct err *err)
{
    buf_add_str(out, req->method);
    buf_add_char(out, '\n');
    if (add_path(req, out, err) < 0)
        return -1;
    buf_add_char(out, '\n');
    if (add_query(req->query, form == SIGV4_QUERY, out, err) < 0)
        return -1;
    buf_add_char(out, '\n');
    for (struct str rest = signed_headers; rest.p;)
        add_header(req->headers, str_cut(&rest, ';'), out);
    buf_add_char(out, '\n');
    buf_add_str(out, signed_headers);
    buf_add_char(out, '\n');
    buf_add_str(out, payload_hash);
    if (out->overflow)
        return err_set(err, ERR_TOO_LARGE, "The request's headers are too large to be signed.");
    return 0;
}

void canonical_string_to_sign(struct str time_text, struct str scope, struct str hash, struct buf *out)
{
    buf_add_cstr(out, "AWS4-HMAC-SHA256\n");
    buf_add_str(out, time_text);
    buf_add_char(out, '\n');
    buf_add_str(out, scope);
    buf_add_char(out, '\n');
    buf_add_str(out, hash);
}
