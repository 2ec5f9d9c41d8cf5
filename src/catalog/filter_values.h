/* Values in filters, by the type of the partition key. */
#pragma once

#include "base/str.h"

enum filter_type { FILTER_TEXT, FILTER_WHOLE, FILTER_DECIMAL, FILTER_DATE, FILTER_TIME };

struct filter_value {
    struct str text;
    int64_t number;
};

/* Of a type in Hive's words; unknown ones compare as text. */
enum filter_type filter_type_of(struct str type);
/* False if the text is no value of the type. `text` is borrowed. */
bool filter_value_read(enum filter_type type, struct str text, struct filter_value *ret);
int filter_value_cmp(enum filter_type type, const struct filter_value *a, const struct filter_value *b);
/* A partition's value that stands for NULL. */
bool filter_is_null(struct str text);
/* SQL's LIKE ('%', '_', backslash); ".*" of Hive's own filters is '%'. Linear in both for one '%'. */
bool filter_like(struct str pattern, struct str text);
