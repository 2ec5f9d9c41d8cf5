#include "base/buf.h"
#include "remote/proxy/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { CHUNK = 256 * 1024 };

struct source {
    size_t given, bytes; /* so far, and in all */
    size_t step;         /* at a time; every other time nothing */
    bool pauses, paused;
};

static size_t give(void *ctx, char *to, size_t max)
{
    struct source *s = ctx;
    s->paused = s->pauses && !s->paused;
    size_t left = s->bytes - s->given, n = left < max ? left : max;
    if (s->paused)
        return 0;
    if (n > s->step)
        n = s->step;
    memset(to, 'x', n);
    s->given += n;
    return n;
}

static void read_all(struct frames *f, struct source *s, struct str value, size_t step, struct buf *out)
{
    char piece[8192];
    for (int idle = 0; !frames_ended(f) && idle < 3;) {
        size_t n = frames_read(f, piece, step, value, give, s);
        idle = n ? 0 : idle + 1;
        buf_add_str(out, str_of(piece, n));
    }
}

static void check(size_t bytes, size_t step)
{
    CLEANUP_BUF struct buf out, expected;
    struct source s = {.bytes = bytes, .step = step, .pauses = true};
    struct frames f;
    buf_init(&out, 1 << 21);
    buf_init(&expected, 1 << 21);
    for (size_t left = bytes, n; left; left -= n) {
        n = left < CHUNK ? left : CHUNK;
        buf_printf(&expected, "%zx\r\n", n);
        for (size_t i = 0; i < n; i++)
            buf_add_char(&expected, 'x');
        buf_add_cstr(&expected, "\r\n");
    }
    buf_add_cstr(&expected, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
    frames_begin(&f, (int64_t)bytes, "x-amz-checksum-crc32");
    read_all(&f, &s, STR_NULL, step, &out);
    assert_false(frames_ended(&f)); /* without a checksum there is no end */
    read_all(&f, &s, STR("AAAAAA=="), step, &out);
    assert_true(frames_ended(&f));
    assert_true(str_eq(buf_str(&out), buf_str(&expected)));
    assert_int_equal(out.n, frames_length((int64_t)bytes, "x-amz-checksum-crc32", 8));
}

static void test_every_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 4095, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        check(sizes[i], 8192);
        check(sizes[i], 4097);
    }
    check(70, 1);
    check(70, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),
    };
    return cmocka_run_group_tests_name("frames", tests, NULL, NULL);
}
