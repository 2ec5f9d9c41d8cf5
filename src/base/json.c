#include "base/json.h"

json_t *json_parse(struct str text, struct err *err)
{
    json_error_t e;
    json_t *root = json_loadb(text.p ? text.p : "", text.n,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
    if (!root)
        err_set(err, ERR_SERIALIZATION, "The body is not valid JSON: %s (line %d, column %d).", e.text,
                e.line, e.column);
    return root;
}

size_t json_count(struct str text)
{
    size_t count = text.n > 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string)
            count += c == ',' || c == '[' || c == '{';
    }
    return count;
}

struct str json_text(const json_t *value)
{
    return json_is_string(value) ? str_of(json_string_value(value), json_string_length(value)) : STR_NULL;
}

struct str json_member_str(const json_t *object, const char *key)
{
    return json_text(json_object_get(object, key));
}

int64_t json_member_int(const json_t *object, const char *key, int64_t fallback)
{
    const json_t *v = json_object_get(object, key);
    return json_is_integer(v) ? (int64_t)json_integer_value(v) : fallback;
}

bool json_member_bool(const json_t *object, const char *key, bool fallback)
{
    const json_t *v = json_object_get(object, key);
    return json_is_boolean(v) ? json_is_true(v) : fallback;
}
