/* Ports of listeners that sessions know for life: the same at each start. A new one is taken below those that
 * the kernel gives to connections of any program, so that one that is free now is likely to be free at the
 * next start as well. */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct lasting_port {
    uint16_t asked;   /* by the settings; 0: any */
    uint16_t last;    /* of the last start; 0: there was none */
    const char *lost; /* what the log says when another program has the last one */
    /* Opens the listener; port 0: any that is free. */
    int (*open)(void *ctx, uint16_t port, struct err *err);
    void *ctx;
};

/* Opens the listener at the port that the settings ask for, else at the last one, else at a new one. -1 with
 * what `open` said. */
int lasting_port_open(const struct lasting_port *p, struct err *err) MUST_CHECK;
