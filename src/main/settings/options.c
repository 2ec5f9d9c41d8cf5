#include "main/settings/options.h"

#include <getopt.h>

extern char **environ;

const char options_help[] =
    "glauxd: Amazon Athena for Apache Spark on your own machine\n"
    "\n"
    "usage: glauxd [--config FILE] [--data DIR] [--listen HOST:PORT] [--set section.key=value]...\n"
    "\n"
    "  --config FILE           read settings from FILE\n"
    "  --data DIR              data folder (server.data)\n"
    "  --listen HOST:PORT      address (server.listen); port 0 takes a free one\n"
    "  --set section.key=value any setting\n"
    "  --print-config          print all settings with their meaning and values, and end\n"
    "  --print-reference       print the settings' reference page (Markdown), and end\n"
    "  --version, --help\n";

enum {
    OPT_CONFIG = 1,
    OPT_DATA,
    OPT_LISTEN,
    OPT_SET,
    OPT_PRINT_CONFIG,
    OPT_PRINT_REFERENCE,
    OPT_VERSION,
    OPT_HELP
};

static const struct option table[] = {
    {"config", required_argument, NULL, OPT_CONFIG},
    {"data", required_argument, NULL, OPT_DATA},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"set", required_argument, NULL, OPT_SET},
    {"print-config", no_argument, NULL, OPT_PRINT_CONFIG},
    {"print-reference", no_argument, NULL, OPT_PRINT_REFERENCE},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, OPT_HELP},
    {0},
};

/* Calls `fn` for every option in order; stops at its first failure. */
static int each_option(int argc, char **argv,
                       int (*fn)(void *ctx, int option, const char *value, struct err *err), void *ctx,
                       struct err *err)
{
    int option;
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (option == '?')
            return err_set(err, ERR_INVALID_ARGUMENT,
                           "%s is not an option, or its value is missing (glauxd --help)", argv[optind - 1]);
        if (fn(ctx, option, optarg, err) < 0)
            return -1;
    }
    if (optind < argc)
        return err_set(err, ERR_INVALID_ARGUMENT, "unexpected argument '%s' (glauxd --help)", argv[optind]);
    return 0;
}

static int note_mode(void *ctx, int option, const char *value, struct err *err)
{
    struct options *o = ctx;
    (void)err;
    switch (option) {
    case OPT_CONFIG: o->config = value; break;
    case OPT_PRINT_CONFIG: o->mode = MODE_PRINT_CONFIG; break;
    case OPT_PRINT_REFERENCE: o->mode = MODE_PRINT_REFERENCE; break;
    case OPT_VERSION: o->mode = MODE_VERSION; break;
    case OPT_HELP: o->mode = MODE_HELP; break;
    default: break;
    }
    return 0;
}

int options_parse(int argc, char **argv, struct options *ret, struct err *err)
{
    *ret = (struct options){.argc = argc, .argv = argv};
    return each_option(argc, argv, note_mode, ret, err);
}

static int apply(void *ctx, int option, const char *value, struct err *err)
{
    struct settings *s = ctx;
    struct str rest = str_from(value);
    struct str name;
    switch (option) {
    case OPT_DATA: return settings_set(s, STR("server.data"), rest, err);
    case OPT_LISTEN: return settings_set(s, STR("server.listen"), rest, err);
    case OPT_SET:
        name = str_cut(&rest, '=');
        if (!rest.p)
            return err_set(err, ERR_INVALID_ARGUMENT, "--set %s: section.key=value is expected", value);
        return settings_set(s, name, rest, err);
    default: return 0;
    }
}

int options_load_settings(const struct options *o, struct settings *ret, struct err *err)
{
    settings_init(ret);
    if ((!o->config || settings_load_file(ret, o->config, err) == 0) &&
        settings_load_environment(ret, environ, err) == 0 &&
        each_option(o->argc, o->argv, apply, ret, err) == 0)
        return 0;
    settings_done(ret);
    return -1;
}
