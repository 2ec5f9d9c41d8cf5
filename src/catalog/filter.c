/* The parser makes a tree in the arena; nesting and size are bounded, so the evaluation may recurse. */
#include "catalog/filter.h"

#include "catalog/filter_values.h"

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_COMPARE, NODE_LIKE, NODE_IN, NODE_NULL, NODE_TRUE };
enum compare { EQUAL, UNEQUAL, LESS, AT_MOST, GREATER, AT_LEAST };

struct node {
    enum node_kind kind;
    struct node *left; /* of AND, OR, NOT */
    struct node *right;
    size_t key; /* of the others */
    enum compare compare;
    struct filter_value *values; /* one; of IN `count` */
    size_t count;
};

struct catalog_filter {
    struct node *root;
    const struct catalog_columns *keys;
    enum filter_type *types; /* of each key */
};

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

struct parser {
    struct arena *arena;
    struct catalog_filter *filter;
    struct str text;
    size_t at;
    struct token token; /* the next one */
    size_t depth;
    size_t nodes;
    struct err *err;
};

/* --- Tokens --- */

static int wrong(struct parser *p, const char *what)
{
    return err_set(p->err, ERR_CATALOG_INVALID, "The filter cannot be understood at character %zu: %s.",
                   p->token.at + 1, what);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const struct parser *p, size_t ahead)
{
    return p->at + ahead < p->text.n ? p->text.p[p->at + ahead] : '\0';
}

/* Hive has backslashes, SQL doubles the quote: both are taken. Whether the character at `at` only carries the
 * next. */
static bool is_escape(const struct parser *p, size_t at, char quote)
{
    char c = p->text.p[at], follows = at + 1 < p->text.n ? p->text.p[at + 1] : '\0';
    return (c == quote && follows == quote) ||
           (c == '\\' && quote != '`' && (follows == quote || follows == '\\'));
}

/* Where the closing quote is, or the text's end. */
static size_t quote_end(const struct parser *p, char quote)
{
    size_t at = p->at + 1;
    while (at < p->text.n && (p->text.p[at] != quote || is_escape(p, at, quote)))
        at += is_escape(p, at, quote) ? 2 : 1;
    return at < p->text.n ? at : p->text.n;
}

static int read_quoted(struct parser *p, char quote)
{
    size_t end = quote_end(p, quote), n = 0;
    char *out = arena_alloc(p->arena, end - p->at);
    if (end == p->text.n)
        return wrong(p, "a quote is not closed");
    for (size_t at = p->at + 1; at < end; at++) {
        at += is_escape(p, at, quote) ? 1 : 0;
        out[n++] = p->text.p[at];
    }
    p->token.text = str_of(out, n);
    p->at = end + 1;
    return 0;
}

static void read_while(struct parser *p, bool number)
{
    size_t from = p->at++;
    while (p->at < p->text.n && (is_letter(p->text.p[p->at]) || is_digit(p->text.p[p->at]) ||
                                 (number && (p->text.p[p->at] == '.'))))
        p->at++;
    p->token.text = str_sub(p->text, from, p->at);
}

static bool read_compare(struct parser *p)
{
    static const struct {
        const char *text;
        enum compare compare;
    } signs[] = {{"<=", AT_MOST}, {"<>", UNEQUAL}, {">=", AT_LEAST}, {"!=", UNEQUAL},
                 {"==", EQUAL},   {"<", LESS},     {">", GREATER},   {"=", EQUAL}};
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
        struct str sign = str_from(signs[i].text);
        if (str_starts(str_sub(p->text, p->at, p->text.n), sign)) {
            p->token.kind = TOKEN_COMPARE;
            p->token.compare = signs[i].compare;
            p->token.text = sign;
            p->at += sign.n;
            return true;
        }
    }
    return false;
}

static int next(struct parser *p)
{
    while (p->at < p->text.n && strchr(" \t\r\n", p->text.p[p->at]) && p->text.p[p->at])
        p->at++;
    p->token = (struct token){.kind = TOKEN_END, .at = p->at, .text = STR("")};
    if (p->at == p->text.n)
        return 0;
    char c = p->text.p[p->at];
    if (c == '\'' || c == '"' || c == '`') {
        p->token.kind = c == '`' ? TOKEN_QUOTED_NAME : TOKEN_TEXT;
        return read_quoted(p, c);
    }
    if (is_digit(c) || ((c == '-' || c == '+') && is_digit(peek(p, 1)))) {
        p->token.kind = TOKEN_NUMBER;
        read_while(p, true);
    } else if (is_letter(c)) {
        p->token.kind = TOKEN_NAME;
        read_while(p, false);
    } else if (!read_compare(p)) {
        p->token.kind = TOKEN_OTHER;
        p->token.text = str_sub(p->text, p->at, p->at + 1);
        p->at++;
    }
    return 0;
}

