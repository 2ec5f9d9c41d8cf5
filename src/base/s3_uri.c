#include "base/s3_uri.h"

#define SCHEME STR("s3://")

bool s3_uri_split(struct str uri, struct str *ret_bucket, struct str *ret_key)
{
    *ret_bucket = *ret_key = STR_NULL;
    if (!str_starts(uri, SCHEME))
        return false;
    *ret_key = str_sub(uri, SCHEME.n, SIZE_MAX);
    *ret_bucket = str_cut(ret_key, '/');
    return true;
}
