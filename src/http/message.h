/* What an HTTP request is made of, as other folders see it: raw bytes, nothing decoded. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct http_header {
    struct str name;  /* as sent */
    struct str value; /* without white space at its ends */
};

struct http_headers {
    const struct http_header *items;
    size_t count;
};

/* The first header of that name (any case), or STR_NULL. */
struct str http_header(const struct http_headers *h, const char *name);
/* How often the header is there. */
size_t http_header_count(const struct http_headers *h, const char *name);
