/* HOST:PORT of server.listen. */
#pragma once

#include "base/err.h"

struct address {
    char host[64]; /* an IP address, without brackets */
    uint16_t port;
    bool loopback;
    bool v6;
};

/* IPv4, [IPv6], or "localhost"; names are not looked up. */
int address_parse(const char *text, struct address *ret, struct err *err) MUST_CHECK;
/* http[s]://HOST:PORT as a client on this machine reaches it. */
void address_url(const struct address *a, uint16_t port, bool tls, char *ret, size_t size);
