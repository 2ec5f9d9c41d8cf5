#include "base/encode.h"
#include "base/xml.h"
#include "objects/s3/list.h"

enum { KEYS_MAX = 1000, TOKEN_MAX = 8192 };

/* --- Where a page begins --- */

/* In front of what follows it in base64: the key from which the next page goes on. */
static const struct str token_mark = STR("glaux.");

struct str s3_list_token(struct arena *arena, struct str next_start_after)
{
    CLEANUP_BUF struct buf token;
    buf_init(&token, TOKEN_MAX);
    buf_add_str(&token, token_mark);
    base64_add(&token, next_start_after.p, next_start_after.n);
    return arena_str(arena, buf_str(&token));
}

bool s3_list_token_is_ours(struct str token)
{
    return str_starts(token, token_mark);
}

static bool read_token(struct arena *arena, struct str token, struct str *ret)
{
    struct str text = str_sub(token, token_mark.n, token.n);
    char *plain = arena_alloc(arena, token.n + 1);
    size_t n;
    if (!s3_list_token_is_ours(token) || !base64_decode(text, plain, token.n, &n))
        return false;
    *ret = str_of(plain, n);
    return true;
}

/* The store ends a common prefix with a byte that is in no UTF-8. */
struct str s3_list_marker(struct str next_start_after)
{
    bool prefix = next_start_after.n && (unsigned char)next_start_after.p[next_start_after.n - 1] == 0xFF;
    return prefix ? str_sub(next_start_after, 0, next_start_after.n - 1) : next_start_after;
}

/* The marker is a common prefix itself: the keys below it were on the page before. */
static bool is_common_prefix(const struct s3_list *q)
{
    if (!q->delimiter.n || !str_starts(q->marker, q->prefix))
        return false;
    struct str rest = str_sub(q->marker, q->prefix.n, q->marker.n);
    const char *hit = rest.n ? memmem(rest.p, rest.n, q->delimiter.p, q->delimiter.n) : NULL;
    return hit && (size_t)(hit - rest.p) + q->delimiter.n == rest.n;
}

struct str s3_list_behind_prefix(struct arena *arena, struct str prefix)
{
    return arena_printf(arena, "%.*s\xFF", STR_ARG(prefix));
}

static struct str behind_marker(struct arena *arena, const struct s3_list *q)
{
    return is_common_prefix(q) ? s3_list_behind_prefix(arena, q->marker) : q->marker;
}

/* --- Parameters --- */

static const struct {
    const char *marker;
    const char *id;
    const char *max;
} names[] = {
    [S3_LIST_V1] = {"marker", "", "max-keys"},
    [S3_LIST_V2] = {"start-after", "", "max-keys"},
    [S3_LIST_VERSIONS] = {"key-marker", "version-id-marker", "max-keys"},
    [S3_LIST_UPLOADS] = {"key-marker", "upload-id-marker", "max-uploads"},
};

static bool read_encoding(struct str encoding, bool *ret_url)
{
    *ret_url = str_is(encoding, "url");
    return !encoding.n || *ret_url;
}

static int read_v2(struct arena *arena, const struct s3_query *query, struct s3_list *q, struct err *err)
{
    q->token = s3_query_get(query, "continuation-token");
    q->with_owner = str_is(s3_query_get(query, "fetch-owner"), "true");
    if (!str_is(s3_query_get(query, "list-type"), "2"))
        return err_set(err, ERR_INVALID_ARGUMENT, "The list-type must be 2.");
    if (q->token.p && !read_token(arena, q->token, &q->from))
        return err_set(err, ERR_INVALID_ARGUMENT, "The continuation token provided is incorrect");
    return 0;
}

int s3_list_parse(struct arena *arena, const struct s3_query *query, enum s3_list_kind kind,
                  struct s3_list *ret, struct err *err)
{
    struct s3_list q = {
        .kind = kind,
        .prefix = s3_query_get(query, "prefix"),
        .delimiter = s3_query_get(query, "delimiter"),
        .marker = s3_query_get(query, names[kind].marker),
        .id = s3_query_get(query, names[kind].id),
        .with_owner = true,
    };
    if (s3_query_int(query, names[kind].max, INT32_MAX, KEYS_MAX, &q.max_keys, err) < 0)
        return -1;
    if (!read_encoding(s3_query_get(query, "encoding-type"), &q.url_encoded))
        return err_set(err, ERR_INVALID_ARGUMENT, "Invalid Encoding Method specified in Request");
    q.from = kind == S3_LIST_V2 ? q.marker : behind_marker(arena, &q);
    if (kind == S3_LIST_V2 && read_v2(arena, query, &q, err) < 0)
        return -1;
    if (q.max_keys > KEYS_MAX)
        q.max_keys = KEYS_MAX;
    *ret = q;
    return 0;
}

/* --- In answers --- */

void s3_list_key(struct buf *xml, const struct s3_list *q, const char *name, struct str key)
{
    if (!q->url_encoded || !key.p) {
        xml_element_exact(xml, name, key);
        return;
    }
    buf_printf(xml, "<%s>", name);
    uri_encode_add(xml, key, true);
    buf_printf(xml, "</%s>", name);
}

void s3_list_prefixes(struct buf *xml, const struct s3_list *q, const struct str *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_cstr(xml, "<CommonPrefixes>");
        s3_list_key(xml, q, "Prefix", prefixes[i]);
        buf_add_cstr(xml, "</CommonPrefixes>");
    }
}
