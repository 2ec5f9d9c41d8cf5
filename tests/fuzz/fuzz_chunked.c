/* aws-chunked from outside. The first byte says how: its lowest bit whether chunks are signed, the next
 * whether a trailer is promised, the others how the rest is cut into pieces; two more bytes are the promised
 * length. However the bytes are cut, the outcome is the same. */
#include "fuzz.h"

#include "objects/s3/chunked.h"

enum { HEAD_BYTES = 3, BODY_MAX_BYTES = 1 << 20 };

struct outcome {
    int rc;
    enum err_code code;
    struct buf content;
};

static int collect(void *ctx, struct str content, struct err *err)
{
    (void)err;
    REQUIRE(content.n > 0);
    buf_add_str(ctx, content);
    return 0;
}

static struct outcome run(const struct chunked_form *form, struct str body, size_t step)
{
    struct outcome o = {0};
    struct err err = {0};
    struct chunked *c = chunked_new(form);
    buf_init(&o.content, BODY_MAX_BYTES);
    while (body.n && o.rc == 0) {
        struct str piece = str_sub(body, 0, step);
        o.rc = chunked_take(c, piece, collect, &o.content, &err);
        body = str_sub(body, piece.n, body.n);
    }
    if (o.rc == 0)
        o.rc = chunked_end(c, &err);
    o.code = err.code;
    REQUIRE((int64_t)o.content.n <= form->length);
    REQUIRE(o.rc != 0 || (int64_t)o.content.n == form->length);
    REQUIRE(o.rc != 0 || (form->trailer != NULL) == (chunked_trailer(c).p != NULL));
    chunked_free(c);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_BYTES || size > BODY_MAX_BYTES)
        return 0;
    static const struct sigv4_chain chain = {.time_text = "20130524T000000Z", .scope = "a/b/s3/aws4_request"};
    const struct chunked_form form = {data[0] & 1 ? &chain : NULL,
                                      data[0] & 2 ? "x-amz-checksum-crc32" : NULL, data[1] << 8 | data[2]};
    struct str body = str_of((const char *)data + HEAD_BYTES, size - HEAD_BYTES);
    struct outcome whole = run(&form, body, body.n);
    struct outcome cut = run(&form, body, 1 + (data[0] >> 2));
    REQUIRE(whole.rc == cut.rc && whole.code == cut.code);
    REQUIRE(whole.rc != 0 || str_eq(buf_str(&whole.content), buf_str(&cut.content)));
    buf_done(&whole.content);
    buf_done(&cut.content);
    return 0;
}
