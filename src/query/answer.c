#include "base/json.h"
#include "query/private.h"

/* Of driver/glaux_driver/statement.py. */
static const char data_type[] = "application/vnd.glaux.statement+json";

static json_t *find_answer(json_t *document)
{
    size_t i;
    json_t *output;
    json_array_foreach(json_object_get(document, "outputs"), i, output)
    {
        json_t *data = json_object_get(json_object_get(output, "data"), data_type);
        if (json_is_object(data))
            return data;
    }
    return NULL;
}

static struct str columns_text(struct arena *a, const json_t *columns)
{
    CLEANUP_BUF struct buf b;
    struct jsonw w;
    size_t i;
    const json_t *name;
    buf_init(&b, QUERY_REASON_MAX);
    jsonw_init(&w, &b);
    jsonw_array(&w);
    json_array_foreach(columns, i, name) jsonw_str(&w, json_text(name));
    jsonw_end_array(&w);
    return b.overflow ? STR("[]") : arena_str(a, buf_str(&b));
}

int query_answer_read(struct arena *a, struct str document, struct query_answer *ret, struct err *err)
{
    *ret = (struct query_answer){0};
    json_auto_t *parsed = json_parse(document, err);
    json_t *answer = parsed ? find_answer(parsed) : NULL;
    if (!answer)
        return err_set(err, ERR_INTERNAL, "The driver did not tell what the statement has answered.");
    struct str failure = json_member_str(answer, "failure");
    struct str rows = json_member_str(answer, "rows");
    if (failure.p) {
        ret->failure = arena_str(a, str_sub(failure, 0, QUERY_REASON_MAX));
        return 0;
    }
    if (rows.n > QUERY_RESULT_MAX)
        return err_set(err, ERR_TOO_LARGE, "The result of the statement is larger than %d bytes.",
                       QUERY_RESULT_MAX);
    ret->rows = arena_str(a, rows.p ? rows : STR(""));
    ret->columns = columns_text(a, json_object_get(answer, "columns"));
    return 0;
}
