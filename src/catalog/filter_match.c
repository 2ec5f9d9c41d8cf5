/* True, false, or unknown, as in SQL. */
#include "catalog/filter_tree.h"

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
