/* Patterns of the service model, matched by PCRE2. */
#pragma once

#include "base/str.h"

#include <stdatomic.h>

struct model_pattern {
    const char *text;   /* as the model writes it */
    const char *regex;  /* the same for PCRE2 in UTF mode */
    void *_Atomic code; /* compiled at the first use */
};

/* Whether the pattern matches the whole of `s`, which is well-formed UTF-8. A match that takes too much work
 * counts as none. Any thread. */
bool model_pattern_matches(struct model_pattern *pattern, struct str s);
