#include "hive/handlers.h"

int hive_create_function(struct hive_call *c, struct err *err)
{
    return hive_need(c->args->new_function, "function", err) < 0
               ? -1
               : catalog_create_function(c->tx, c->args->new_function, err);
}

int hive_drop_function(struct hive_call *c, struct err *err)
{
    return catalog_drop_function(c->tx, c->args->database, c->args->name, err);
}

int hive_alter_function(struct hive_call *c, struct err *err)
{
    if (hive_need(c->args->new_function, "function", err) < 0)
        return -1;
    return catalog_alter_function(c->tx, c->args->database, c->args->name, c->args->new_function, err);
}

int hive_get_function(struct hive_call *c, struct err *err)
{
    c->result->function = arena_alloc(c->arena, sizeof *c->result->function);
    return catalog_get_function(c->tx, c->args->database, c->args->name, c->result->function, err);
}

int hive_get_functions(struct hive_call *c, struct err *err)
{
    struct catalog_functions functions;
    struct catalog_names *ret = &c->result->names;
    if (catalog_get_functions(c->tx, c->args->database, c->args->pattern, &functions, err) < 0)
        return -1;
    ret->items = arena_array(c->arena, functions.count, sizeof *ret->items);
    for (; ret->count < functions.count; ret->count++)
        ret->items[ret->count] = functions.items[ret->count].name;
    return 0;
}

int hive_get_all_functions(struct hive_call *c, struct err *err)
{
    return catalog_get_functions(c->tx, STR_NULL, STR_NULL, &c->result->functions, err);
}