static bool is_word(const struct parser *p, const char *word)
{
    return p->token.kind == TOKEN_NAME && str_eq_nocase(p->token.text, str_from(word));
}

static bool is_sign(const struct parser *p, const char *sign)
{
    return p->token.kind == TOKEN_OTHER && str_is(p->token.text, sign);
}

static int expect_sign(struct parser *p, const char *sign, const char *what)
{
    return is_sign(p, sign) ? next(p) : wrong(p, what);
}

/* --- Nodes --- */

static struct node *node_new(struct parser *p, enum node_kind kind)
{
    if (++p->nodes > CATALOG_FILTER_NODES) {
        wrong(p, "it has too many conditions");
        return NULL;
    }
    struct node *n = arena_alloc(p->arena, sizeof *n);
    n->kind = kind;
    return n;
}

static struct node *join(struct parser *p, enum node_kind kind, struct node *left, struct node *right)
{
    struct node *n = left && right ? node_new(p, kind) : NULL;
    if (n) {
        n->left = left;
        n->right = right;
    }
    return n;
}

static struct node *negate(struct parser *p, struct node *of, bool really)
{
    struct node *n = of && really ? node_new(p, NODE_NOT) : of;
    if (n && really)
        n->left = of;
    return n;
}

static int find_key(struct parser *p, size_t *ret)
{
    const struct catalog_columns *keys = p->filter->keys;
    for (size_t i = 0; i < keys->count; i++)
        if (str_eq_nocase(keys->items[i].name, p->token.text)) {
            *ret = i;
            return next(p);
        }
    return err_set(p->err, ERR_CATALOG_INVALID, "The filter names '%.*s', which is no partition key.",
                   STR_ARG(p->token.text));
}

static bool is_literal(const struct parser *p)
{
    return p->token.kind == TOKEN_TEXT || p->token.kind == TOKEN_NUMBER;
}

/* Hive's DATE '2024-01-01', TIMESTAMP '...' and the function-like date("...") of older clients are plain
 * texts. */
static int read_literal(struct parser *p, size_t key, struct filter_value *ret)
{
    bool typed = is_word(p, "date") || is_word(p, "timestamp"), in_parentheses = false;
    if (typed && next(p) < 0)
        return -1;
    if (typed && is_sign(p, "(")) {
        in_parentheses = true;
        if (next(p) < 0)
            return -1;
    }
    if (!is_literal(p))
        return wrong(p, "a text or a number is expected");
    if (!filter_value_read(p->filter->types[key], p->token.text, ret))
        return wrong(p, "the value does not fit the type of the partition key");
    if (next(p) < 0)
        return -1;
    return in_parentheses ? expect_sign(p, ")", "')' is expected") : 0;
}

static struct node *leaf(struct parser *p, enum node_kind kind, size_t key, enum compare compare,
                         struct filter_value value)
{
    struct node *n = node_new(p, kind);
    if (!n)
        return NULL;
    n->key = key;
    n->compare = compare;
    n->values = arena_alloc(p->arena, sizeof *n->values);
    *n->values = value;
    n->count = 1;
    return n;
}

static struct node *parse_between(struct parser *p, size_t key)
{
    struct filter_value low, high;
    if (next(p) < 0 || read_literal(p, key, &low) < 0)
        return NULL;
    if (!is_word(p, "and")) {
        wrong(p, "AND is expected");
        return NULL;
    }
    if (next(p) < 0 || read_literal(p, key, &high) < 0)
        return NULL;
    return join(p, NODE_AND, leaf(p, NODE_COMPARE, key, AT_LEAST, low),
                leaf(p, NODE_COMPARE, key, AT_MOST, high));
}

static struct node *parse_in(struct parser *p, size_t key)
{
    enum { FIRST = 16 };
    struct node *n = node_new(p, NODE_IN);
    size_t capacity = 0;
    if (!n || next(p) < 0 || expect_sign(p, "(", "'(' is expected") < 0)
        return NULL;
    n->key = key;
    do {
        if (n->count && next(p) < 0)
            return NULL;
        if (n->count == capacity) {
            capacity = capacity ? capacity * 2 : FIRST;
            struct filter_value *grown = arena_array(p->arena, capacity, sizeof *grown);
            if (n->count)
                memcpy(grown, n->values, n->count * sizeof *grown);
            n->values = grown;
        }
        if (read_literal(p, key, &n->values[n->count]) < 0)
            return NULL;
        n->count++;
    } while (is_sign(p, ","));
    return expect_sign(p, ")", "')' is expected") < 0 ? NULL : n;
}

