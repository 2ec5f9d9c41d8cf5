/* The words of a filter's text. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum compare { EQUAL, UNEQUAL, LESS, AT_MOST, GREATER, AT_LEAST };

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_QUOTED_NAME,
    TOKEN_TEXT,
    TOKEN_NUMBER,
    TOKEN_COMPARE,
    TOKEN_OTHER
};

struct token {
    enum token_kind kind;
    struct str text; /* of TOKEN_TEXT without quotes and escapes */
    size_t at;
    enum compare compare;
};

struct filter_tokens {
    struct arena *arena;
    struct str text;
    size_t at;
    struct token token; /* the next one */
    struct err *err;
};

/* Goes to the next token; before the first call none is there. -1: a quote is not closed. */
int filter_next(struct filter_tokens *t) MUST_CHECK;
/* -1, with ERR_CATALOG_INVALID: where the token is, and what is wrong with it. */
int filter_wrong(struct filter_tokens *t, const char *what);
/* Whether the token is this word, whatever its case; this one character. */
bool filter_is_word(const struct filter_tokens *t, const char *word);
bool filter_is_sign(const struct filter_tokens *t, const char *sign);
