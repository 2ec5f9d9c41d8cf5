/* What this machine has. */
#pragma once

#include <stdint.h>

int64_t machine_memory_bytes(void); /* bounded by a container's limit */
int machine_cores(void);            /* that this process may use */
