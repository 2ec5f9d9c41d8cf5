/* Tags of workgroups and sessions. */
#pragma once

#include "base/err.h"
#include "model/athena.gen.h"

enum { TAGS_PER_RESOURCE = 50 };

/* Keys present, distinct and not of AWS's own ("aws:"), values and keys of AWS's alphabet, at most 50. */
int tags_check(const struct athena_tag_list *tags, struct err *err) MUST_CHECK;
/* The tag's value; an absent one is empty. */
static inline struct str tags_value(const struct athena_tag *t)
{
    return t->value.p ? t->value : STR("");
}
