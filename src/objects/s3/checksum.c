#include "objects/s3/checksum.h"

#include "base/encode.h"

static const struct s3_checksum algorithms[] = {
    {.header = "x-amz-checksum-crc32", .name = "CRC32", .kind = DIGEST_CRC32},
    {.header = "x-amz-checksum-crc32c", .name = "CRC32C", .kind = DIGEST_CRC32C},
    {.header = "x-amz-checksum-crc64nvme", .name = "CRC64NVME", .kind = DIGEST_CRC64NVME},
    {.header = "x-amz-checksum-sha1", .name = "SHA1", .kind = DIGEST_SHA1},
    {.header = "x-amz-checksum-sha256", .name = "SHA256", .kind = DIGEST_SHA256},
};

static const struct s3_checksum *by_header(struct str name)
{
    for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++)
        if (str_eq_nocase(name, str_from(algorithms[i].header)))
            return &algorithms[i];
    return NULL;
}

bool s3_checksum_named(struct str name, struct s3_checksum *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
        if (str_eq_nocase(name, str_from(algorithms[i].name))) {
            *ret = algorithms[i];
            return true;
        }
    }
    return false;
}

const char *s3_checksum_type(struct str value)
{
    return str_find(value, '-') == SIZE_MAX ? "FULL_OBJECT" : "COMPOSITE"; /* base64 has no '-' */
}

static bool is_checksum_value(struct str header)
{
    static const struct str prefix = STR("x-amz-checksum-");
    return str_eq_nocase(str_sub(header, 0, prefix.n), prefix) &&
           !str_eq_nocase(header, STR("x-amz-checksum-mode")) &&
           !str_eq_nocase(header, STR("x-amz-checksum-algorithm")) &&
           !str_eq_nocase(header, STR("x-amz-checksum-type"));
}

bool s3_checksum_of_header(struct str header, struct s3_checksum *ret)
{
    const struct s3_checksum *algorithm = by_header(header);
    if (algorithm)
        *ret = *algorithm;
    return algorithm != NULL;
}

bool s3_checksum_value_valid(const struct s3_checksum *checksum, struct str value)
{
    unsigned char bytes[DIGEST_SIZE_MAX];
    size_t n;
    return base64_decode(value, bytes, sizeof bytes, &n) && n == digest_size(checksum->kind);
}

static int take(struct s3_checksum *ret, const struct http_header *header, struct err *err)
{
    const struct s3_checksum *algorithm = by_header(header->name);
    if (!algorithm)
        return err_set(err, ERR_NOT_IMPLEMENTED, "The checksum algorithm of the header %.*s is not served.",
                       STR_ARG(header->name));
    if (ret->header)
        return err_set(err, ERR_INVALID_REQUEST,
                       "Expecting a single x-amz-checksum- header. Multiple checksum Types "
                       "are not allowed.");
    if (!s3_checksum_value_valid(algorithm, header->value))
        return err_set(err, ERR_INVALID_REQUEST, "Value for %s header is invalid.", algorithm->header);
    *ret = *algorithm;
    ret->value = header->value;
    return 0;
}

int s3_checksum_read(const struct http_headers *headers, const struct s3_checksum *trailer,
                     struct s3_checksum *ret, struct err *err)
{
    struct s3_checksum found = trailer ? *trailer : (struct s3_checksum){0};
    for (size_t i = 0; i < headers->count; i++)
        if (is_checksum_value(headers->items[i].name) && take(&found, &headers->items[i], err) < 0)
            return -1;
    struct str announced = http_header(headers, "x-amz-sdk-checksum-algorithm");
    if (announced.p && !found.header)
        return err_set(err, ERR_INVALID_REQUEST,
                       "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
                       "x-amz-trailer headers were found.");
    if (announced.p && !str_eq_nocase(announced, str_from(found.name)))
        return err_set(err, ERR_INVALID_REQUEST, "Value for x-amz-sdk-checksum-algorithm header is invalid.");
    *ret = found;
    return 0;
}

size_t s3_checksum_value_bytes(const struct s3_checksum *checksum)
{
    return (digest_size(checksum->kind) + 2) / 3 * 4;
}

struct str s3_checksum_text(const struct s3_checksum *checksum, const unsigned char *digest,
                            struct arena *arena)
{
    enum { TEXT_MAX = 64 };
    CLEANUP_BUF struct buf text;
    buf_init(&text, TEXT_MAX);
    base64_add(&text, digest, digest_size(checksum->kind));
    return arena_str(arena, buf_str(&text));
}

int s3_content_md5_read(const struct http_headers *headers, unsigned char ret[DIGEST_SIZE_MAX],
                        bool *ret_sent, struct err *err)
{
    struct str value = http_header(headers, "content-md5");
    size_t n;
    *ret_sent = value.p != NULL;
    if (value.p && (!base64_decode(value, ret, DIGEST_SIZE_MAX, &n) || n != digest_size(DIGEST_MD5)))
        return err_set(err, ERR_INVALID_DIGEST, "The Content-MD5 you specified was invalid.");
    return 0;
}
