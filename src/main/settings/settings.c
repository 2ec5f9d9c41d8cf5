#include "main/settings/settings.h"
#include "main/settings/settings_private.h"

#include <stdio.h>

enum { TEXT_BYTES_MAX = 4096, WHY_BYTES_MAX = 200 };

#define RELOAD SETTING_RELOAD
const struct setting settings_table[] = {
#define SETTING(section, key, type, fallback, flags, least, most, choices, doc)                              \
    {#section, #key, SETTING_##type, fallback, flags,                                                        \
     least,    most, choices,        doc,      offsetof(struct settings, section##_##key)},
#include "main/settings/settings.def"
#undef SETTING
};
const size_t settings_count = ARRAY_SIZE(settings_table);

#define SETTING(section, key, type, fallback, flags, least, most, choices, doc)                              \
    {#section, #key, SETTING_##type, fallback, flags,                                                        \
     least,    most, choices,        doc,      offsetof(struct settings_##section, key)},
static const struct setting remote_rows[] = {
#include "main/settings/settings_remote.def"
};
static const struct setting role_rows[] = {
#include "main/settings/settings_role.def"
};
#undef SETTING

const struct settings_kind settings_kinds[] = {
#define KIND(section, flags, doc)                                                                            \
    {#section,                                                                                               \
     flags,                                                                                                  \
     doc,                                                                                                    \
     section##_rows,                                                                                         \
     ARRAY_SIZE(section##_rows),                                                                             \
     sizeof(struct settings_##section),                                                                      \
     offsetof(struct settings, section##_sections)},
#include "main/settings/settings_kinds.def"
#undef KIND
};
const size_t settings_kind_count = ARRAY_SIZE(settings_kinds);

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
static const struct unit sizes[] = {
    {"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1LL << 40}};

static bool is_text(const struct setting *row)
{
    return row->type == SETTING_TEXT || row->type == SETTING_WORD;
}

static char **text_of(void *values, const struct setting *row)
{
    return (char **)(void *)((char *)values + row->offset);
}

static int64_t *number_of(void *values, const struct setting *row)
{
    return (int64_t *)(void *)((char *)values + row->offset);
}

/* Where a value goes: a row of `values`, called `name` by the user. */
struct target {
    void *values;
    const struct setting *row;
    struct str name;
};

static int refuse(struct err *err, const struct target *to, struct str value, const char *why)
{
    return err_set(err, ERR_INVALID_ARGUMENT, "%.*s: '%.*s' %s", STR_ARG(str_sub(to->name, 0, 200)),
                   STR_ARG(str_sub(value, 0, 200)), why);
}

/* A number with one of the units; zero needs none. */
static bool parse_units(struct str value, const struct unit *units, size_t count, int64_t *ret)
{
    size_t digits = 0;
    while (digits < value.n && value.p[digits] >= '0' && value.p[digits] <= '9')
        digits++;
    int64_t n;
    if (!str_to_i64(str_sub(value, 0, digits), &n))
        return false;
    struct str unit = str_trim(str_sub(value, digits, value.n));
    for (size_t i = 0; i < count; i++)
        if (str_is(unit, units[i].name))
            return !__builtin_mul_overflow(n, units[i].factor, ret);
    *ret = 0;
    return n == 0 && unit.n == 0;
}

static bool parse_number(const struct setting *row, struct str value, int64_t *ret)
{
    switch (row->type) {
    case SETTING_NUMBER: return str_to_i64(value, ret);
    case SETTING_DURATION: return parse_units(value, durations, ARRAY_SIZE(durations), ret);
    case SETTING_SIZE: return parse_units(value, sizes, ARRAY_SIZE(sizes), ret);
    case SETTING_SWITCH: *ret = str_is(value, "true"); return *ret || str_is(value, "false");
    case SETTING_TEXT:
    case SETTING_WORD: break;
    }
    return false;
}

static const char *form_of(const struct setting *row)
{
    switch (row->type) {
    case SETTING_NUMBER: return "is not a whole number";
    case SETTING_DURATION: return "is not a duration such as 250ms, 5s, 20m, 12h or 45d";
    case SETTING_SIZE: return "is not a size such as 512, 64KiB, 16MiB or 2GiB";
    case SETTING_SWITCH: return "is neither true nor false";
    case SETTING_TEXT:
    case SETTING_WORD: break;
    }
    return "is not allowed";
}

static bool among(struct str choices, struct str value)
{
    while (choices.p)
        if (str_eq(str_cut(&choices, '|'), value))
            return true;
    return false;
}

/* A text has to fit on a line of a settings file. */
static bool is_line(struct str value)
{
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f)
            return false;
    return value.n <= TEXT_BYTES_MAX;
}

static int set_text(const struct target *to, struct str value, struct err *err)
{
    char why[WHY_BYTES_MAX];
    snprintf(why, sizeof why, "is none of %s", to->row->choices);
    if (to->row->type == SETTING_WORD && !among(str_from(to->row->choices), value))
        return refuse(err, to, value, why);
    if (!is_line(value))
        return refuse(err, to, STR(""), "is not one line of at most 4096 bytes");
    char **text = text_of(to->values, to->row);
    free(*text);
    *text = mem_new(value.n + 1);
    if (value.n)
        memcpy(*text, value.p, value.n);
    return 0;
}

static void add_units(struct buf *out, int64_t n, const struct unit *units, size_t count)
{
    size_t best = 0;
    for (size_t i = 0; i < count; i++)
        if (n && n % units[i].factor == 0)
            best = i;
    if (n == 0)
        buf_add_char(out, '0');
    else
        buf_printf(out, "%lld%s", (long long)(n / units[best].factor), units[best].name);
}

static void add_number(struct buf *out, const struct setting *row, int64_t n)
{
    if (row->type == SETTING_DURATION)
        add_units(out, n, durations, ARRAY_SIZE(durations));
    else if (row->type == SETTING_SIZE)
        add_units(out, n, sizes, ARRAY_SIZE(sizes));
    else
        buf_printf(out, "%lld", (long long)n);
}

static int refuse_range(struct err *err, const struct target *to, struct str value)
{
    CLEANUP_BUF struct buf why;
    buf_init(&why, WHY_BYTES_MAX);
    buf_add_cstr(&why, "is out of range: ");
    add_number(&why, to->row, to->row->least);
    buf_add_cstr(&why, " to ");
    add_number(&why, to->row, to->row->most);
    buf_add_char(&why, '\0');
    return refuse(err, to, value, why.p);
}

static int set_value(const struct target *to, struct str value, struct err *err)
{
    int64_t n;
    const struct setting *row = to->row;
    value = str_trim(value);
    if (is_text(row))
        return set_text(to, value, err);
    if (!parse_number(row, value, &n))
        return refuse(err, to, value, form_of(row));
    if (row->type != SETTING_SWITCH && (n < row->least || n > row->most))
        return refuse_range(err, to, value);
    *number_of(to->values, row) = n;
    return 0;
}

static const struct setting *find(struct str name)
{
    for (size_t i = 0; i < settings_count; i++) {
        struct str rest = name;
        struct str section = str_cut(&rest, '.');
        if (str_is(section, settings_table[i].section) && rest.p && str_is(rest, settings_table[i].key))
            return &settings_table[i];
    }
    return NULL;
}

int settings_set(struct settings *s, struct str name, struct str value, struct err *err)
{
    struct target to = {.values = s, .row = find(name), .name = name};
    if (!to.row) {
        struct settings_named named;
        if (settings_named_find(s, name, &named, err) < 0)
            return -1;
        to.values = named.values;
        to.row = named.row;
    }
    return set_value(&to, value, err);
}

void settings_fill(void *values, const struct setting *rows, size_t count)
{
    struct err err;
    for (size_t i = 0; i < count; i++) {
        struct target to = {.values = values, .row = &rows[i], .name = str_from(rows[i].key)};
        REQUIRE(set_value(&to, str_from(rows[i].fallback), &err) == 0);
    }
}

void settings_empty(void *values, const struct setting *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char **text = is_text(&rows[i]) ? text_of(values, &rows[i]) : NULL;
        if (!text)
            continue;
        explicit_bzero(*text, strlen(*text));
        free(*text);
    }
}

void settings_init(struct settings *s)
{
    memset(s, 0, sizeof *s);
    settings_fill(s, settings_table, settings_count);
}

void settings_done(struct settings *s)
{
    settings_empty(s, settings_table, settings_count);
    for (size_t i = 0; i < settings_kind_count; i++)
        settings_list_done(&settings_kinds[i], settings_list_of(s, &settings_kinds[i]));
    memset(s, 0, sizeof *s);
}

bool settings_same(void *a, void *b, const struct setting *row)
{
    if (is_text(row))
        return strcmp(*text_of(a, row), *text_of(b, row)) == 0;
    return *number_of(a, row) == *number_of(b, row);
}

size_t settings_reload(struct settings *s, struct settings *from)
{
    size_t need_restart = settings_named_reload(s, from);
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *row = &settings_table[i];
        if (settings_same(s, from, row))
            continue;
        if (!(row->flags & SETTING_RELOAD)) {
            need_restart++;
        } else if (is_text(row)) {
            free(*text_of(s, row));
            *text_of(s, row) = mem_strdup(*text_of(from, row));
        } else {
            *number_of(s, row) = *number_of(from, row);
        }
    }
    return need_restart;
}

void settings_add_value(const void *values, const struct setting *row, struct buf *out)
{
    void *v = (void *)(uintptr_t)values;
    switch (row->type) {
    case SETTING_TEXT:
    case SETTING_WORD: buf_add_cstr(out, *text_of(v, row)); break;
    case SETTING_SWITCH: buf_add_cstr(out, *number_of(v, row) ? "true" : "false"); break;
    case SETTING_NUMBER:
    case SETTING_DURATION:
    case SETTING_SIZE: add_number(out, row, *number_of(v, row)); break;
    }
}
