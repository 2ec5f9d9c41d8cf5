/* Ports for listeners that sessions know for life: below those that the kernel gives to connections of any
 * program, so that one that is free now is likely to be free at the next start as well. */
#pragma once

#include <stdint.h>

enum { LASTING_PORT_TRIES = 50 };

/* A random one, not looked whether it is free; 0 where the kernel leaves no such range. */
uint16_t lasting_port(void);
