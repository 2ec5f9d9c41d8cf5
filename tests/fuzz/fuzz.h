/* The entry point of a fuzz target, which libFuzzer calls. Always returns 0; a finding ends the program. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
