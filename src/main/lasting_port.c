#include "main/lasting_port.h"

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"

#include <fcntl.h>

enum { PORTS_FROM = 20000, USUAL_FIRST_EPHEMERAL = 32768, RANGE_MAX = 64, TRIES = 50 };

/* The kernel gives ports from here on to connections. */
static uint16_t first_ephemeral_port(void)
{
    CLEANUP_BUF struct buf text;
    struct err none;
    uint64_t first;
    buf_init(&text, RANGE_MAX);
    if (file_read(AT_FDCWD, "/proc/sys/net/ipv4/ip_local_port_range", &text, &none) < 0)
        return USUAL_FIRST_EPHEMERAL;
    struct str rest = buf_str(&text);
    if (!str_to_u64(str_cut(&rest, '\t'), &first) || first > UINT16_MAX)
        return USUAL_FIRST_EPHEMERAL;
    return (uint16_t)first;
}

/* A random one, not looked whether it is free; 0 where the kernel leaves no such range. */
static uint16_t new_port(void)
{
    uint16_t end = first_ephemeral_port(), n;
    random_bytes(&n, sizeof n);
    if (end <= PORTS_FROM)
        return 0;
    return (uint16_t)(PORTS_FROM + n % (end - PORTS_FROM));
}

static int open_anywhere(const struct lasting_port *p, struct err *err)
{
    for (int i = 0; i < TRIES; i++)
        if (p->open(p->ctx, new_port(), err) == 0)
            return 0;
    return p->open(p->ctx, 0, err);
}

int lasting_port_open(const struct lasting_port *p, struct err *err)
{
    uint16_t port = p->asked ? p->asked : p->last;
    if (!port)
        return open_anywhere(p, err);
    if (p->open(p->ctx, port, err) == 0)
        return 0;
    if (p->asked)
        return -1;
    log_warn("main", p->lost, F_INT("port", port), F_ERR(err));
    return open_anywhere(p, err);
}
