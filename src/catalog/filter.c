#include "catalog/filter_tree.h"

struct parser {
    struct filter_tokens in;
    struct catalog_filter *filter;
    size_t depth;
    size_t nodes;
};

static int expect_sign(struct parser *p, const char *sign, const char *what)
{
    return filter_is_sign(&p->in, sign) ? filter_next(&p->in) : filter_wrong(&p->in, what);
}

/* A condition, or a value of a list: each partition is compared with all of them. */
static int count_node(struct parser *p)
{
    return ++p->nodes > CATALOG_FILTER_NODES ? filter_wrong(&p->in, "it has too many conditions") : 0;
}

static struct node *node_new(struct parser *p, enum node_kind kind)
{
    if (count_node(p) < 0)
        return NULL;
    struct node *n = arena_alloc(p->in.arena, sizeof *n);
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
        if (str_eq_nocase(keys->items[i].name, p->in.token.text)) {
            *ret = i;
            return filter_next(&p->in);
        }
    return err_set(p->in.err, ERR_CATALOG_INVALID, "The filter names '%.*s', which is no partition key.",
                   STR_ARG(p->in.token.text));
}

static bool is_literal(const struct parser *p)
{
    return p->in.token.kind == TOKEN_TEXT || p->in.token.kind == TOKEN_NUMBER;
}

/* Hive's DATE '2024-01-01', TIMESTAMP '...' and the function-like date("...") of older clients are plain
 * texts. */
static int read_literal(struct parser *p, size_t key, struct filter_value *ret)
{
    bool typed = filter_is_word(&p->in, "date") || filter_is_word(&p->in, "timestamp"),
         in_parentheses = false;
    if (typed && filter_next(&p->in) < 0)
        return -1;
    if (typed && filter_is_sign(&p->in, "(")) {
        in_parentheses = true;
        if (filter_next(&p->in) < 0)
            return -1;
    }
    if (!is_literal(p))
        return filter_wrong(&p->in, "a text or a number is expected");
    if (!filter_value_read(p->filter->types[key], p->in.token.text, ret))
        return filter_wrong(&p->in, "the value does not fit the type of the partition key");
    if (filter_next(&p->in) < 0)
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
    n->values = arena_alloc(p->in.arena, sizeof *n->values);
    *n->values = value;
    n->count = 1;
    return n;
}

static struct node *parse_between(struct parser *p, size_t key)
{
    struct filter_value low, high;
    if (filter_next(&p->in) < 0 || read_literal(p, key, &low) < 0)
        return NULL;
    if (!filter_is_word(&p->in, "and")) {
        filter_wrong(&p->in, "AND is expected");
        return NULL;
    }
    if (filter_next(&p->in) < 0 || read_literal(p, key, &high) < 0)
        return NULL;
    return join(p, NODE_AND, leaf(p, NODE_COMPARE, key, AT_LEAST, low),
                leaf(p, NODE_COMPARE, key, AT_MOST, high));
}

static struct node *parse_in(struct parser *p, size_t key)
{
    enum { FIRST = 16 };
    struct node *n = node_new(p, NODE_IN);
    size_t capacity = 0;
    if (!n || filter_next(&p->in) < 0 || expect_sign(p, "(", "'(' is expected") < 0)
        return NULL;
    n->key = key;
    do {
        if (n->count && filter_next(&p->in) < 0)
            return NULL;
        if (n->count == capacity) {
            capacity = capacity ? capacity * 2 : FIRST;
            struct filter_value *grown = arena_array(p->in.arena, capacity, sizeof *grown);
            if (n->count)
                memcpy(grown, n->values, n->count * sizeof *grown);
            n->values = grown;
        }
        if (count_node(p) < 0 || read_literal(p, key, &n->values[n->count]) < 0)
            return NULL;
        n->count++;
    } while (filter_is_sign(&p->in, ","));
    return expect_sign(p, ")", "')' is expected") < 0 ? NULL : n;
}

static struct node *parse_like(struct parser *p, size_t key)
{
    if (filter_next(&p->in) < 0)
        return NULL;
    if (p->in.token.kind != TOKEN_TEXT) {
        filter_wrong(&p->in, "a text is expected");
        return NULL;
    }
    struct filter_value v = {.text = p->in.token.text};
    return filter_next(&p->in) < 0 ? NULL : leaf(p, NODE_LIKE, key, EQUAL, v);
}

