#include "aws/crc.h"

#include "aws/crc_fold.h"
#include "base/mem.h"

#include <endian.h>
#include <pthread.h>
#include <zlib.h>

/* Reflected polynomials. */
static const uint64_t ieee = 0xEDB88320u;
static const uint64_t castagnoli = 0x82F63B78u;
static const uint64_t nvme = 0x9A6C9329AC4BC9B5u;

/* table[k][b]: the effect of byte b when k more bytes follow it, so that eight bytes are taken a step. */
struct crc_table {
    uint64_t at[8][256];
};

static struct crc_table castagnoli_table;
static struct crc_table nvme_table;
static struct crc_fold castagnoli_fold;
static struct crc_fold nvme_fold;
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void build(struct crc_table *t, uint64_t polynomial)
{
    for (uint64_t b = 0; b < 256; b++) {
        uint64_t crc = b;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
        t->at[0][b] = crc;
    }
    for (size_t b = 0; b < 256; b++)
        for (size_t k = 1; k < 8; k++)
            t->at[k][b] = t->at[k - 1][b] >> 8 ^ t->at[0][t->at[k - 1][b] & 255];
}

static void build_tables(void)
{
    build(&castagnoli_table, castagnoli);
    build(&nvme_table, nvme);
    crc_fold_init(&castagnoli_fold, castagnoli, 32);
    crc_fold_init(&nvme_fold, nvme, 64);
}

static uint64_t update_by_table(const struct crc_table *t, uint64_t crc, struct str bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    size_t n = bytes.n;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        word = le64toh(word) ^ crc;
        crc = 0;
        for (size_t k = 0; k < 8; k++)
            crc ^= t->at[7 - k][word >> (8 * k) & 255];
    }
    for (; n; n--, p++)
        crc = crc >> 8 ^ t->at[0][(crc ^ *p) & 255];
    return crc;
}

/* What the processor can fold is left as sixteen bytes that stand for all before them. */
static uint64_t update(const struct crc_table *t, const struct crc_fold *f, uint64_t crc, struct str bytes)
{
    char folded[CRC_FOLD_BYTES];
    size_t n = crc_fold(f, crc, bytes, folded);
    if (n)
        crc = update_by_table(t, 0, str_of(folded, sizeof folded));
    return update_by_table(t, crc, str_sub(bytes, n, bytes.n));
}

uint32_t crc32_ieee(uint32_t before, struct str bytes)
{
    return bytes.n ? (uint32_t)crc32_z(before, (const unsigned char *)bytes.p, bytes.n) : before;
}

uint32_t crc32_castagnoli(uint32_t before, struct str bytes)
{
    pthread_once(&tables_once, build_tables);
    return ~(uint32_t)update(&castagnoli_table, &castagnoli_fold, (uint32_t)~before, bytes);
}

uint64_t crc64_nvme(uint64_t before, struct str bytes)
{
    pthread_once(&tables_once, build_tables);
    return ~update(&nvme_table, &nvme_fold, ~before, bytes);
}

/* --- Combining: a value is a polynomial over GF(2), its highest bit the coefficient of x^0 --- */

/* a * b modulo the polynomial. */
static uint64_t multiply(uint64_t polynomial, uint64_t one, uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    for (uint64_t bit = one; bit; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = b & 1 ? b >> 1 ^ polynomial : b >> 1;
    }
    return product;
}

/* `n` bytes behind the first text multiply its value by x^(8 n). */
static uint64_t combine(uint64_t polynomial, unsigned width, uint64_t first, uint64_t second, uint64_t n)
{
    uint64_t one = 1ull << (width - 1);
    uint64_t power = one >> 8;
    for (; n; n >>= 1) {
        if (n & 1)
            first = multiply(polynomial, one, power, first);
        power = multiply(polynomial, one, power, power);
    }
    return first ^ second;
}

uint32_t crc32_ieee_combine(uint32_t first, uint32_t second, uint64_t second_len)
{
    return (uint32_t)combine(ieee, 32, first, second, second_len);
}

uint32_t crc32_castagnoli_combine(uint32_t first, uint32_t second, uint64_t second_len)
{
    return (uint32_t)combine(castagnoli, 32, first, second, second_len);
}

uint64_t crc64_nvme_combine(uint64_t first, uint64_t second, uint64_t second_len)
{
    return combine(nvme, 64, first, second, second_len);
}
