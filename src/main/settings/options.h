/* The command line of glauxd. */
#pragma once

#include "main/settings/settings.h"

enum options_mode { MODE_SERVE, MODE_PRINT_CONFIG, MODE_PRINT_REFERENCE, MODE_VERSION, MODE_HELP };

struct options {
    enum options_mode mode;
    const char *config; /* NULL: none */
    int argc;
    char **argv;
};

int options_parse(int argc, char **argv, struct options *ret, struct err *err) MUST_CHECK;
/* Reads the settings anew: defaults, file, environment, command line. On failure `*ret` is empty. */
int options_load_settings(const struct options *o, struct settings *ret, struct err *err) MUST_CHECK;
extern const char options_help[];
