/* The decoder of the service model. The first two bytes choose the operation, the rest is its body. What
 * decodes must encode, decode again, and encode to the same text. */
#include "model/athena.gen.h"

enum { ARENA_BYTES = 1 << 20, TEXT_BYTES = 8 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *new_value(struct arena *a, const struct model_shape *shape)
{
    return arena_alloc(a, shape->size);
}

static void encode(const struct model_shape *shape, const void *value, struct buf *out)
{
    buf_init(out, TEXT_BYTES);
    model_encode(shape, value, out);
    REQUIRE(!out->overflow);
}

static void round_trip(const struct model_shape *shape, const void *value)
{
    CLEANUP_ARENA struct arena *a = arena_new(4 * ARENA_BYTES);
    CLEANUP_BUF struct buf text, again;
    struct err err = {0};
    void *second = new_value(a, shape);
    encode(shape, value, &text);
    REQUIRE(model_decode(shape, buf_str(&text), a, second, &err) == 0);
    encode(shape, second, &again);
    REQUIRE(str_eq(buf_str(&text), buf_str(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct model_operation *operation = &athena_service.operations[data[0] % ATHENA_OP_COUNT];
    const struct model_shape *shape = data[1] & 1 ? operation->output : operation->input;
    struct str body = str_of(data + 2, size - 2);
    CLEANUP_ARENA struct arena *a = arena_new(ARENA_BYTES);
    struct err err = {0};
    void *value = new_value(a, shape);
    if (model_decode(shape, body, a, value, &err) == 0)
        round_trip(shape, value);
    else
        REQUIRE(err.code == ERR_SERIALIZATION || err.code == ERR_INVALID_REQUEST ||
                err.code == ERR_TOO_LARGE);
    (void)!model_decode_stored(shape, body, a, new_value(a, shape), &err);
    return 0;
}
