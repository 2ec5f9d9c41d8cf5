#include "main/data_place.h"

bool data_place_of(struct arena *a, struct str location, struct data_place *ret)
{
    static const char *const schemes[] = {"s3://", "s3a://", "s3n://"};
    struct str path = STR_NULL;
    for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
        if (str_starts(location, str_from(schemes[i])))
            path = str_sub(location, strlen(schemes[i]), location.n);
    struct str bucket = str_cut(&path, '/');
    while (path.n && path.p[path.n - 1] == '/')
        path.n--;
    if (!bucket.n || !path.n)
        return false;
    ret->bucket = arena_str(a, bucket);
    ret->prefix = arena_printf(a, "%.*s/", STR_ARG(path));
    return true;
}
