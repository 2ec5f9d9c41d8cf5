#include "objects/s3/chunked.h"

#include "base/encode.h"

/* A size of sixteen digits, the signature, and what else a client may put there. */
enum { SIZE_LINE_MAX = 256, TRAILER_MAX = 2048, SIZE_DIGITS_MAX = 16 };

enum state {
    IN_SIZE,    /* the line before a chunk */
    IN_CHUNK,   /* its bytes */
    BEHIND,     /* the line break after them */
    IN_TRAILER, /* the lines after the last chunk, to the empty one */
    MAY_END,    /* an empty line may follow */
    AT_END,
};

struct chunked {
    bool is_signed;
    struct sigv4_chain chain;
    struct hmac hmac;
    struct digest hash; /* of the chunk, where chunks are signed */
    const char *trailer;
    int64_t length;

    enum state state;
    struct buf line;                    /* under way */
    int64_t left;                       /* of the chunk */
    int64_t taken;                      /* of the content */
    bool last;                          /* the chunk is the one of size 0 */
    char signature[SHA256_HEX_LEN + 1]; /* of the chunk, as sent; empty: none */

    size_t trailer_bytes; /* in whole lines */
    bool line_feed;       /* the line before ended with no more than one */
    struct buf value;     /* of the trailer */
    bool has_trailer;     /* it came */
    bool trailer_signed;  /* and so did its signature, which is right */
};

struct chunked *chunked_new(const struct chunked_form *form)
{
    struct chunked *c = mem_new(sizeof *c);
    c->is_signed = form->chain != NULL;
    c->trailer = form->trailer;
    c->length = form->length;
    buf_init(&c->line, TRAILER_MAX);
    buf_init(&c->value, TRAILER_MAX);
    if (!form->chain)
        return c;
    c->chain = *form->chain;
    hmac_init(&c->hmac);
    digest_init(&c->hash, DIGEST_SHA256);
    return c;
}

void chunked_free(struct chunked *c)
{
    if (c->is_signed) {
        hmac_done(&c->hmac);
        digest_done(&c->hash);
    }
    buf_done(&c->line);
    buf_done(&c->value);
    explicit_bzero(&c->chain, sizeof c->chain);
    free(c);
}

/* --- What is wrong with the bytes --- */

static int broken(struct err *err)
{
    return err_set(err, ERR_INCOMPLETE_BODY, "The request body terminated unexpectedly");
}

static int wrong_length(struct err *err)
{
    return err_set(
        err, ERR_INCOMPLETE_BODY,
        "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP "
        "header");
}

static int bad_trailer(struct err *err)
{
    return err_set(err, ERR_MALFORMED_TRAILER,
                   "The request contained trailing data that was not well-formed or did not conform to our "
                   "published schema.");
}

static int bad_signature(struct err *err, const char *what)
{
    return err_set(
        err, ERR_INVALID_SIGNATURE,
        "The signature of %s does not match the one we calculated. Check your AWS Secret Access Key "
        "and signing method.",
        what);
}

/* --- Lines --- */

/* Collects bytes up to a line feed. 1: `*ret` is the line, without its end; 0: more are needed. */
static int take_line(struct chunked *c, struct str *bytes, size_t max, struct str *ret, struct err *err)
{
    size_t at = str_find(*bytes, '\n');
    size_t n = at == SIZE_MAX ? bytes->n : at + 1;
    if (c->line.n + n > max)
        return broken(err);
    buf_add(&c->line, bytes->p, n);
    *bytes = str_sub(*bytes, n, bytes->n);
    if (at == SIZE_MAX)
        return 0;
    struct str line = str_sub(buf_str(&c->line), 0, c->line.n - 1);
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    *ret = line;
    return 1;
}

/* "1a2B", nothing else. */
static bool read_size(struct str text, int64_t *ret)
{
    uint64_t size = 0;
    for (size_t i = 0; i < text.n; i++) {
        int digit = hex_value(text.p[i]);
        if (digit < 0)
            return false;
        size = size << 4 | (uint64_t)digit;
    }
    *ret = (int64_t)size;
    return text.n > 0 && text.n <= SIZE_DIGITS_MAX && *ret >= 0;
}

static int read_extension(struct chunked *c, struct str extension, struct err *err)
{
    struct str value = extension;
    struct str name = str_trim(str_cut(&value, '='));
    value = str_trim(value);
    c->signature[0] = '\0';
    if (!c->is_signed)
        return 0;
    if (!str_is(name, "chunk-signature") || value.n != SHA256_HEX_LEN)
        return bad_signature(err, "a chunk");
    memcpy(c->signature, value.p, SHA256_HEX_LEN);
    return 0;
}

static int take_size(struct chunked *c, struct str *bytes, struct err *err)
{
    struct str line = STR_NULL;
    int rc = take_line(c, bytes, SIZE_LINE_MAX, &line, err);
    if (rc <= 0)
        return rc;
    struct str extension = line;
    struct str size = str_trim(str_cut(&extension, ';'));
    if (!read_size(size, &c->left))
        return broken(err);
    if (c->left > c->length - c->taken)
        return wrong_length(err);
    if (read_extension(c, extension, err) < 0)
        return -1;
    c->last = c->left == 0;
    c->state = IN_CHUNK;
    buf_clear(&c->line);
    return 0;
}

/* --- Chunks --- */

