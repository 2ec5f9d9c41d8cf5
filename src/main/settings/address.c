#include "main/settings/address.h"

#include <arpa/inet.h>
#include <stdio.h>

static bool is_loopback(const struct address *a)
{
    struct in6_addr six;
    if (!a->v6)
        return strncmp(a->host, "127.", 4) == 0;
    return inet_pton(AF_INET6, a->host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static int refuse(const char *text, struct err *err)
{
    return err_set(
        err, ERR_INVALID_ARGUMENT,
        "server.listen: '%s' is not HOST:PORT with an IP address, such as 127.0.0.1:8321 or [::1]:0", text);
}

int address_parse(const char *text, struct address *ret, struct err *err)
{
    const char *colon = strrchr(text, ':');
    struct in6_addr parsed;
    uint64_t port;
    if (!colon || !str_to_u64(str_from(colon + 1), &port) || port > UINT16_MAX)
        return refuse(text, err);
    struct str host = str_of(text, (size_t)(colon - text));
    *ret = (struct address){.port = (uint16_t)port};
    ret->v6 = str_starts(host, STR("[")) && str_ends(host, STR("]"));
    if (ret->v6)
        host = str_sub(host, 1, host.n - 1);
    if (str_is(host, "localhost"))
        host = STR("127.0.0.1");
    if (host.n >= sizeof ret->host)
        return refuse(text, err);
    memcpy(ret->host, host.p, host.n);
    if (inet_pton(ret->v6 ? AF_INET6 : AF_INET, ret->host, &parsed) != 1)
        return refuse(text, err);
    ret->loopback = is_loopback(ret);
    return 0;
}

void address_url(const struct address *a, uint16_t port, bool tls, char *ret, size_t size)
{
    const char *host = strcmp(a->host, "0.0.0.0") == 0 ? "127.0.0.1"
                       : strcmp(a->host, "::") == 0    ? "::1"
                                                       : a->host;
    snprintf(ret, size, "%s://%s%s%s:%u", tls ? "https" : "http", a->v6 ? "[" : "", host, a->v6 ? "]" : "",
             port);
}
