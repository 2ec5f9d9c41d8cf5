/* GetUserDefinedFunction, GetUserDefinedFunctions. */
#include "ops/glue/convert.h"
#include "ops/glue/table.h"

static int get(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_get_user_defined_function_request *in = call->input;
    struct glue_get_user_defined_function_response *out = output;
    struct catalog_function f;
    if (catalog_get_function(tx, in->database_name, in->function_name, &f, err) < 0)
        return glue_say(err, ERR_CATALOG_MISSING, "Function %.*s not found.", STR_ARG(in->function_name));
    out->user_defined_function = arena_alloc(catalog_arena(tx), sizeof *out->user_defined_function);
    glue_function_out(call, catalog_arena(tx), &f, out->user_defined_function);
    return 0;
}

void glue_get_function(struct op_call *call)
{
    glue_call(call, CATALOG_READ, get);
}

static int list(struct catalog_tx *tx, const struct op_call *call, void *output, struct err *err)
{
    const struct glue_get_user_defined_functions_request *in = call->input;
    struct glue_get_user_defined_functions_response *out = output;
    struct arena *a = catalog_arena(tx);
    size_t limit = glue_limit(&in->max_results, GLUE_PAGE);
    struct str scope = arena_printf(a, "%.*s/%.*s", STR_ARG(in->database_name), STR_ARG(in->pattern));
    struct str pattern = in->pattern.n ? in->pattern : STR_NULL;
    struct catalog_functions found;
    struct str after;
    if (glue_position(call, a, in->next_token, scope, &after, err) < 0 ||
        catalog_get_functions(tx, in->database_name, pattern, &found, err) < 0)
        return -1;
    struct glue_user_defined_function_list *l = &out->user_defined_functions;
    l->present = true;
    l->items = arena_array(a, limit, sizeof *l->items);
    struct str last = STR_NULL;
    for (size_t i = 0; i < found.count; i++) {
        const struct catalog_function *f = &found.items[i];
        if (!glue_is_behind(after, f->database, f->name))
            continue;
        if (l->count == limit) {
            out->next_token = glue_token(call, a, scope, last);
            break;
        }
        last = glue_place(a, f->database, f->name);
        glue_function_out(call, a, f, &l->items[l->count++]);
    }
    return 0;
}

void glue_get_functions(struct op_call *call)
{
    glue_call(call, CATALOG_READ, list);
}
