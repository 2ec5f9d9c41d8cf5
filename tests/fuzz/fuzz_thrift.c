/* What Hive clients send: messages one after another. What the scanner finds whole is read as its method's
 * arguments and, where that succeeds, written and read again. */
#include "fuzz.h"

#include "hive/call.h"
#include "hive/thrift.h"

enum { TEXT_MAX_BYTES = 1 << 20, ARENA_BYTES = 64 << 20, OUT_BYTES = 64 << 20 };

static void fuzz_call(struct str message)
{
    CLEANUP_ARENA struct arena *a = arena_new(ARENA_BYTES);
    CLEANUP_BUF struct buf out;
    struct thrift_message m;
    struct hive_args args, again;
    struct err err;
    buf_init(&out, OUT_BYTES);
    if (thrift_message_read(message, &m, &err) < 0)
        return;
    const struct hive_method *method = hive_method_find(m.name);
    if (!method || thrift_read(method->args, m.body, a, &args, &err) < 0)
        return;
    thrift_write(method->args, &args, &out);
    REQUIRE(out.overflow || thrift_read(method->args, buf_str(&out), a, &again, &err) == 0 ||
            err.code == ERR_TOO_LARGE);
    hive_write_failure(m.name, m.sequence, THRIFT_UNKNOWN_METHOD, "no", &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_of(data, size);
    if (size > TEXT_MAX_BYTES)
        return 0;
    while (rest.n) {
        struct thrift_scan scan = {.at = 0};
        if (thrift_scan(&scan, rest) != THRIFT_WHOLE)
            return 0;
        REQUIRE(scan.at > 0 && scan.at <= rest.n);
        fuzz_call(str_sub(rest, 0, scan.at));
        rest = str_sub(rest, scan.at, rest.n);
    }
    return 0;
}
