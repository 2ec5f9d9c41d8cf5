/* What clients ask the server about itself. */
#include "hive/handlers.h"

int hive_nothing(struct hive_call *c, struct err *err)
{
    (void)c, (void)err;
    return 0;
}

int hive_yes(struct hive_call *c, struct err *err)
{
    (void)err;
    c->result->yes = true;
    return 0;
}

int hive_set_ugi(struct hive_call *c, struct err *err)
{
    (void)err;
    c->result->names.items = arena_alloc(c->arena, sizeof *c->result->names.items);
    c->result->names.items[c->result->names.count++] = c->args->user.p ? c->args->user : STR("");
    return 0;
}

/* There are no settings of Hive here: the caller's default is the value. */
int hive_get_config_value(struct hive_call *c, struct err *err)
{
    (void)err;
    c->result->text = c->args->value.p ? c->args->value : STR("");
    return 0;
}

int hive_get_empty_text(struct hive_call *c, struct err *err)
{
    (void)err;
    c->result->text = STR("");
    return 0;
}

int hive_get_name(struct hive_call *c, struct err *err)
{
    (void)err;
    c->result->text = STR("ThriftHiveMetastore");
    return 0;
}

int hive_get_version(struct hive_call *c, struct err *err)
{
    (void)err;
    c->result->text = STR("2.3.9");
    return 0;
}

int hive_get_status(struct hive_call *c, struct err *err)
{
    enum { ALIVE = 2 };
    (void)err;
    c->result->number = ALIVE;
    return 0;
}
