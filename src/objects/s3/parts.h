/* The parts that an object was uploaded in, as its record keeps them: "<number> <size> <checksum>\n" each,
 * the checksum empty where it is not known. */
#pragma once

#include "base/buf.h"

enum { S3_PART_NUMBER_MAX = 10000 };

struct s3_part {
    int64_t number;
    uint64_t size;
    struct str checksum; /* base64 */
};

/* Takes the first one off; false at the end, or where the text is damaged. */
bool s3_parts_next(struct str *rest, struct s3_part *ret);
void s3_parts_add(struct buf *out, const struct s3_part *part);
size_t s3_parts_count(struct str parts);
/* The part of that number and where it begins; false if there is none. */
bool s3_parts_find(struct str parts, int64_t number, struct s3_part *ret, uint64_t *ret_offset);
