/* The Range header. */
#pragma once

#include "base/str.h"

enum range_kind {
    RANGE_WHOLE,         /* none, several, or not of a form that is known: the whole object */
    RANGE_PART,          /* the bytes [offset, offset + length) */
    RANGE_UNSATISFIABLE, /* begins behind the end */
};

struct byte_range {
    enum range_kind kind;
    uint64_t offset;
    uint64_t length;
};

/* The value of the header, or absent, for an object of `size` bytes. */
struct byte_range range_parse(struct str value, uint64_t size);
