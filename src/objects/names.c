#include "base/utf8.h"
#include "objects/objects.h"

enum { BUCKET_NAME_MIN = 3, BUCKET_NAME_MAX = 63 };

/* Reserved by S3 for buckets of other kinds and for access points. */
static const char *const reserved_prefixes[] = {"xn--", "sthree-", "amzn-s3-demo-"};
static const char *const reserved_suffixes[] = {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"};

static bool lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_ipv4(struct str s)
{
    size_t parts = 0;
    while (s.p) {
        struct str part = str_cut(&s, '.');
        uint64_t n;
        if (part.n > 3 || !str_to_u64(part, &n))
            return false;
        parts++;
    }
    return parts == 4;
}

static bool is_reserved(struct str name)
{
    for (size_t i = 0; i < ARRAY_SIZE(reserved_prefixes); i++)
        if (str_starts(name, str_from(reserved_prefixes[i])))
            return true;
    for (size_t i = 0; i < ARRAY_SIZE(reserved_suffixes); i++)
        if (str_ends(name, str_from(reserved_suffixes[i])))
            return true;
    return false;
}

bool bucket_name_valid(struct str name)
{
    if (name.n < BUCKET_NAME_MIN || name.n > BUCKET_NAME_MAX || !lower_or_digit(name.p[0]) ||
        !lower_or_digit(name.p[name.n - 1]))
        return false;
    for (size_t i = 1; i < name.n; i++) {
        char c = name.p[i];
        if (!lower_or_digit(c) && c != '-' && c != '.')
            return false;
        if (c == '.' && name.p[i - 1] == '.')
            return false;
    }
    return !is_ipv4(name) && !is_reserved(name);
}

bool object_key_valid(struct str key, struct err *err)
{
    if (key.n > OBJECT_KEY_MAX) {
        err_set(err, ERR_KEY_TOO_LONG, "Your key is too long");
        return false;
    }
    if (key.n == 0 || !utf8_valid(key)) {
        err_set(err, ERR_INVALID_URI, "Couldn't parse the specified URI.");
        return false;
    }
    return true;
}
