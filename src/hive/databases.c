#include "hive/handlers.h"

int hive_get_databases(struct hive_call *c, struct err *err)
{
    return catalog_list_databases(c->tx, &(struct catalog_page){.pattern = c->args->pattern},
                                  &c->result->names, err);
}

/* Hive's clients take every database to have a location. */
int hive_get_database(struct hive_call *c, struct err *err)
{
    struct catalog_database *d = arena_alloc(c->arena, sizeof *d);
    c->result->database = d;
    if (catalog_get_database(c->tx, c->args->database, d, err) < 0)
        return -1;
    d->location = catalog_database_location(c->tx, d);
    return 0;
}

int hive_create_database(struct hive_call *c, struct err *err)
{
    return hive_need(c->args->new_database, "database", err) < 0
               ? -1
               : catalog_create_database(c->tx, c->args->new_database, err);
}

int hive_alter_database(struct hive_call *c, struct err *err)
{
    struct catalog_database old, *to = c->args->new_database;
    if (hive_need(to, "database", err) < 0 || catalog_get_database(c->tx, c->args->database, &old, err) < 0)
        return -1;
    /* A client that changes something else sends the location back that it was told. */
    if (str_eq(to->location, catalog_database_location(c->tx, &old)))
        to->location = old.location;
    return catalog_alter_database(c->tx, c->args->database, to, err);
}

int hive_drop_database(struct hive_call *c, struct err *err)
{
    struct catalog_drop drop = {.cascade = c->args->cascade, .delete_data = c->args->delete_data};
    return catalog_drop_database(c->tx, c->args->database, drop, err);
}
