#include "hive/bounds.h"

static int check_names(const struct catalog_names *names, struct err *err)
{
    if (names->count <= HIVE_NAMES_MAX)
        return 0;
    return err_set(err, ERR_TOO_LARGE,
                   "The call is too large: it names %zu tables or partitions, %d at most.", names->count,
                   HIVE_NAMES_MAX);
}

static int check_pattern(struct str pattern, struct err *err)
{
    if (pattern.n <= HIVE_PATTERN_MAX)
        return 0;
    return err_set(err, ERR_TOO_LARGE, "The call is too large: a pattern has %d bytes at most.",
                   HIVE_PATTERN_MAX);
}

int hive_check_bounds(const struct hive_args *a, struct err *err)
{
    if (check_names(&a->names, err) < 0 || check_pattern(a->pattern, err) < 0 ||
        check_pattern(a->database, err) < 0)
        return -1;
    if (!a->request)
        return 0;
    return check_names(&a->request->names, err) < 0 ? -1 : check_names(&a->request->partition_names, err);
}
