/* The settings: one table (settings.def), read from defaults, a file, the environment and the command line,
 * each over the one before. Sections that there may be several of, [remote NAME], have a table each. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

enum setting_type {
    SETTING_TEXT,
    SETTING_WORD,
    SETTING_NUMBER,
    SETTING_SWITCH,
    SETTING_DURATION,
    SETTING_SIZE
};
/* SECRET: never printed, neither by --print-config nor in an error. */
enum { SETTING_RELOAD = 1, SETTING_SECRET = 2 };

struct setting {
    const char *section;
    const char *key;
    enum setting_type type;
    const char *fallback;
    unsigned flags;
    int64_t least;
    int64_t most;
    const char *choices; /* of a word, joined by '|' */
    const char *doc;
    size_t offset; /* in struct settings, or in the kind's struct */
};

/* The named sections of one kind, in the order in which they came; `at` holds struct settings_remote * etc.,
 * whose first member is the name. */
struct settings_list {
    void **at;
    size_t count;
};

/* A kind of sections with names. Its rows are in settings_<kind>.def. */
struct settings_kind {
    const char *section;
    unsigned flags; /* SETTING_RELOAD: SIGHUP takes over all sections of the kind, or none */
    const char *doc;
    const struct setting *rows;
    size_t row_count;
    size_t size;   /* of one section's struct */
    size_t offset; /* of the struct settings_list in struct settings */
};

enum { SETTINGS_NAMED_MAX = 64 }; /* sections of a kind */

/* Text and words are `char *`, the rest int64_t (durations in milliseconds, sizes in bytes, switches 0 or 1).
 */
#define SETTING_C_TEXT char *
#define SETTING_C_WORD char *
#define SETTING_C_NUMBER int64_t
#define SETTING_C_SWITCH int64_t
#define SETTING_C_DURATION int64_t
#define SETTING_C_SIZE int64_t

#define SETTING(section, key, type, fallback, flags, least, most, choices, doc) SETTING_C_##type key;
struct settings_remote {
    char *name;
#include "main/settings/settings_remote.def"
};
struct settings_role {
    char *name;
#include "main/settings/settings_role.def"
};
#undef SETTING

struct settings {
#define SETTING(section, key, type, fallback, flags, least, most, choices, doc)                              \
    SETTING_C_##type section##_##key;
#include "main/settings/settings.def"
#undef SETTING
#define KIND(section, flags, doc) struct settings_list section##_sections;
#include "main/settings/settings_kinds.def"
#undef KIND
};

extern const struct setting settings_table[];
extern const size_t settings_count;
extern const struct settings_kind settings_kinds[];
extern const size_t settings_kind_count;

void settings_init(struct settings *s); /* to the defaults */
void settings_done(struct settings *s);

/* `name` is "section.key", or "kind.NAME.key" (the first such name makes the section); white space around the
 * value does not count. ERR_INVALID_ARGUMENT with the reason for an unknown name or a bad value. */
int settings_set(struct settings *s, struct str name, struct str value, struct err *err) MUST_CHECK;
/* A settings file: lines with [section], [kind NAME] or key = value; a line that starts with '#' or ';' is a
 * comment. What follows the '=' is the value, without white space around it. Errors name file, line and
 * reason. */
int settings_load_file(struct settings *s, const char *path, struct err *err) MUST_CHECK;
/* GLAUX_SECTION_KEY for every row, GLAUX_KIND_NAME_KEY for those of named sections: NAME in capitals, '_' for
 * what is no letter or digit; a section that is not known under that spelling is made, in small letters and
 * with
 * '-' for '_'. GLAUX_ variables that are no setting are refused, but those of the tools (GLAUX_CACHE,
 * GLAUX_DATA). */
int settings_load_environment(struct settings *s, char *const *environment, struct err *err) MUST_CHECK;

/* Whether the values fit each other and mean something: names, addresses, sizes. Touches no file. */
int settings_check(const struct settings *s, struct err *err) MUST_CHECK;

/* Takes the rows that SIGHUP may change from `from`, and the sections of kinds that it may change: pointers
 * to such sections end. Returns how many other rows differ: they need a restart. */
size_t settings_reload(struct settings *s, struct settings *from);

/* The value as it would be written; `values` is the struct settings, or the named section, that holds the
 * row. */
void settings_add_value(const void *values, const struct setting *row, struct buf *out);
/* A whole settings file with every row, its meaning and its value. */
void settings_print(const struct settings *s, struct buf *out);
/* The reference page, in Markdown. */
void settings_print_reference(struct buf *out);
