#include "hive/bounds.h"

static int check_count(size_t count, struct err *err)
{
    if (count <= HIVE_NAMES_MAX)
        return 0;
    return err_set(err, ERR_TOO_LARGE,
                   "The call is too large: it names %zu tables or partitions, %d at most.", count,
                   HIVE_NAMES_MAX);
}

static int check_pattern(struct str pattern, struct err *err)
{
    if (pattern.n <= HIVE_PATTERN_MAX)
        return 0;
    return err_set(err, ERR_TOO_LARGE, "The call is too large: a pattern has %d bytes at most.",
                   HIVE_PATTERN_MAX);
}

static int check_request(const struct hive_request *r, struct err *err)
{
    if (check_count(r->names.count, err) < 0 || check_count(r->partition_names.count, err) < 0 ||
        check_count(r->partitions.count, err) < 0)
        return -1;
    return check_count(r->statistics.count, err);
}

int hive_check_bounds(const struct hive_args *a, struct err *err)
{
    if (check_count(a->names.count, err) < 0 || check_count(a->partitions.count, err) < 0 ||
        check_pattern(a->pattern, err) < 0 || check_pattern(a->database, err) < 0)
        return -1;
    return a->request ? check_request(a->request, err) : 0;
}
