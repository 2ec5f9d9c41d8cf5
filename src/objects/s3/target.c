#include "objects/s3/target.h"

#include "base/encode.h"
#include "objects/objects.h"

static int parse_bucket(struct arena *arena, struct str raw, struct str *ret, struct err *err)
{
    if (!uri_decode(arena, raw, false, ret))
        return err_set(err, ERR_INVALID_URI, "Couldn't parse the specified URI.");
    if (!bucket_name_valid(*ret))
        return err_set(err, ERR_INVALID_BUCKET_NAME, "The specified bucket is not valid.");
    return 0;
}

static int parse_key(struct arena *arena, struct str raw, struct str *ret, struct err *err)
{
    if (!uri_decode(arena, raw, false, ret))
        return err_set(err, ERR_INVALID_URI, "Couldn't parse the specified URI.");
    return object_key_valid(*ret, err) ? 0 : -1;
}

int s3_target_parse(struct arena *arena, struct str raw_path, struct s3_target *ret, struct err *err)
{
    struct s3_target target = {.level = S3_SERVICE};
    if (!str_starts(raw_path, STR("/")))
        return err_set(err, ERR_INVALID_URI, "Couldn't parse the specified URI.");
    struct str key = str_sub(raw_path, 1, raw_path.n);
    struct str bucket = str_cut(&key, '/');
    if (bucket.n || key.p) {
        target.level = S3_BUCKET;
        if (parse_bucket(arena, bucket, &target.bucket, err) < 0)
            return -1;
    }
    if (key.n) {
        target.level = S3_OBJECT;
        if (parse_key(arena, key, &target.key, err) < 0)
            return -1;
    }
    *ret = target;
    return 0;
}
