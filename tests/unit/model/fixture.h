/* What the tests of the model share: an arena for each test, and decoding with the expected outcome. */
#pragma once

#include "model/athena.gen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { TEST_ARENA_BYTES = 1 << 20 };

static inline int make_arena(void **state)
{
    *state = arena_new(TEST_ARENA_BYTES);
    return 0;
}

static inline int free_arena(void **state)
{
    arena_free(*state);
    return 0;
}

#define MODEL_TEST(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

static inline void decode_ok(struct arena *a, const struct model_shape *shape, const char *json, void *ret)
{
    struct err err = {0};
    int rc = model_decode(shape, str_from(json), a, ret, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(rc, 0);
}

static inline void decode_fails(struct arena *a, const struct model_shape *shape, struct str json,
                                enum err_code code, const char *text)
{
    union {
        max_align_t align;
        char bytes[4096];
    } value;
    struct err err = {0};
    assert_true(shape->size <= sizeof value);
    assert_int_equal(model_decode(shape, json, a, &value, &err), -1);
    assert_string_equal(err.text, text);
    assert_int_equal(err.code, code);
    assert_string_equal(err.detail, code == ERR_INVALID_REQUEST ? "INVALID_INPUT" : "");
}

/* The sentence of one violation. */
#define ONE(sentence) "1 validation error detected: " sentence
