/* What this machine has. */
#pragma once

#include <stdint.h>

int64_t machine_memory_bytes(void); /* bounded by a container's limit */
int machine_cores(void);            /* that this process may use */
/* Open files up to the hard limit, as shells set the soft one low for select(2), which is not used here.
 * Returns how many may be open. */
int64_t machine_raise_open_files(void);
