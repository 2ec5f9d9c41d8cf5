#include "objects/s3/meta.h"

#include "base/jsonw.h"
#include "base/utf8.h"
#include "objects/s3/framing.h"

/* Holds one name or the values of one name, joined. */
enum { USER_TEXT_MAX = 2 * S3_USER_META_MAX_BYTES };

static const char *const kept[] = {"Cache-Control", "Content-Disposition", "Content-Encoding",
                                   "Content-Language", "Expires"};
static const struct str user_prefix = STR("x-amz-meta-");

static bool is_user(struct str name)
{
    return name.n > user_prefix.n && str_eq_nocase(str_sub(name, 0, user_prefix.n), user_prefix);
}

/* A repeated header counts as one with its values joined. */
static bool seen_before(const struct http_headers *headers, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_eq_nocase(headers->items[i].name, headers->items[at].name))
            return true;
    return false;
}

static void joined_value(struct buf *out, const struct http_headers *headers, size_t at)
{
    for (size_t i = at; i < headers->count; i++) {
        if (!str_eq_nocase(headers->items[i].name, headers->items[at].name))
            continue;
        if (i > at)
            buf_add_char(out, ',');
        buf_add_str(out, headers->items[i].value);
    }
}

static void write_user_name(struct jsonw *w, struct str header)
{
    char name[S3_USER_META_MAX_BYTES];
    size_t n = header.n - user_prefix.n;
    for (size_t i = 0; i < n; i++) {
        char c = header.p[user_prefix.n + i];
        name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    jsonw_key(w, str_of(name, n));
}

static int check_user(const struct http_headers *headers, struct err *err)
{
    size_t bytes = 0, count = 0;
    for (size_t i = 0; i < headers->count; i++) {
        const struct http_header *h = &headers->items[i];
        if (!is_user(h->name))
            continue;
        bytes += h->name.n - user_prefix.n + h->value.n;
        count++;
        if (!utf8_valid(h->value))
            return err_set(err, ERR_INVALID_ARGUMENT, "The value of %.*s is not UTF-8.", STR_ARG(h->name));
    }
    if (bytes > S3_USER_META_MAX_BYTES)
        return err_set(err, ERR_METADATA_TOO_LARGE,
                       "Your metadata headers exceed the maximum allowed metadata size");
    if (count > S3_USER_META_MAX_COUNT)
        return err_set(err, ERR_METADATA_TOO_LARGE, "An object takes at most %d x-amz-meta- headers.",
                       S3_USER_META_MAX_COUNT);
    return 0;
}

static void write_user(struct jsonw *w, const struct http_headers *headers)
{
    jsonw_key(w, STR("user"));
    jsonw_object(w);
    for (size_t i = 0; i < headers->count; i++) {
        if (!is_user(headers->items[i].name) || seen_before(headers, i))
            continue;
        CLEANUP_BUF struct buf value;
        buf_init(&value, USER_TEXT_MAX);
        joined_value(&value, headers, i);
        write_user_name(w, headers->items[i].name);
        jsonw_str(w, buf_str(&value));
    }
    jsonw_end_object(w);
}

static int check_kept(const struct http_headers *headers, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        if (!utf8_valid(http_header(headers, kept[i])))
            return err_set(err, ERR_INVALID_ARGUMENT, "The value of %s is not UTF-8.", kept[i]);
    if (!utf8_valid(http_header(headers, "content-type")))
        return err_set(err, ERR_INVALID_ARGUMENT, "The value of Content-Type is not UTF-8.");
    return 0;
}

int s3_meta_check(const struct http_headers *headers, struct err *err)
{
    return check_user(headers, err) < 0 ? -1 : check_kept(headers, err);
}

static void write_kept(struct jsonw *w, struct arena *arena, const struct http_headers *headers)
{
    jsonw_key(w, STR("headers"));
    jsonw_object(w);
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
        struct str value = http_header(headers, kept[i]);
        if (str_is(str_from(kept[i]), "Content-Encoding"))
            value = s3_content_encoding(arena, value);
        if (value.n)
            jsonw_member_str(w, kept[i], value);
    }
    jsonw_end_object(w);
}

static void write_checksum(struct jsonw *w, const struct s3_checksum *checksum)
{
    if (!checksum->header)
        return;
    jsonw_key(w, STR("checksum"));
    jsonw_object(w);
    jsonw_member_str(w, checksum->name, checksum->value);
    jsonw_end_object(w);
}

int s3_meta_from_headers(struct arena *arena, const struct http_headers *headers,
                         const struct s3_checksum *checksum, struct str *ret, struct err *err)
{
    enum { META_MAX_BYTES = 256 * 1024 };
    CLEANUP_BUF struct buf out;
    buf_init(&out, META_MAX_BYTES);
    struct jsonw w;
    jsonw_init(&w, &out);
    jsonw_object(&w);
    write_kept(&w, arena, headers);
    write_user(&w, headers);
    write_checksum(&w, checksum);
    jsonw_end_object(&w);
    if (out.overflow)
        return err_set(err, ERR_METADATA_TOO_LARGE, "The headers of the object are too long.");
    *ret = arena_str(arena, buf_str(&out));
    return 0;
}

int s3_meta_checksum(struct arena *arena, struct str meta, struct s3_checksum *ret, struct err *err)
{
    const char *name;
    json_t *value;
    *ret = (struct s3_checksum){0};
    if (!meta.n)
        return 0;
    json_auto_t *parsed = json_parse(meta, err);
    if (!parsed)
        return -1;
    json_object_foreach(json_object_get(parsed, "checksum"), name, value)
    {
        if (s3_checksum_named(str_from(name), ret))
            ret->value = arena_str(arena, json_text(value));
    }
    return 0;
}

int s3_meta_with_checksum(struct arena *arena, struct str meta, const char *name, struct str value,
                          struct str *ret, struct err *err)
{
    json_auto_t *parsed = json_parse(meta.n ? meta : STR("{}"), err);
    if (!parsed)
        return -1;
    if (value.n) {
        json_t *checksum = json_object();
        json_object_set_new(checksum, name, json_stringn(value.p, value.n));
        json_object_set_new(parsed, "checksum", checksum);
    }
    char *text = json_dumps(parsed, JSON_COMPACT);
    REQUIRE(text);
    *ret = arena_str(arena, str_from(text));
    free(text);
    return 0;
}

typedef void each_fn(void *ctx, struct str name, struct str value);

static void each_checksum(const json_t *meta, each_fn *fn, void *ctx)
{
    const char *name;
    json_t *value;
    struct s3_checksum algorithm;
    json_object_foreach(json_object_get(meta, "checksum"), name, value)
    {
        if (!s3_checksum_named(str_from(name), &algorithm))
            continue;
        fn(ctx, str_from(algorithm.header), json_text(value));
        fn(ctx, STR("x-amz-checksum-type"), str_from(s3_checksum_type(json_text(value))));
    }
}

static void each_user(const json_t *meta, each_fn *fn, void *ctx)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(meta, "user"), name, value)
    {
        CLEANUP_BUF struct buf header;
        buf_init(&header, USER_TEXT_MAX);
        buf_add_str(&header, user_prefix);
        buf_add_cstr(&header, name);
        fn(ctx, buf_str(&header), json_text(value));
    }
}

void s3_meta_each(const json_t *meta, bool with_checksum, each_fn *fn, void *ctx)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(meta, "headers"), name, value)
        fn(ctx, str_from(name), json_text(value));
    each_user(meta, fn, ctx);
    if (with_checksum)
        each_checksum(meta, fn, ctx);
}
