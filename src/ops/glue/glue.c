#include "ops/glue/glue.h"

#include "ops/page.h"

#include <stdio.h>

void glue_call(struct op_call *call, enum catalog_mode mode, catalog_call_fn *fn)
{
    struct str catalog = op_input_text(call, "CatalogId");
    struct err err;
    if (!catalog.p || str_eq(catalog, call->config->account)) {
        catalog_call(call, mode, fn, op_fail);
        return;
    }
    err_set(&err, ERR_CATALOG_MISSING, "Catalog %.*s not found.", STR_ARG(str_sub(catalog, 0, 255)));
    op_fail(call, &err);
}

void glue_settle_error(struct err *err)
{
    if (err->code == ERR_INVALID_REQUEST)
        err->code = ERR_VALIDATION;
    else if (err->code == ERR_INTERNAL)
        err->code = ERR_INTERNAL_SERVICE;
    else if (err->code == ERR_NO_SPACE)
        err->code = ERR_NO_SPACE_SERVICE;
}

int glue_invalid(struct err *err, const char *text)
{
    return err_set(err, ERR_CATALOG_INVALID, "%s", text);
}

int glue_say(struct err *err, enum err_code code, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;
    if (err->code != code)
        return -1;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(err, code, "%s", text);
}

struct glue_error_detail *glue_error(struct arena *a, const struct err *err)
{
    struct err settled = *err;
    struct glue_error_detail *e = arena_alloc(a, sizeof *e);
    glue_settle_error(&settled);
    e->error_code = str_from(err_info(settled.code)->json_name);
    e->error_message = arena_str(a, str_from(settled.text));
    return e;
}

int glue_position(const struct op_call *call, struct arena *a, struct str token, struct str scope,
                  struct str *ret, struct err *err)
{
    if (!token.n) { /* as clients send it for the first page */
        *ret = STR_NULL;
        return 0;
    }
    if (page_position(a, token, call->operation->name.p, scope, ret, err) == 0)
        return 0;
    err->code = ERR_CATALOG_INVALID;
    return -1;
}

struct str glue_token(const struct op_call *call, struct arena *a, struct str scope, struct str position)
{
    return page_token(a, call->operation->name.p, scope, position);
}

struct str glue_place(struct arena *a, struct str database, struct str name)
{
    return arena_printf(a, "%.*s/%.*s", STR_ARG(database), STR_ARG(name));
}

bool glue_is_behind(struct str place, struct str database, struct str name)
{
    if (!place.p)
        return true;
    int by_database = str_cmp(database, str_cut(&place, '/'));
    return by_database ? by_database > 0 : str_cmp(name, place) > 0;
}

size_t glue_limit(const struct model_int *max_results, size_t most)
{
    return max_results->present && (size_t)max_results->value < most ? (size_t)max_results->value : most;
}

int glue_find_table(struct catalog_tx *tx, struct str database, struct str name, struct catalog_table *ret,
                    struct err *err)
{
    if (catalog_get_table(tx, database, name, ret, err) == 0)
        return 0;
    if (str_starts(str_from(err->text), STR("Database ")))
        return -1;
    return glue_say(err, ERR_CATALOG_MISSING, "Table %.*s not found.", STR_ARG(name));
}
