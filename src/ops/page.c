#include "ops/page.h"

#include "aws/digest.h"
#include "base/encode.h"

/* The longest position is a partition's name, of 16 KiB at most. */
enum { CHECK_LEN = 16, TOKEN_MAX = 24 * 1024 };

/* Ties a position to its list, so that a token of another one is noticed. It keeps no secret. */
static struct str check_of(struct arena *a, const char *kind, struct str scope, struct str position)
{
    char hex[SHA256_HEX_LEN + 1];
    sha256_hex(arena_printf(a, "%s\n%.*s\n%.*s", kind, STR_ARG(scope), STR_ARG(position)), hex);
    return arena_str(a, str_of(hex, CHECK_LEN));
}

struct str page_token(struct arena *a, const char *kind, struct str scope, struct str position)
{
    CLEANUP_BUF struct buf plain;
    CLEANUP_BUF struct buf token;
    buf_init(&plain, TOKEN_MAX);
    buf_init(&token, 2 * TOKEN_MAX);
    buf_add_str(&plain, check_of(a, kind, scope, position));
    buf_add_str(&plain, position);
    base64_add(&token, plain.p, plain.n);
    return arena_str(a, buf_str(&token));
}

static int invalid(struct err *err)
{
    return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT",
                          "The NextToken is not valid for this request.");
}

int page_position(struct arena *a, struct str token, const char *kind, struct str scope, struct str *ret,
                  struct err *err)
{
    *ret = STR_NULL;
    if (!token.p)
        return 0;
    char plain[TOKEN_MAX];
    size_t n;
    if (!base64_decode(token, plain, TOKEN_MAX, &n) || n < CHECK_LEN)
        return invalid(err);
    struct str position = str_of(plain + CHECK_LEN, n - CHECK_LEN);
    if (!str_eq(check_of(a, kind, scope, position), str_of(plain, CHECK_LEN)))
        return invalid(err);
    *ret = arena_str(a, position);
    return 0;
}

int page_seq(struct arena *a, struct str token, const char *kind, struct str scope, int64_t *ret,
             struct err *err)
{
    struct str position;
    *ret = 0;
    if (page_position(a, token, kind, scope, &position, err) < 0)
        return -1;
    if (position.p && (!str_to_i64(position, ret) || *ret <= 0))
        return invalid(err);
    return 0;
}
