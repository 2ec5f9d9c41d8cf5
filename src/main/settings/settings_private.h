/* Between the files of the settings. */
#pragma once

#include "main/settings/settings.h"

/* A section's values: to their defaults, and freed (secrets overwritten). */
void settings_fill(void *values, const struct setting *rows, size_t count);
void settings_empty(void *values, const struct setting *rows, size_t count);
bool settings_same(void *a, void *b, const struct setting *row);

struct settings_list *settings_list_of(struct settings *s, const struct settings_kind *kind);
const char *settings_name_of(const struct settings_list *list, size_t i);
void settings_list_done(const struct settings_kind *kind, struct settings_list *list);

/* A row of a named section. */
struct settings_named {
    void *values;
    const struct setting *row;
};
/* Of "kind.NAME.key"; makes the section if it is not there. */
int settings_named_find(struct settings *s, struct str name, struct settings_named *ret,
                        struct err *err) MUST_CHECK;
/* "kind.NAME.key" for a variable GLAUX_KIND_NAME_KEY; false if it is none. */
bool settings_named_variable(struct settings *s, struct str variable, char *ret, size_t size);
/* Swaps the sections of kinds that SIGHUP takes over; returns how many of the other kinds differ. */
size_t settings_named_reload(struct settings *s, struct settings *from);
