/* Cyclic redundancy checks of S3's checksum headers. Any thread. */
#pragma once

#include "base/str.h"

/* Each continues from the value before; begin with 0. */
uint32_t crc32_ieee(uint32_t before, struct str bytes);
uint32_t crc32_castagnoli(uint32_t before, struct str bytes);
uint64_t crc64_nvme(uint64_t before, struct str bytes);

/* The value of two texts one behind the other, from the value of each and the length of the second. */
uint32_t crc32_ieee_combine(uint32_t first, uint32_t second, uint64_t second_len);
uint32_t crc32_castagnoli_combine(uint32_t first, uint32_t second, uint64_t second_len);
uint64_t crc64_nvme_combine(uint64_t first, uint64_t second, uint64_t second_len);
