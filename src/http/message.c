#include "http/message.h"

struct str http_header(const struct http_headers *h, const char *name)
{
    struct str wanted = str_from(name);
    for (size_t i = 0; i < h->count; i++)
        if (str_eq_nocase(h->items[i].name, wanted))
            return h->items[i].value;
    return STR_NULL;
}

size_t http_header_count(const struct http_headers *h, const char *name)
{
    struct str wanted = str_from(name);
    size_t count = 0;
    for (size_t i = 0; i < h->count; i++)
        count += str_eq_nocase(h->items[i].name, wanted);
    return count;
}
