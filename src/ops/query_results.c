/* GetQueryResults: a row for each line of the result. */
#include "base/json.h"
#include "ops/page.h"
#include "ops/queries.h"
#include "ops/table.h"

enum { PAGE_DEFAULT = 1000 };

static void refuse_state(struct op_call *call, const struct query_record *r)
{
    struct err err;
    bool ended = r->completed_ms > 0;
    err_set_detail(&err, ERR_INVALID_REQUEST, "INVALID_QUERY_EXECUTION_STATE",
                   ended ? "Query did not finish successfully. Final query state: %.*s"
                         : "Query has not yet finished. Current state: %.*s",
                   STR_ARG(r->state));
    op_fail(call, &err);
}

static struct athena_result_set_metadata *metadata(struct arena *a, struct str columns)
{
    struct athena_result_set_metadata *m = arena_alloc(a, sizeof *m);
    struct err ignored; /* the server's own JSON */
    json_auto_t *names = json_parse(columns, &ignored);
    size_t n = json_array_size(names);
    m->column_info.present = true;
    m->column_info.count = n;
    m->column_info.items = arena_array(a, n, sizeof *m->column_info.items);
    for (size_t i = 0; i < n; i++) {
        struct str name = arena_str(a, json_text(json_array_get(names, i)));
        m->column_info.items[i] = (struct athena_column_info){
            .catalog_name = STR("hive"),
            .schema_name = STR(""),
            .table_name = STR(""),
            .name = name,
            .label = name,
            .type = STR("string"),
            .precision = MODEL_INT(0),
            .scale = MODEL_INT(0),
            .nullable = ATHENA_COLUMN_NULLABLE_UNKNOWN,
            .case_sensitive = MODEL_BOOL(false),
        };
    }
    return m;
}

static void add_row(struct arena *a, struct athena_row *row, struct str line)
{
    row->data.present = true;
    row->data.count = 1;
    row->data.items = arena_alloc(a, sizeof *row->data.items);
    row->data.items[0].var_char_value = arena_str(a, line);
}

/* Like AWS for statements of this kind, a line with all its columns is one value. */
static void answer(struct op_call *call, const struct query_result_record *r, uint64_t from)
{
    const struct athena_get_query_results_input *in = call->input;
    struct arena *a = call->arena;
    size_t limit = in->max_results.present ? (size_t)in->max_results.value : PAGE_DEFAULT;
    struct athena_result_set set = {.rows = {.present = true}};
    struct athena_get_query_results_output out = {.result_set = &set, .update_count = MODEL_INT(0)};
    struct str rest = str_sub(r->text, from, r->text.n);
    set.result_set_metadata = metadata(a, r->columns);
    set.rows.items = arena_array(a, limit, sizeof *set.rows.items);
    while (rest.n && set.rows.count < limit)
        add_row(a, &set.rows.items[set.rows.count++], str_cut(&rest, '\n'));
    if (rest.n)
        out.next_token =
            page_token(a, "rows", in->query_execution_id, arena_printf(a, "%zu", r->text.n - rest.n));
    op_ok(call, &out);
}

static void on_result(void *ctx, const struct query_result_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    const struct athena_get_query_results_input *in = call->input;
    struct str position;
    uint64_t from = 0;
    struct err e = {0};
    if (!r && !err)
        err_set(&e, ERR_INTERNAL, "The result of the statement is missing.");
    else if (!err &&
             page_position(call->arena, in->next_token, "rows", in->query_execution_id, &position, &e) == 0 &&
             position.p && !str_to_u64(position, &from))
        err_set(&e, ERR_INTERNAL, "A token of this server's own cannot be read.");
    if (err || e.code || !r)
        op_fail(call, err ? err : &e);
    else
        answer(call, r, from);
}

static void on_query(void *ctx, const struct query_record *r, const struct err *err)
{
    struct op_call *call = ctx;
    const struct athena_get_query_results_input *in = call->input;
    struct err e;
    if (!r && !err)
        query_not_found(&e, in->query_execution_id);
    if (err || !r)
        op_fail(call, err ? err : &e);
    else if (!str_is(r->state, "SUCCEEDED"))
        refuse_state(call, r);
    else
        store_get_query_result(core_store(call->core), in->query_execution_id, on_result, call);
}

void op_get_query_results(struct op_call *call)
{
    const struct athena_get_query_results_input *in = call->input;
    store_get_query(core_store(call->core), in->query_execution_id, on_query, call);
}