static struct node *parse_like(struct parser *p, size_t key)
{
    if (next(p) < 0)
        return NULL;
    if (p->token.kind != TOKEN_TEXT) {
        wrong(p, "a text is expected");
        return NULL;
    }
    struct filter_value v = {.text = p->token.text};
    return next(p) < 0 ? NULL : leaf(p, NODE_LIKE, key, EQUAL, v);
}

static struct node *parse_is(struct parser *p, size_t key)
{
    if (next(p) < 0)
        return NULL;
    bool not = is_word(p, "not");
    if (not &&next(p) < 0)
        return NULL;
    if (!is_word(p, "null")) {
        wrong(p, "NULL is expected");
        return NULL;
    }
    return next(p) < 0 ? NULL
                       : negate(p, leaf(p, NODE_NULL, key, EQUAL, (struct filter_value){.number = 0}), not );
}

static struct node *parse_after_key(struct parser *p, size_t key)
{
    struct filter_value value;
    if (p->token.kind == TOKEN_COMPARE) {
        enum compare compare = p->token.compare;
        if (next(p) < 0 || read_literal(p, key, &value) < 0)
            return NULL;
        return leaf(p, NODE_COMPARE, key, compare, value);
    }
    if (is_word(p, "is"))
        return parse_is(p, key);
    bool not = is_word(p, "not");
    if (not &&next(p) < 0)
        return NULL;
    if (is_word(p, "between"))
        return negate(p, parse_between(p, key), not );
    if (is_word(p, "in"))
        return negate(p, parse_in(p, key), not );
    if (is_word(p, "like"))
        return negate(p, parse_like(p, key), not );
    wrong(p, "an operator is expected");
    return NULL;
}

static enum compare turned(enum compare c)
{
    static const enum compare by[] = {[EQUAL] = EQUAL,      [UNEQUAL] = UNEQUAL, [LESS] = GREATER,
                                      [AT_MOST] = AT_LEAST, [GREATER] = LESS,    [AT_LEAST] = AT_MOST};
    return by[c];
}

/* The literal stands first: its type is that of the key behind it. */
static struct node *parse_turned(struct parser *p)
{
    struct token literal = p->token;
    struct filter_value value;
    size_t key;
    if (next(p) < 0)
        return NULL;
    if (p->token.kind != TOKEN_COMPARE) {
        wrong(p, "an operator is expected");
        return NULL;
    }
    enum compare compare = turned(p->token.compare);
    if (next(p) < 0 || find_key(p, &key) < 0)
        return NULL;
    if (!filter_value_read(p->filter->types[key], literal.text, &value)) {
        wrong(p, "the value does not fit the type of the partition key");
        return NULL;
    }
    return leaf(p, NODE_COMPARE, key, compare, value);
}

static struct node *parse_or(struct parser *p);

static struct node *parse_group(struct parser *p)
{
    if (next(p) < 0)
        return NULL;
    struct node *n = parse_or(p);
    return n && expect_sign(p, ")", "')' is expected") == 0 ? n : NULL;
}

static struct node *parse_primary(struct parser *p)
{
    size_t key = 0;
    if (++p->depth > CATALOG_FILTER_DEPTH) {
        wrong(p, "it is nested too deeply");
        return NULL;
    }
    struct node *n = NULL;
    if (is_word(p, "not"))
        n = next(p) < 0 ? NULL : negate(p, parse_primary(p), true);
    else if (is_sign(p, "("))
        n = parse_group(p);
    else if (is_literal(p))
        n = parse_turned(p);
    else if (p->token.kind == TOKEN_NAME || p->token.kind == TOKEN_QUOTED_NAME)
        n = find_key(p, &key) < 0 ? NULL : parse_after_key(p, key);
    else
        wrong(p, "a partition key is expected");
    p->depth--;
    return n;
}

/* A chain leans to the left, however long it is: test_chain walks it. */
static struct node *parse_and(struct parser *p)
{
    struct node *n = parse_primary(p);
    while (n && is_word(p, "and"))
        n = next(p) < 0 ? NULL : join(p, NODE_AND, n, parse_primary(p));
    return n;
}

