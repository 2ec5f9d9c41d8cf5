/* Sections that have a name of the user's: [kind NAME]. */
#include "main/settings/settings_private.h"

#include <stdio.h>

enum { NAME_MAX_BYTES = 64 };

struct settings_list *settings_list_of(struct settings *s, const struct settings_kind *kind)
{
    return (struct settings_list *)(void *)((char *)s + kind->offset);
}

const char *settings_name_of(const struct settings_list *list, size_t i)
{
    return *(char **)list->at[i];
}

void settings_list_done(const struct settings_kind *kind, struct settings_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        settings_empty(list->at[i], kind->rows, kind->row_count);
        free(*(char **)list->at[i]);
        free(list->at[i]);
    }
    free(list->at);
    *list = (struct settings_list){0};
}

static void *find_section(const struct settings_list *list, struct str name)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_is(name, settings_name_of(list, i)))
            return list->at[i];
    return NULL;
}

static void *add_section(const struct settings_kind *kind, struct settings_list *list, struct str name)
{
    void *values = mem_new(kind->size);
    char **to = values;
    *to = mem_new(name.n + 1);
    memcpy(*to, name.p, name.n);
    settings_fill(values, kind->rows, kind->row_count);
    list->at = mem_grow(list->at, list->count + 1, sizeof *list->at);
    list->at[list->count++] = values;
    return values;
}

static bool letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* As names of IAM's roles. */
static bool name_valid(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!letter_or_digit(name.p[i]) && str_find(STR("_+=,.@-"), name.p[i]) == SIZE_MAX)
            return false;
    return name.n > 0 && name.n <= NAME_MAX_BYTES;
}

static const struct settings_kind *kind_of(struct str section)
{
    for (size_t i = 0; i < settings_kind_count; i++)
        if (str_is(section, settings_kinds[i].section))
            return &settings_kinds[i];
    return NULL;
}

static const struct setting *row_of(const struct settings_kind *kind, struct str key)
{
    for (size_t i = 0; i < kind->row_count; i++)
        if (str_is(key, kind->rows[i].key))
            return &kind->rows[i];
    return NULL;
}

/* Cuts NAME.key at its last dot: names may hold dots, keys do not. */
static struct str cut_key(struct str *name)
{
    size_t at = name->n;
    while (at > 0 && name->p[at - 1] != '.')
        at--;
    struct str key = str_sub(*name, at, name->n);
    *name = str_sub(*name, 0, at ? at - 1 : 0);
    return key;
}

int settings_named_find(struct settings *s, struct str name, struct settings_named *ret, struct err *err)
{
    struct str rest = name;
    const struct settings_kind *kind = kind_of(str_cut(&rest, '.'));
    struct str key = cut_key(&rest);
    ret->row = kind ? row_of(kind, key) : NULL;
    if (!ret->row || !rest.n)
        return err_set(err, ERR_INVALID_ARGUMENT,
                       "there is no setting '%.*s' (glauxd --print-config lists them)",
                       STR_ARG(str_sub(name, 0, 200)));
    struct settings_list *list = settings_list_of(s, kind);
    ret->values = find_section(list, rest);
    if (ret->values)
        return 0;
    if (!name_valid(rest))
        return err_set(err, ERR_INVALID_ARGUMENT, "[%s %.*s]: a name has 1 to 64 letters, digits and _+=,.@-",
                       kind->section, STR_ARG(str_sub(rest, 0, 200)));
    if (list->count >= SETTINGS_NAMED_MAX)
        return err_set(err, ERR_INVALID_ARGUMENT, "[%s %.*s]: there are %d such sections already",
                       kind->section, STR_ARG(rest), SETTINGS_NAMED_MAX);
    ret->values = add_section(kind, list, rest);
    return 0;
}

static char upper(char c)
{
    if (!letter_or_digit(c))
        return '_';
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

static char lower(char c)
{
    return c == '_' ? '-' : ascii_lower(c);
}

/* Whether `text` is `name` as variables spell it. */
static bool spelled(struct str text, const char *name)
{
    if (text.n != strlen(name))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != upper(name[i]))
            return false;
    return true;
}

static bool take_prefix(struct str *text, const char *section)
{
    size_t n = strlen(section);
    if (text->n < n + 1 || text->p[n] != '_' || !spelled(str_sub(*text, 0, n), section))
        return false;
    *text = str_sub(*text, n + 1, text->n);
    return true;
}

/* NAME_KEY: the longest key that fits. */
static const struct setting *take_key(const struct settings_kind *kind, struct str *text)
{
    const struct setting *best = NULL;
    for (size_t i = 0; i < kind->row_count; i++) {
        size_t n = strlen(kind->rows[i].key);
        if (text->n > n + 1 && text->p[text->n - n - 1] == '_' &&
            spelled(str_sub(*text, text->n - n, text->n), kind->rows[i].key) &&
            (!best || n > strlen(best->key)))
            best = &kind->rows[i];
    }
    if (best)
        *text = str_sub(*text, 0, text->n - strlen(best->key) - 1);
    return best;
}

static void section_name(const struct settings_list *list, struct str spelling, char *ret)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!spelled(spelling, settings_name_of(list, i)))
            continue;
        snprintf(ret, NAME_MAX_BYTES + 2, "%s", settings_name_of(list, i));
        return;
    }
    size_t n = 0;
    for (; n < spelling.n && n <= NAME_MAX_BYTES; n++)
        ret[n] = lower(spelling.p[n]);
    ret[n] = '\0';
}

bool settings_named_variable(struct settings *s, struct str variable, char *ret, size_t size)
{
    char name[NAME_MAX_BYTES + 2];
    if (!take_prefix(&variable, "glaux"))
        return false;
    for (size_t i = 0; i < settings_kind_count; i++) {
        const struct settings_kind *kind = &settings_kinds[i];
        struct str rest = variable;
        if (!take_prefix(&rest, kind->section))
            continue;
        const struct setting *row = take_key(kind, &rest);
        if (!row)
            return false;
        section_name(settings_list_of(s, kind), rest, name);
        snprintf(ret, size, "%s.%s.%s", kind->section, name, row->key);
        return true;
    }
    return false;
}

static bool same_section(const struct settings_kind *kind, void *a, void *b)
{
    if (strcmp(*(char **)a, *(char **)b) != 0)
        return false;
    for (size_t i = 0; i < kind->row_count; i++)
        if (!settings_same(a, b, &kind->rows[i]))
            return false;
    return true;
}

static bool same_list(const struct settings_kind *kind, const struct settings_list *a,
                      const struct settings_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_section(kind, a->at[i], b->at[i]))
            return false;
    return true;
}

size_t settings_named_reload(struct settings *s, struct settings *from)
{
    size_t need_restart = 0;
    for (size_t i = 0; i < settings_kind_count; i++) {
        const struct settings_kind *kind = &settings_kinds[i];
        struct settings_list *to = settings_list_of(s, kind);
        struct settings_list *fresh = settings_list_of(from, kind);
        struct settings_list old = *to;
        if (!(kind->flags & SETTING_RELOAD)) {
            need_restart += !same_list(kind, to, fresh);
            continue;
        }
        *to = *fresh;
        *fresh = old;
    }
    return need_restart;
}
