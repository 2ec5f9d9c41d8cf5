#include "shim/spec.h"

#include "base/json.h"
#include "base/jsonw.h"

#include <stddef.h>

/* The members that are plain numbers or texts: one row each for writing and reading. */
struct row {
    const char *key;
    size_t offset;
};

static const struct row numbers[] = {
    {"memory_bytes", offsetof(struct shim_spec, memory_bytes)},
    {"stdout_max_bytes", offsetof(struct shim_spec, stdout_max_bytes)},
    {"stderr_max_bytes", offsetof(struct shim_spec, stderr_max_bytes)},
    {"result_max_bytes", offsetof(struct shim_spec, result_max_bytes)},
    {"log_max_bytes", offsetof(struct shim_spec, log_max_bytes)},
    {"files_max", offsetof(struct shim_spec, files_max)},
    {"orphan_timeout_ms", offsetof(struct shim_spec, orphan_timeout_ms)},
    {"stop_grace_ms", offsetof(struct shim_spec, stop_grace_ms)},
};

static const struct row texts[] = {
    {"session_id", offsetof(struct shim_spec, session_id)},
    {"work_folder", offsetof(struct shim_spec, work_folder)},
    {"code_folder", offsetof(struct shim_spec, code_folder)},
    {"cgroup", offsetof(struct shim_spec, cgroup)},
};

static const struct row lists[] = {
    {"command", offsetof(struct shim_spec, command)},
    {"environment", offsetof(struct shim_spec, environment)},
};

static void *member(const struct shim_spec *s, const struct row *row)
{
    return (char *)(uintptr_t)s + row->offset;
}

static void write_list(struct jsonw *w, const char *key, char *const *list)
{
    jsonw_key(w, str_from(key));
    jsonw_array(w);
    for (; *list; list++)
        jsonw_str(w, str_from(*list));
    jsonw_end_array(w);
}

void spec_write(const struct shim_spec *s, struct buf *out)
{
    struct jsonw w;
    jsonw_init(&w, out);
    jsonw_object(&w);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        const char *text = *(const char **)member(s, &texts[i]);
        if (text)
            jsonw_member_str(&w, texts[i].key, str_from(text));
    }
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        write_list(&w, lists[i].key, *(char ***)member(s, &lists[i]));
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        jsonw_member_int(&w, numbers[i].key, *(int64_t *)member(s, &numbers[i]));
    jsonw_member_int(&w, "uid", s->uid);
    jsonw_member_int(&w, "gid", s->gid);
    jsonw_end_object(&w);
}

static char **read_list(struct arena *a, const json_t *array)
{
    size_t n = json_array_size(array);
    char **list = arena_array(a, n + 1, sizeof *list);
    for (size_t i = 0; i < n; i++) {
        struct str text = json_text(json_array_get(array, i));
        if (!text.p)
            return NULL;
        list[i] = arena_cstr(a, text);
    }
    return list;
}

static bool complete(const struct shim_spec *s)
{
    return s->session_id && s->work_folder && s->command && s->command[0] && s->environment &&
           s->log_max_bytes > 0 && s->files_max > 0 && s->orphan_timeout_ms > 0;
}

struct shim_spec *spec_parse(struct arena *a, struct str text, struct err *err)
{
    json_auto_t *root = json_parse(text, err);
    if (!root)
        return NULL;
    struct shim_spec *s = arena_alloc(a, sizeof *s);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct str value = json_member_str(root, texts[i].key);
        *(const char **)member(s, &texts[i]) = value.p ? arena_cstr(a, value) : NULL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        *(char ***)member(s, &lists[i]) = read_list(a, json_object_get(root, lists[i].key));
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        *(int64_t *)member(s, &numbers[i]) = json_member_int(root, numbers[i].key, 0);
    s->uid = (uint32_t)json_member_int(root, "uid", 0);
    s->gid = (uint32_t)json_member_int(root, "gid", 0);
    if (complete(s))
        return s;
    err_set(err, ERR_INTERNAL, "spec.json lacks a member.");
    return NULL;
}