static struct node *parse_or(struct parser *p)
{
    struct node *n = parse_and(p);
    while (n && is_word(p, "or"))
        n = next(p) < 0 ? NULL : join(p, NODE_OR, n, parse_and(p));
    return n;
}

struct catalog_filter *catalog_filter_parse(struct arena *a, struct str text,
                                            const struct catalog_columns *keys, struct err *err)
{
    if (text.n > CATALOG_FILTER_MAX) {
        err_set(err, ERR_CATALOG_INVALID, "The filter has more than %d bytes.", CATALOG_FILTER_MAX);
        return NULL;
    }
    struct catalog_filter *f = arena_alloc(a, sizeof *f);
    f->keys = keys;
    f->types = arena_array(a, keys->count, sizeof *f->types);
    for (size_t i = 0; i < keys->count; i++)
        f->types[i] = filter_type_of(keys->items[i].type);
    struct parser p = {.arena = a, .filter = f, .text = text, .err = err};
    if (next(&p) < 0)
        return NULL;
    f->root = p.token.kind == TOKEN_END ? node_new(&p, NODE_TRUE) : parse_or(&p);
    if (f->root && p.token.kind != TOKEN_END) {
        wrong(&p, "it should end here");
        return NULL;
    }
    return f->root ? f : NULL;
}

/* --- Evaluation: true, false, or unknown, as in SQL --- */

enum truth { NO, YES, UNKNOWN };

static enum truth truth_of(bool b)
{
    return b ? YES : NO;
}

static enum truth compare(const struct node *n, enum filter_type type, const struct filter_value *is)
{
    int order = filter_value_cmp(type, is, n->values);
    switch (n->compare) {
    case EQUAL: return truth_of(order == 0);
    case UNEQUAL: return truth_of(order != 0);
    case LESS: return truth_of(order < 0);
    case AT_MOST: return truth_of(order <= 0);
    case GREATER: return truth_of(order > 0);
    case AT_LEAST: return truth_of(order >= 0);
    }
    return UNKNOWN;
}

static enum truth is_in(const struct node *n, enum filter_type type, const struct filter_value *is)
{
    for (size_t i = 0; i < n->count; i++)
        if (filter_value_cmp(type, is, &n->values[i]) == 0)
            return YES;
    return NO;
}

static enum truth test_leaf(const struct catalog_filter *f, const struct node *n,
                            const struct catalog_names *values)
{
    struct str text = values->items[n->key];
    struct filter_value is;
    bool null = filter_is_null(text);
    if (n->kind == NODE_NULL)
        return truth_of(null);
    if (null)
        return UNKNOWN;
    if (n->kind == NODE_LIKE)
        return truth_of(filter_like(n->values->text, text));
    if (!filter_value_read(f->types[n->key], text, &is))
        return UNKNOWN;
    return n->kind == NODE_IN ? is_in(n, f->types[n->key], &is) : compare(n, f->types[n->key], &is);
}

static enum truth test(const struct catalog_filter *f, const struct node *n,
                       const struct catalog_names *values);

/* A chain of one kind leans to the left: it is walked, not descended. */
static enum truth test_chain(const struct catalog_filter *f, const struct node *n,
                             const struct catalog_names *values)
{
    enum truth decides = n->kind == NODE_AND ? NO : YES, ret = n->kind == NODE_AND ? YES : NO;
    const enum node_kind kind = n->kind;
    for (;; n = n->left) {
        bool more = n->kind == kind;
        enum truth t = test(f, more ? n->right : n, values);
        if (t == decides)
            return decides;
        if (t == UNKNOWN)
            ret = UNKNOWN;
        if (!more)
            return ret;
    }
}

static enum truth test(const struct catalog_filter *f, const struct node *n,
                       const struct catalog_names *values)
{
    enum truth t;
    switch (n->kind) {
    case NODE_TRUE: return YES;
    case NODE_AND:
    case NODE_OR: return test_chain(f, n, values);
    case NODE_NOT: t = test(f, n->left, values); return t == UNKNOWN ? UNKNOWN : truth_of(t == NO);
    case NODE_COMPARE:
    case NODE_LIKE:
    case NODE_IN:
    case NODE_NULL: return test_leaf(f, n, values);
    }
    return UNKNOWN;
}

bool catalog_filter_matches(const struct catalog_filter *f, const struct catalog_names *values)
{
    return test(f, f->root, values) == YES;
}
