/* Settings from a file and from the environment. */
#include "main/settings.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>

struct reading {
    struct settings *settings;
    struct err err;
    bool failed;
};

/* inih goes on after a pair that is refused and reports the line of the first one. */
static int on_pair(void *user, const char *section, const char *key, const char *value)
{
    struct reading *r = user;
    char name[256];
    if (r->failed)
        return 1;
    snprintf(name, sizeof name, "%s.%s", section, key);
    r->failed = settings_set(r->settings, str_from(name), str_from(value), &r->err) < 0;
    return !r->failed;
}

int settings_load_file(struct settings *s, const char *path, struct err *err)
{
    struct reading r = {.settings = s};
    int line = ini_parse(path, on_pair, &r);
    if (line == 0)
        return 0;
    if (line < 0)
        return err_set(err, ERR_INVALID_ARGUMENT, "%s: %s", path, errno ? strerror(errno) : "cannot be read");
    return err_set(err, ERR_INVALID_ARGUMENT, "%s:%d: %s", path, line,
                   r.failed ? r.err.text : "neither [section] nor key = value");
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

static void variable_of(const struct setting *row, char *ret, size_t size)
{
    snprintf(ret, size, "GLAUX_%s_%s", row->section, row->key);
    for (char *c = ret; *c; c++)
        *c = upper(*c);
}

static const struct setting *row_of(struct str variable)
{
    char name[128];
    for (size_t i = 0; i < settings_count; i++) {
        variable_of(&settings_table[i], name, sizeof name);
        if (str_is(variable, name))
            return &settings_table[i];
    }
    return NULL;
}

static bool of_the_tools(struct str variable)
{
    static const char *const names[] = {"GLAUX_CACHE", "GLAUX_DATA", "GLAUX_ENGINE_PYTHON"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (str_is(variable, names[i]))
            return true;
    return str_starts(variable, STR("GLAUX_TEST_"));
}

static int set_variable(struct settings *s, struct str variable, struct str value, struct err *err)
{
    const struct setting *row = row_of(variable);
    struct err inner;
    char name[128];
    if (!row)
        return of_the_tools(variable) ? 0
                                      : err_set(err, ERR_INVALID_ARGUMENT, "the environment variable %.*s is no setting",
                                                STR_ARG(str_sub(variable, 0, 200)));
    snprintf(name, sizeof name, "%s.%s", row->section, row->key);
    if (settings_set(s, str_from(name), value, &inner) == 0)
        return 0;
    return err_set(err, ERR_INVALID_ARGUMENT, "environment variable %.*s: %.800s", STR_ARG(variable), inner.text);
}

int settings_load_environment(struct settings *s, char *const *environment, struct err *err)
{
    for (char *const *e = environment; *e; e++) {
        struct str value = str_from(*e);
        struct str variable = str_cut(&value, '=');
        if (str_starts(variable, STR("GLAUX_")) && set_variable(s, variable, value, err) < 0)
            return -1;
    }
    return 0;
}
