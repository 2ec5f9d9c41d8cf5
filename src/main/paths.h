/* Where things lie: the data folder, the programs, the engine. */
#pragma once

#include "main/settings/settings.h"

struct paths {
    char *data;  /* absolute */
    char *share; /* share/glaux beside the programs */
    char *shim;
    char *interpreter;
    char *driver;
    char *java_home;
    char *work_root;
};

/* Fills in every path from the settings and from where this program lies. Nothing is checked. */
int paths_find(const struct settings *s, struct paths *ret, struct err *err) MUST_CHECK;
void paths_done(struct paths *p);
/* The data folder alone, for `glaux`. `given` may be NULL or empty. The caller frees it. NULL on failure. */
char *paths_data(const char *given, struct err *err) MUST_CHECK;
/* The work root: in DIR, or outside of it where drivers run under other users. The caller frees it. */
char *paths_work_root(const struct settings *s, const char *data, bool isolated);
