#include "aws/crc_fold.h"

/* Products of reflected numbers come out multiplied by x: the powers are one less. */
static uint64_t power_of_x(uint64_t polynomial, int width, int n)
{
    uint64_t v = 1ull << (width - 1);
    for (int i = 0; i < n - 1; i++)
        v = v & 1 ? v >> 1 ^ polynomial : v >> 1;
    return v << (64 - width);
}

static struct crc_distance distance(uint64_t polynomial, int width, int bits)
{
    return (struct crc_distance){power_of_x(polynomial, width, bits + 64),
                                 power_of_x(polynomial, width, bits)};
}

void crc_fold_init(struct crc_fold *f, uint64_t polynomial, int width)
{
    f->one = distance(polynomial, width, 128);
    f->four = distance(polynomial, width, 512);
}

#ifdef __x86_64__

#include <immintrin.h>

#define WITH_CLMUL __attribute__((target("pclmul,sse2")))

enum { LANES = 4, STRIDE = LANES * CRC_FOLD_BYTES };

WITH_CLMUL static __m128i load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

WITH_CLMUL static __m128i move(__m128i block, __m128i by)
{
    return _mm_xor_si128(_mm_clmulepi64_si128(block, by, 0x00), _mm_clmulepi64_si128(block, by, 0x11));
}

WITH_CLMUL static __m128i constants(const struct crc_distance *d)
{
    return _mm_set_epi64x((long long)d->second, (long long)d->first);
}

WITH_CLMUL static size_t fold(const struct crc_fold *f, uint64_t crc, struct str bytes, char *ret)
{
    const __m128i one = constants(&f->one), four = constants(&f->four);
    __m128i lane[LANES];
    size_t at = STRIDE;
    for (size_t i = 0; i < LANES; i++)
        lane[i] = load(bytes.p + i * CRC_FOLD_BYTES);
    lane[0] = _mm_xor_si128(lane[0], _mm_set_epi64x(0, (long long)crc));
    for (; bytes.n - at >= STRIDE; at += STRIDE)
        for (size_t i = 0; i < LANES; i++)
            lane[i] = _mm_xor_si128(move(lane[i], four), load(bytes.p + at + i * CRC_FOLD_BYTES));
    __m128i all = lane[0];
    for (size_t i = 1; i < LANES; i++)
        all = _mm_xor_si128(move(all, one), lane[i]);
    for (; bytes.n - at >= CRC_FOLD_BYTES; at += CRC_FOLD_BYTES)
        all = _mm_xor_si128(move(all, one), load(bytes.p + at));
    _mm_storeu_si128((__m128i *)(void *)ret, all);
    return at;
}

size_t crc_fold(const struct crc_fold *f, uint64_t crc, struct str bytes, char ret[CRC_FOLD_BYTES])
{
    return bytes.n >= STRIDE && __builtin_cpu_supports("pclmul") ? fold(f, crc, bytes, ret) : 0;
}

#else

size_t crc_fold(const struct crc_fold *f, uint64_t crc, struct str bytes, char ret[CRC_FOLD_BYTES])
{
    (void)f;
    (void)crc;
    (void)bytes;
    (void)ret;
    return 0;
}

#endif
