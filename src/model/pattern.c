#include "model/pattern.h"

#include "base/mem.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps of one match. The model's patterns need a few for each character of a value that keeps its length's
 * bound. */
enum { MATCH_LIMIT = 1000000, HEAP_LIMIT_KIB = 1024 };

static void match_data_free_p(pcre2_match_data **data)
{
    pcre2_match_data_free(*data);
}

static void match_context_free_p(pcre2_match_context **context)
{
    pcre2_match_context_free(*context);
}

static pcre2_code *pattern_compile(const char *regex)
{
    int problem;
    PCRE2_SIZE at;
    uint32_t flags = PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, flags, &problem, &at, NULL);
    REQUIRE(code);                                     /* the patterns are ours; a test compiles every one */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without JIT a match is slower, no more */
    return code;
}

static pcre2_code *pattern_code(struct model_pattern *pattern)
{
    void *code = atomic_load_explicit(&pattern->code, memory_order_acquire);
    if (code)
        return code;
    pcre2_code *mine = pattern_compile(pattern->regex);
    if (atomic_compare_exchange_strong(&pattern->code, &code, mine))
        return mine;
    pcre2_code_free(mine); /* another thread was first */
    return code;
}

bool model_pattern_matches(struct model_pattern *pattern, struct str s)
{
    const pcre2_code *code = pattern_code(pattern);
    CLEANUP(match_data_free_p) pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    CLEANUP(match_context_free_p) pcre2_match_context *context = pcre2_match_context_create(NULL);
    REQUIRE(data && context);
    pcre2_set_match_limit(context, MATCH_LIMIT);
    pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
    PCRE2_SPTR text = (PCRE2_SPTR)(s.p ? s.p : "");
    int rc = pcre2_match(code, text, s.n, 0, PCRE2_NO_UTF_CHECK, data, context);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(code, text, s.n, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, context);
    return rc >= 0;
}
