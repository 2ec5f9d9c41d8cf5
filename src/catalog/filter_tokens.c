#include "catalog/filter_tokens.h"

int filter_wrong(struct filter_tokens *t, const char *what)
{
    return err_set(t->err, ERR_CATALOG_INVALID, "The filter cannot be understood at character %zu: %s.",
                   t->token.at + 1, what);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const struct filter_tokens *t, size_t ahead)
{
    return t->at + ahead < t->text.n ? t->text.p[t->at + ahead] : '\0';
}

/* Hive has backslashes, SQL doubles the quote: both are taken. Whether the character at `at` only carries the
 * next. */
static bool is_escape(const struct filter_tokens *t, size_t at, char quote)
{
    char c = t->text.p[at], follows = at + 1 < t->text.n ? t->text.p[at + 1] : '\0';
    return (c == quote && follows == quote) ||
           (c == '\\' && quote != '`' && (follows == quote || follows == '\\'));
}

/* Where the closing quote is, or the text's end. */
static size_t quote_end(const struct filter_tokens *t, char quote)
{
    size_t at = t->at + 1;
    while (at < t->text.n && (t->text.p[at] != quote || is_escape(t, at, quote)))
        at += is_escape(t, at, quote) ? 2 : 1;
    return at < t->text.n ? at : t->text.n;
}

static int read_quoted(struct filter_tokens *t, char quote)
{
    size_t end = quote_end(t, quote), n = 0;
    char *out = arena_alloc(t->arena, end - t->at);
    if (end == t->text.n)
        return filter_wrong(t, "a quote is not closed");
    for (size_t at = t->at + 1; at < end; at++) {
        at += is_escape(t, at, quote) ? 1 : 0;
        out[n++] = t->text.p[at];
    }
    t->token.text = str_of(out, n);
    t->at = end + 1;
    return 0;
}

static void read_while(struct filter_tokens *t, bool number)
{
    size_t from = t->at++;
    while (t->at < t->text.n && (is_letter(t->text.p[t->at]) || is_digit(t->text.p[t->at]) ||
                                 (number && (t->text.p[t->at] == '.'))))
        t->at++;
    t->token.text = str_sub(t->text, from, t->at);
}

static bool read_compare(struct filter_tokens *t)
{
    static const struct {
        const char *text;
        enum compare compare;
    } signs[] = {{"<=", AT_MOST}, {"<>", UNEQUAL}, {">=", AT_LEAST}, {"!=", UNEQUAL},
                 {"==", EQUAL},   {"<", LESS},     {">", GREATER},   {"=", EQUAL}};
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
        struct str sign = str_from(signs[i].text);
        if (str_starts(str_sub(t->text, t->at, t->text.n), sign)) {
            t->token.kind = TOKEN_COMPARE;
            t->token.compare = signs[i].compare;
            t->token.text = sign;
            t->at += sign.n;
            return true;
        }
    }
    return false;
}

int filter_next(struct filter_tokens *t)
{
    while (t->at < t->text.n && strchr(" \t\r\n", t->text.p[t->at]) && t->text.p[t->at])
        t->at++;
    t->token = (struct token){.kind = TOKEN_END, .at = t->at, .text = STR("")};
    if (t->at == t->text.n)
        return 0;
    char c = t->text.p[t->at];
    if (c == '\'' || c == '"' || c == '`') {
        t->token.kind = c == '`' ? TOKEN_QUOTED_NAME : TOKEN_TEXT;
        return read_quoted(t, c);
    }
    if (is_digit(c) || ((c == '-' || c == '+') && is_digit(peek(t, 1)))) {
        t->token.kind = TOKEN_NUMBER;
        read_while(t, true);
    } else if (is_letter(c)) {
        t->token.kind = TOKEN_NAME;
        read_while(t, false);
    } else if (!read_compare(t)) {
        t->token.kind = TOKEN_OTHER;
        t->token.text = str_sub(t->text, t->at, t->at + 1);
        t->at++;
    }
    return 0;
}

bool filter_is_word(const struct filter_tokens *t, const char *word)
{
    return t->token.kind == TOKEN_NAME && str_eq_nocase(t->token.text, str_from(word));
}

bool filter_is_sign(const struct filter_tokens *t, const char *sign)
{
    return t->token.kind == TOKEN_OTHER && str_is(t->token.text, sign);
}
