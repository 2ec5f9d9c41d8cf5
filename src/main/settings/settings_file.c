/* Settings from a file and from the environment. */
#include "main/settings/settings.h"
#include "main/settings/settings_private.h"

#include <errno.h>
#include <stdio.h>

enum { LINE_BYTES_MAX = 8192, NAME_BYTES_MAX = 256 };

struct reading {
    struct settings *settings;
    const char *path;
    unsigned line;
    char section[NAME_BYTES_MAX];
};

static int refuse(const struct reading *r, struct err *err, const char *why)
{
    return err_set(err, ERR_INVALID_ARGUMENT, "%s:%u: %s", r->path, r->line, why);
}

static int take_section(struct reading *r, struct str line, struct err *err)
{
    struct str name = str_trim(str_sub(line, 1, line.n - 1));
    struct str kind = str_cut(&name, ' ');
    name = str_trim(name);
    if (!str_ends(line, STR("]")) || !kind.n || kind.n + name.n + 1 >= sizeof r->section)
        return refuse(r, err, "'[' begins a section, written [name] or [kind NAME]");
    snprintf(r->section, sizeof r->section, "%.*s%s%.*s", STR_ARG(kind), name.n ? "." : "", STR_ARG(name));
    return 0;
}

static int take_pair(struct reading *r, struct str line, struct err *err)
{
    char name[2 * NAME_BYTES_MAX];
    struct err cause;
    struct str value = line;
    struct str key = str_trim(str_cut(&value, '='));
    if (!value.p || !key.n || key.n >= NAME_BYTES_MAX)
        return refuse(r, err, "neither [section] nor key = value");
    if (!r->section[0])
        return refuse(r, err, "this key stands before the first [section]");
    snprintf(name, sizeof name, "%s.%.*s", r->section, STR_ARG(key));
    return settings_set(r->settings, str_from(name), value, &cause) < 0 ? refuse(r, err, cause.text) : 0;
}

static int take_line(struct reading *r, struct str line, struct err *err)
{
    line = str_trim(line);
    if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
        return 0;
    return line.p[0] == '[' ? take_section(r, line, err) : take_pair(r, line, err);
}

static int read_lines(struct reading *r, FILE *f, struct err *err)
{
    char line[LINE_BYTES_MAX];
    while (fgets(line, sizeof line, f)) {
        struct str text = str_from(line);
        r->line++;
        if (!str_ends(text, STR("\n")) && !feof(f))
            return refuse(r, err, "the line is too long, or is no text");
        if (take_line(r, text, err) < 0)
            return -1;
    }
    return ferror(f) ? err_set_errno(err, errno, "the settings file %s cannot be read", r->path) : 0;
}

int settings_load_file(struct settings *s, const char *path, struct err *err)
{
    struct reading r = {.settings = s, .path = path};
    FILE *f = fopen(path, "re");
    if (!f)
        return err_set_errno(err, errno, "the settings file %s cannot be read", path);
    int rc = read_lines(&r, f, err);
    fclose(f);
    return rc;
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

static bool plain_name(struct str variable, char *ret, size_t size)
{
    char of_row[128];
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *row = &settings_table[i];
        variable_of(row, of_row, sizeof of_row);
        if (!str_is(variable, of_row))
            continue;
        snprintf(ret, size, "%s.%s", row->section, row->key);
        return true;
    }
    return false;
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
    struct err inner;
    char name[2 * NAME_BYTES_MAX];
    if (!plain_name(variable, name, sizeof name) && !settings_named_variable(s, variable, name, sizeof name))
        return of_the_tools(variable)
                   ? 0
                   : err_set(err, ERR_INVALID_ARGUMENT, "the environment variable %.*s is no setting",
                             STR_ARG(str_sub(variable, 0, 200)));
    if (settings_set(s, str_from(name), value, &inner) == 0)
        return 0;
    return err_set(err, ERR_INVALID_ARGUMENT, "environment variable %.*s: %.800s", STR_ARG(variable),
                   inner.text);
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