static int take_chunk(struct chunked *c, struct str *bytes, chunked_sink_fn *sink, void *ctx, struct err *err)
{
    struct str content = str_sub(*bytes, 0, (size_t)c->left);
    *bytes = str_sub(*bytes, content.n, bytes->n);
    if (content.n && c->is_signed)
        digest_update(&c->hash, content);
    if (content.n && sink(ctx, content, err) < 0)
        return -1;
    c->left -= (int64_t)content.n;
    c->taken += (int64_t)content.n;
    return 0;
}

static int end_chunk(struct chunked *c, struct err *err)
{
    unsigned char hash[DIGEST_SIZE_MAX];
    char hex[SHA256_HEX_LEN + 1];
    c->state = c->last ? IN_TRAILER : BEHIND;
    if (!c->is_signed)
        return 0;
    digest_final(&c->hash, hash);
    hex_encode(hash, SHA256_SIZE, hex);
    return sigv4_chain_chunk(&c->chain, &c->hmac, hex, str_from(c->signature))
               ? 0
               : bad_signature(err, "a chunk");
}

static int take_empty(struct chunked *c, struct str *bytes, enum state next, struct err *err)
{
    struct str line = STR_NULL;
    int rc = take_line(c, bytes, 2, &line, err);
    if (rc <= 0)
        return rc;
    if (line.n)
        return broken(err);
    c->state = next;
    buf_clear(&c->line);
    return 0;
}

/* --- The trailer --- */

static int check_trailer_signature(struct chunked *c, struct str signature, struct err *err)
{
    char hex[SHA256_HEX_LEN + 1];
    if (!c->has_trailer || c->trailer_signed)
        return bad_trailer(err);
    CLEANUP_BUF struct buf text;
    buf_init(&text, 2 * TRAILER_MAX);
    buf_printf(&text, "%s:%.*s\n", c->trailer, STR_ARG(buf_str(&c->value)));
    sha256_hex(buf_str(&text), hex);
    if (!sigv4_chain_trailer(&c->chain, &c->hmac, hex, signature))
        return bad_signature(err, "the trailer");
    c->trailer_signed = true;
    return 0;
}

static int read_trailer(struct chunked *c, struct str line, struct err *err)
{
    struct str value = line;
    struct str name = str_trim(str_cut(&value, ':'));
    if (!value.p || !c->trailer)
        return bad_trailer(err);
    if (c->is_signed && str_eq_nocase(name, STR("x-amz-trailer-signature")))
        return check_trailer_signature(c, str_trim(value), err);
    if (!str_eq_nocase(name, str_from(c->trailer)) || c->has_trailer)
        return bad_trailer(err);
    buf_add_str(&c->value, str_trim(value));
    c->has_trailer = true;
    return 0;
}

static int end_trailer(struct chunked *c, struct err *err)
{
    if (c->taken != c->length)
        return wrong_length(err);
    if (c->trailer && !c->has_trailer)
        return bad_trailer(err);
    if (c->trailer && c->is_signed && !c->trailer_signed)
        return bad_signature(err, "the trailer");
    return 0;
}

/* MinIO's client for Go ends the trailer's line with "\n\r\n", of which the line feed is what it signs: its
 * signature, or one more empty line, comes behind what looks like the end. */
static int take_empty_line(struct chunked *c, bool after_line_feed, struct err *err)
{
    if (after_line_feed && c->is_signed && !c->trailer_signed)
        return 0;
    if (end_trailer(c, err) < 0)
        return -1;
    c->state = after_line_feed ? MAY_END : AT_END;
    return 0;
}

static int take_trailer(struct chunked *c, struct str *bytes, struct err *err)
{
    struct str line = STR_NULL;
    int rc = take_line(c, bytes, TRAILER_MAX - c->trailer_bytes, &line, err);
    if (rc <= 0)
        return rc;
    c->trailer_bytes += c->line.n;
    bool whole = c->line.n == line.n + sizeof "\r\n" - 1;
    rc = line.n ? read_trailer(c, line, err) : take_empty_line(c, c->line_feed && whole, err);
    c->line_feed = line.n && !whole;
    buf_clear(&c->line);
    return rc;
}

/* --- All together --- */

static int take_step(struct chunked *c, struct str *bytes, chunked_sink_fn *sink, void *ctx, struct err *err)
{
    switch (c->state) {
    case IN_SIZE: return take_size(c, bytes, err);
    case IN_CHUNK: return take_chunk(c, bytes, sink, ctx, err);
    case BEHIND: return take_empty(c, bytes, IN_SIZE, err);
    case IN_TRAILER: return take_trailer(c, bytes, err);
    case MAY_END: return take_empty(c, bytes, AT_END, err);
    case AT_END: return broken(err);
    }
    return 0;
}

int chunked_take(struct chunked *c, struct str bytes, chunked_sink_fn *sink, void *ctx, struct err *err)
{
    while (bytes.n) {
        if (take_step(c, &bytes, sink, ctx, err) < 0)
            return -1;
        if (c->state == IN_CHUNK && c->left == 0 && end_chunk(c, err) < 0)
            return -1;
    }
    return 0;
}

int chunked_end(const struct chunked *c, struct err *err)
{
    return c->state == AT_END || (c->state == MAY_END && !c->line.n) ? 0 : broken(err);
}

struct str chunked_trailer(const struct chunked *c)
{
    return c->has_trailer ? str_of(c->value.n ? c->value.p : "", c->value.n) : STR_NULL;
}
