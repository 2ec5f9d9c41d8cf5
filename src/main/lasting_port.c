#include "main/lasting_port.h"

#include "base/file.h"
#include "base/random.h"

#include <fcntl.h>

enum { PORTS_FROM = 20000, USUAL_FIRST_EPHEMERAL = 32768, RANGE_MAX = 64 };

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

uint16_t lasting_port(void)
{
    uint16_t end = first_ephemeral_port(), n;
    random_bytes(&n, sizeof n);
    return end > PORTS_FROM ? (uint16_t)(PORTS_FROM + n % (end - PORTS_FROM)) : 0;
}
