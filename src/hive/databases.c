#include "hive/handlers.h"

int hive_get_databases(struct hive_call *c, struct err *err)
{
    return catalog_list_databases(c->tx, &(struct catalog_page){.pattern = c->args->pattern},
                                  &c->result->names, err);
}

int hive_get_database(struct hive_call *c, struct err *err)
{
    c->result->database = arena_alloc(c->arena, sizeof *c->result->database);
    return catalog_get_database(c->tx, c->args->database, c->result->database, err);
}

int hive_create_database(struct hive_call *c, struct err *err)
{
    return hive_need(c->args->new_database, "database", err) < 0
               ? -1
               : catalog_create_database(c->tx, c->args->new_database, err);
}

int hive_alter_database(struct hive_call *c, struct err *err)
{
    if (hive_need(c->args->new_database, "database", err) < 0)
        return -1;
    return catalog_alter_database(c->tx, c->args->database, c->args->new_database, err);
}

int hive_drop_database(struct hive_call *c, struct err *err)
{
    struct catalog_drop drop = {.cascade = c->args->cascade, .delete_data = c->args->delete_data};
    return catalog_drop_database(c->tx, c->args->database, drop, err);
}
