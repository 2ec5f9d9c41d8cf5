/* Partitions, one by one and in batches. */
#include "ops/glue/convert.h"
#include "ops/glue/table.h"

static int missing(struct err *err)
{
    return glue_say(err, ERR_CATALOG_MISSING, "Cannot find partition.");
}

static int exists(struct err *err)
{
    return glue_say(err, ERR_CATALOG_EXISTS, "Partition already exists.");
}

static int get(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_get_partition_request *in = call->input;
    struct glue_get_partition_response *out = output;
    struct catalog_names values = glue_values_in(in->partition_values.items, in->partition_values.count);
    struct catalog_table t;
    struct catalog_partition p;
    if (glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    if (catalog_get_partition(tx, &t, &values, &p, err) < 0)
        return missing(err);
    out->partition = arena_alloc(catalog_arena(tx), sizeof *out->partition);
    return glue_partition_out(call, catalog_arena(tx), &p, false, out->partition, err);
}

void glue_get_partition(struct op_call *call)
{
    glue_call(call, CATALOG_READ, get);
}

static int get_all(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_batch_get_partition_request *in = call->input;
    struct glue_batch_get_partition_response *out = output;
    struct arena *a = catalog_arena(tx);
    size_t n = in->partitions_to_get.count;
    struct catalog_table t;
    if (glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    out->partitions.present = out->unprocessed_keys.present = true;
    out->partitions.items = arena_array(a, n, sizeof *out->partitions.items);
    out->unprocessed_keys.items = arena_array(a, n, sizeof *out->unprocessed_keys.items);
    for (size_t i = 0; i < n; i++) {
        const struct glue_partition_value_list *key = &in->partitions_to_get.items[i];
        struct catalog_names values = glue_values_in(key->values.items, key->values.count);
        struct catalog_partition p;
        if (catalog_get_partition(tx, &t, &values, &p, err) == 0) {
            if (glue_partition_out(call, a, &p, false, &out->partitions.items[out->partitions.count++], err) <
                0)
                return -1;
        } else if (err->code == ERR_CATALOG_MISSING) {
            out->unprocessed_keys.items[out->unprocessed_keys.count++] = *key;
        } else {
            return -1;
        }
    }
    return 0;
}

void glue_batch_get_partition(struct op_call *call)
{
    glue_call(call, CATALOG_READ, get_all);
}

static int add_one(struct catalog_tx *tx, const struct catalog_table *t,
                   const struct glue_partition_input *in, struct err *err)
{
    struct catalog_partition p;
    if (glue_partition_in(catalog_arena(tx), in, &p, err) < 0)
        return -1;
    return catalog_add_partition(tx, t, &p, err) == 0 ? 0 : exists(err);
}

static int create(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_create_partition_request *in = call->input;
    struct catalog_table t;
    (void)output;
    if (glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    return add_one(tx, &t, in->partition_input, err);
}

void glue_create_partition(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, create);
}

/* An entry of a batch: others go on where it fails. */
struct entry {
    const struct catalog_table *table;
    const void *input;
};

static int add_entry(struct catalog_tx *tx, void *ctx, struct err *err)
{
    const struct entry *e = ctx;
    return add_one(tx, e->table, e->input, err);
}

static void add_error(struct arena *a, struct glue_partition_errors *errors,
                      const struct glue_value_string_list *values, const struct err *err)
{
    errors->items[errors->count++] = (struct glue_partition_error){*values, glue_error(a, err)};
}

static int create_all(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_batch_create_partition_request *in = call->input;
    struct glue_batch_create_partition_response *out = output;
    struct arena *a = catalog_arena(tx);
    size_t n = in->partition_input_list.count;
    struct catalog_table t;
    if (glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    out->errors.present = true;
    out->errors.items = arena_array(a, n, sizeof *out->errors.items);
    for (size_t i = 0; i < n; i++) {
        const struct glue_partition_input *p = &in->partition_input_list.items[i];
        struct entry entry = {&t, p};
        struct err e;
        if (catalog_try(tx, add_entry, &entry, &e) < 0)
            add_error(a, &out->errors, &p->values, &e);
    }
    return 0;
}

void glue_batch_create_partition(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, create_all);
}

static int alter_one(struct catalog_tx *tx, const struct catalog_table *t,
                     const struct glue_bounded_partition_value_list *of,
                     const struct glue_partition_input *in, struct err *err)
{
    struct catalog_names values = glue_values_in(of->items, of->count);
    struct catalog_partition old, p;
    if (catalog_get_partition(tx, t, &values, &old, err) < 0)
        return missing(err);
    if (glue_partition_in(catalog_arena(tx), in, &p, err) < 0)
        return -1;
    if (!p.values.count) /* as for a partition that keeps its values */
        p.values = values;
    p.create_s = old.create_s;
    return catalog_alter_partition(tx, t, &values, &p, err) == 0 ? 0 : exists(err);
}

static int update(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_update_partition_request *in = call->input;
    struct catalog_table t;
    (void)output;
    if (glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    return alter_one(tx, &t, &in->partition_value_list, in->partition_input, err);
}

void glue_update_partition(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, update);
}

static int alter_entry(struct catalog_tx *tx, void *ctx, struct err *err)
{
    const struct entry *e = ctx;
    const struct glue_batch_update_partition_request_entry *in = e->input;
    return alter_one(tx, e->table, &in->partition_value_list, in->partition_input, err);
}

static int update_all(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_batch_update_partition_request *in = call->input;
    struct glue_batch_update_partition_response *out = output;
    struct arena *a = catalog_arena(tx);
    struct catalog_table t;
    if (glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    out->errors.present = true;
    out->errors.items = arena_array(a, in->entries.count, sizeof *out->errors.items);
    for (size_t i = 0; i < in->entries.count; i++) {
        const struct glue_batch_update_partition_request_entry *e = &in->entries.items[i];
        struct entry entry = {&t, e};
        struct err failure;
        if (catalog_try(tx, alter_entry, &entry, &failure) < 0)
            out->errors.items[out->errors.count++] = (struct glue_batch_update_partition_failure_entry){
                e->partition_value_list, glue_error(a, &failure)};
    }
    return 0;
}

void glue_batch_update_partition(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, update_all);
}

static int drop_one(struct catalog_tx *tx, const struct catalog_table *t,
                    const struct glue_value_string_list *of, struct err *err)
{
    struct catalog_names values = glue_values_in(of->items, of->count);
    return catalog_drop_partition(tx, t, &values, false, err) == 0 ? 0 : missing(err);
}

static int drop(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_delete_partition_request *in = call->input;
    struct catalog_table t;
    (void)output;
    if (glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    return drop_one(tx, &t, &in->partition_values, err);
}

void glue_delete_partition(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, drop);
}

static int drop_entry(struct catalog_tx *tx, void *ctx, struct err *err)
{
    const struct entry *e = ctx;
    return drop_one(tx, e->table, e->input, err);
}

static int drop_all(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_batch_delete_partition_request *in = call->input;
    struct glue_batch_delete_partition_response *out = output;
    struct arena *a = catalog_arena(tx);
    size_t n = in->partitions_to_delete.count;
    struct catalog_table t;
    if (glue_find_table(tx, in->database_name, in->table_name, &t, err) < 0)
        return -1;
    out->errors.present = true;
    out->errors.items = arena_array(a, n, sizeof *out->errors.items);
    for (size_t i = 0; i < n; i++) {
        const struct glue_value_string_list *values = &in->partitions_to_delete.items[i].values;
        struct entry entry = {&t, values};
        struct err e;
        if (catalog_try(tx, drop_entry, &entry, &e) < 0)
            add_error(a, &out->errors, values, &e);
    }
    return 0;
}

void glue_batch_delete_partition(struct op_call *call)
{
    glue_call(call, CATALOG_WRITE, drop_all);
}