static struct node *parse_is(struct parser *p, size_t key)
{
    if (filter_next(&p->in) < 0)
        return NULL;
    bool not = filter_is_word(&p->in, "not");
    if (not &&filter_next(&p->in) < 0)
        return NULL;
    if (!filter_is_word(&p->in, "null")) {
        filter_wrong(&p->in, "NULL is expected");
        return NULL;
    }
    return filter_next(&p->in) < 0
               ? NULL
               : negate(p, leaf(p, NODE_NULL, key, EQUAL, (struct filter_value){.number = 0}), not );
}

static struct node *parse_after_key(struct parser *p, size_t key)
{
    struct filter_value value;
    if (p->in.token.kind == TOKEN_COMPARE) {
        enum compare compare = p->in.token.compare;
        if (filter_next(&p->in) < 0 || read_literal(p, key, &value) < 0)
            return NULL;
        return leaf(p, NODE_COMPARE, key, compare, value);
    }
    if (filter_is_word(&p->in, "is"))
        return parse_is(p, key);
    bool not = filter_is_word(&p->in, "not");
    if (not &&filter_next(&p->in) < 0)
        return NULL;
    if (filter_is_word(&p->in, "between"))
        return negate(p, parse_between(p, key), not );
    if (filter_is_word(&p->in, "in"))
        return negate(p, parse_in(p, key), not );
    if (filter_is_word(&p->in, "like"))
        return negate(p, parse_like(p, key), not );
    filter_wrong(&p->in, "an operator is expected");
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
    struct token literal = p->in.token;
    struct filter_value value;
    size_t key;
    if (filter_next(&p->in) < 0)
        return NULL;
    if (p->in.token.kind != TOKEN_COMPARE) {
        filter_wrong(&p->in, "an operator is expected");
        return NULL;
    }
    enum compare compare = turned(p->in.token.compare);
    if (filter_next(&p->in) < 0 || find_key(p, &key) < 0)
        return NULL;
    if (!filter_value_read(p->filter->types[key], literal.text, &value)) {
        filter_wrong(&p->in, "the value does not fit the type of the partition key");
        return NULL;
    }
    return leaf(p, NODE_COMPARE, key, compare, value);
}

static struct node *parse_or(struct parser *p);

static struct node *parse_group(struct parser *p)
{
    if (filter_next(&p->in) < 0)
        return NULL;
    struct node *n = parse_or(p);
    return n && expect_sign(p, ")", "')' is expected") == 0 ? n : NULL;
}

static struct node *parse_primary(struct parser *p)
{
    size_t key = 0;
    if (++p->depth > CATALOG_FILTER_DEPTH) {
        filter_wrong(&p->in, "it is nested too deeply");
        return NULL;
    }
    struct node *n = NULL;
    if (filter_is_word(&p->in, "not"))
        n = filter_next(&p->in) < 0 ? NULL : negate(p, parse_primary(p), true);
    else if (filter_is_sign(&p->in, "("))
        n = parse_group(p);
    else if (is_literal(p))
        n = parse_turned(p);
    else if (p->in.token.kind == TOKEN_NAME || p->in.token.kind == TOKEN_QUOTED_NAME)
        n = find_key(p, &key) < 0 ? NULL : parse_after_key(p, key);
    else
        filter_wrong(&p->in, "a partition key is expected");
    p->depth--;
    return n;
}

/* A chain leans to the left. */
static struct node *parse_and(struct parser *p)
{
    struct node *n = parse_primary(p);
    while (n && filter_is_word(&p->in, "and"))
        n = filter_next(&p->in) < 0 ? NULL : join(p, NODE_AND, n, parse_primary(p));
    return n;
}

static struct node *parse_or(struct parser *p)
{
    struct node *n = parse_and(p);
    while (n && filter_is_word(&p->in, "or"))
        n = filter_next(&p->in) < 0 ? NULL : join(p, NODE_OR, n, parse_and(p));
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
    struct parser p = {.in = {.arena = a, .text = text, .err = err}, .filter = f};
    if (filter_next(&p.in) < 0)
        return NULL;
    f->root = p.in.token.kind == TOKEN_END ? node_new(&p, NODE_TRUE) : parse_or(&p);
    if (f->root && p.in.token.kind != TOKEN_END) {
        filter_wrong(&p.in, "it should end here");
        return NULL;
    }
    return f->root ? f : NULL;
}
