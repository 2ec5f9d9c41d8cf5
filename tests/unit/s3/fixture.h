/* What the tests of the S3 endpoint share: an arena for each test, and headers from literals. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "http/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { TEST_ARENA_BYTES = 8 << 20 };

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

#define S3_TEST(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

/* HEADERS({STR("If-Match"), STR("\"a\"")}, ...) */
#define HEADERS(...)                                                                                         \
    ((struct http_headers){(const struct http_header[]){__VA_ARGS__},                                        \
                           sizeof((struct http_header[]){__VA_ARGS__}) / sizeof(struct http_header)})
#define H(name, value)                                                                                       \
    {                                                                                                        \
        STR(name), STR(value)                                                                                \
    }

#define assert_str(s, literal) assert_string_equal(test_text(s), literal)

/* Valid until the next but seven call. */
static inline const char *test_text(struct str s)
{
    static char texts[8][16 * 1024];
    static unsigned next;
    if (!s.p)
        return "(absent)";
    char *text = texts[next++ % 8];
    size_t n = s.n < sizeof texts[0] ? s.n : sizeof texts[0] - 1;
    memcpy(text, s.p, n);
    text[n] = '\0';
    return text;
}
