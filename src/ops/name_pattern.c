#include "ops/catalog_call.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { REGEX_MAX = 16 * 1024, MATCH_LIMIT = 100000, HEAP_LIMIT_KIB = 1024 };

struct name_pattern {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

/* What a star after this character repeats; after anything else it stands for itself, as in a shell. */
static bool repeats(struct str text, size_t at)
{
    if (at == 0)
        return false;
    char before = text.p[at - 1];
    return before == '.' || before == ')' || before == ']' || before == '}' ||
           (at >= 2 && text.p[at - 2] == '\\');
}

static void add_regex(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '*' && !repeats(text, i))
            buf_add_char(b, '.');
        buf_add_char(b, text.p[i]);
    }
}

struct name_pattern *name_pattern_new(struct arena *a, struct str text, struct err *err)
{
    CLEANUP_BUF struct buf regex;
    int problem;
    PCRE2_SIZE at;
    buf_init(&regex, REGEX_MAX);
    add_regex(&regex, text);
    struct str r = buf_str(&regex);
    pcre2_code *code = regex.overflow
                           ? NULL
                           : pcre2_compile((PCRE2_SPTR)r.p, r.n,
                                           PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED |
                                               PCRE2_ENDANCHORED | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C,
                                           &problem, &at, NULL);
    if (!code) {
        err_set(err, ERR_CATALOG_INVALID, "The expression '%.*s' is no regular expression.",
                STR_ARG(str_sub(text, 0, 200)));
        return NULL;
    }
    struct name_pattern *p = arena_alloc(a, sizeof *p);
    *p = (struct name_pattern){code, pcre2_match_data_create(1, NULL), pcre2_match_context_create(NULL)};
    REQUIRE(p->data && p->context);
    pcre2_set_match_limit(p->context, MATCH_LIMIT);
    pcre2_set_heap_limit(p->context, HEAP_LIMIT_KIB);
    return p;
}

void name_pattern_free(struct name_pattern *p)
{
    if (!p)
        return;
    pcre2_match_context_free(p->context);
    pcre2_match_data_free(p->data);
    pcre2_code_free(p->code);
}

bool name_pattern_matches(const struct name_pattern *p, struct str name)
{
    PCRE2_SPTR text = (PCRE2_SPTR)(name.p ? name.p : "");
    return pcre2_match(p->code, text, name.n, 0, PCRE2_NO_UTF_CHECK, p->data, p->context) >= 0;
}
