/* Cyclic redundancy checks of S3's checksum headers. Any thread. */
#pragma once

#include "base/str.h"

/* Each continues from the value before; begin with 0. */
uint32_t crc32_ieee(uint32_t before, struct str bytes);
uint32_t crc32_castagnoli(uint32_t before, struct str bytes);
uint64_t crc64_nvme(uint64_t before, struct str bytes);
