/* Values are those of the algorithms' own papers: the check string "123456789" and the HMAC vectors of RFC
 * 4231. */
#include "aws/digest.h"
#include "base/encode.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    enum digest_kind kind;
    const char *hex;
} check_rows[] = {
    {DIGEST_SHA256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"},
    {DIGEST_SHA1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"},
    {DIGEST_MD5, "25f9e794323b453885f5181f1b624d0b"},
    {DIGEST_CRC32, "cbf43926"},
    {DIGEST_CRC32C, "e3069283"},
    {DIGEST_CRC64NVME, "ae8b14860a799888"},
};

static void assert_hex(const unsigned char *bytes, size_t n, const char *expected)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    hex_encode(bytes, n, hex);
    assert_string_equal(hex, expected);
}

static void test_check_string(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(check_rows); i++) {
        unsigned char out[DIGEST_SIZE_MAX];
        digest_of(check_rows[i].kind, STR("123456789"), out);
        assert_hex(out, digest_size(check_rows[i].kind), check_rows[i].hex);
    }
}

/* However a message is cut, the digest is the same; and the object can be used again. */
static void test_pieces(void **state)
{
    char text[1000];
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 + i / 256);
    for (enum digest_kind kind = 0; kind < DIGEST_KIND_MAX; kind++) {
        unsigned char whole[DIGEST_SIZE_MAX];
        unsigned char pieces[DIGEST_SIZE_MAX];
        CLEANUP_DIGEST struct digest d;
        digest_of(kind, str_of(text, sizeof text), whole);
        digest_init(&d, kind);
        for (size_t step = 1; step < 40; step += 6) {
            for (size_t at = 0; at < sizeof text; at += step)
                digest_update(&d, str_sub(str_of(text, sizeof text), at, at + step));
            digest_final(&d, pieces);
            assert_memory_equal(whole, pieces, digest_size(kind));
        }
    }
}

/* Of any length and from any address, what the processor does at once is what single bytes give. */
static void test_lengths(void **state)
{
    enum { LONGEST = 300 };
    char text[LONGEST + 16];
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 131 + i / 7);
    for (enum digest_kind kind = 0; kind < DIGEST_KIND_MAX; kind++) {
        CLEANUP_DIGEST struct digest d;
        digest_init(&d, kind);
        for (size_t n = 0; n <= LONGEST; n++) {
            unsigned char at_once[DIGEST_SIZE_MAX];
            unsigned char bytewise[DIGEST_SIZE_MAX];
            struct str bytes = str_of(text + n % 16, n);
            digest_of(kind, bytes, at_once);
            for (size_t at = 0; at < n; at++)
                digest_update(&d, str_sub(bytes, at, at + 1));
            digest_final(&d, bytewise);
            assert_memory_equal(at_once, bytewise, digest_size(kind));
        }
    }
}

/* A text cut anywhere: the digests of both halves give that of the whole. */
static void test_combining(void **state)
{
    enum { LENGTH = 1000 };
    static const enum digest_kind kinds[] = {DIGEST_CRC32, DIGEST_CRC32C, DIGEST_CRC64NVME};
    char text[LENGTH];
    (void)state;
    for (size_t i = 0; i < LENGTH; i++)
        text[i] = (char)(i * i + 7 * i);
    struct str all = str_of(text, LENGTH);
    for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
        unsigned char whole[DIGEST_SIZE_MAX], first[DIGEST_SIZE_MAX], second[DIGEST_SIZE_MAX];
        assert_true(digest_combines(kinds[k]));
        digest_of(kinds[k], all, whole);
        for (size_t cut = 0; cut <= LENGTH; cut += 37) {
            digest_of(kinds[k], str_sub(all, 0, cut), first);
            digest_of(kinds[k], str_sub(all, cut, LENGTH), second);
            digest_combine(kinds[k], first, second, LENGTH - cut);
            assert_memory_equal(first, whole, digest_size(kinds[k]));
        }
    }
    assert_false(digest_combines(DIGEST_SHA256) || digest_combines(DIGEST_SHA1));
}

static void test_empty(void **state)
{
    char hex[SHA256_HEX_LEN + 1];
    unsigned char crc[DIGEST_SIZE_MAX];
    (void)state;
    sha256_hex(STR_NULL, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_of(DIGEST_CRC64NVME, STR_NULL, crc);
    assert_hex(crc, 8, "0000000000000000");
}

static void test_hmac(void **state)
{
    struct hmac h;
    unsigned char out[SHA256_SIZE];
    char key[131];
    (void)state;
    memset(key, 0xaa, sizeof key);
    hmac_init(&h);
    hmac_sha256(&h, STR("Jefe"), STR("what do ya want for nothing?"), out);
    assert_hex(out, sizeof out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hmac_sha256(&h, str_of(key, sizeof key), STR("Test Using Larger Than Block-Size Key - Hash Key First"),
                out);
    assert_hex(out, sizeof out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    hmac_sha256(&h, STR(""), STR(""), out);
    assert_hex(out, sizeof out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    hmac_done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_string), cmocka_unit_test(test_pieces), cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_combining),    cmocka_unit_test(test_empty),  cmocka_unit_test(test_hmac),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
