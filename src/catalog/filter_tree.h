/* A filter as a tree: made by filter.c, asked by filter_match.c. Nesting and size are bounded, so both may
 * recurse; only a chain of one of AND and OR is as long as it likes, and leans to the left. */
#pragma once

#include "catalog/filter.h"
#include "catalog/filter_tokens.h"
#include "catalog/filter_values.h"

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_COMPARE, NODE_LIKE, NODE_IN, NODE_NULL, NODE_TRUE };

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
