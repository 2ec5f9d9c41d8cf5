/* Reflected CRCs of up to 64 bits by carry-less multiplication, where the processor has it. Method: V. Gopal
 * and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009. */
#pragma once

#include "base/str.h"

enum { CRC_FOLD_BYTES = 16 };

/* Moves a block of 128 bits over some distance: x to the power of the distance and 64 more, and to the
 * distance, both modulo the polynomial. */
struct crc_distance {
    uint64_t first;
    uint64_t second;
};

struct crc_fold {
    struct crc_distance one;  /* block */
    struct crc_distance four; /* blocks */
};

/* `polynomial` is reflected and has `width` bits, 32 or 64. */
void crc_fold_init(struct crc_fold *f, uint64_t polynomial, int width);

/* Folds the register `crc` and the first bytes into a block which, begun with a register of 0, leaves the
 * same register as they do. Returns how many bytes it took: a multiple of sixteen; 0: none, `ret` is as it
 * was. */
size_t crc_fold(const struct crc_fold *f, uint64_t crc, struct str bytes, char ret[CRC_FOLD_BYTES]);
