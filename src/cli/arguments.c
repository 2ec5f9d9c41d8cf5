#include "cli/arguments.h"

#include <getopt.h>
#include <stdio.h>

enum option_type { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER };

struct option_row {
    const char *name;
    char letter;
    const char *value; /* its name in the help */
    enum option_type type;
    size_t offset;
    unsigned commands;
    const char *help;
};

#define OF(member) offsetof(struct arguments, member)
static const struct option_row rows[] = {
    {"data", 0, "DIR", OPTION_TEXT, OF(data), FOR_ALL,
     "the server's data folder; by default glauxd's own default"},
    {"config", 0, "FILE", OPTION_TEXT, OF(config), FOR_ALL, "the server's settings file"},
    {"key", 0, "ID", OPTION_TEXT, OF(key), FOR_ENV, "this access key; by default the oldest that is active"},
    {"user", 0, "NAME", OPTION_TEXT, OF(user), FOR_KEY,
     "create: the user that the key stands for; by default admin"},
    {"description", 0, "TEXT", OPTION_TEXT, OF(description), FOR_KEY, "create: what the key is for"},
    {"keep-sessions", 0, NULL, OPTION_FLAG, OF(keep_sessions), FOR_STOP,
     "leave the sessions running for the next server"},
    {"timeout", 0, "SECONDS", OPTION_NUMBER, OF(timeout_s), FOR_STOP,
     "how long to wait for the end; by default 60"},
    {"follow", 'f', NULL, OPTION_FLAG, OF(follow), FOR_LOGS, "go on until the session ends"},
    {"tail", 'n', "LINES", OPTION_NUMBER, OF(tail_lines), FOR_LOGS, "begin with the last so many lines"},
    {"json", 0, NULL, OPTION_FLAG, OF(json), FOR_ENV | FOR_KEY | FOR_STATUS | FOR_DOCTOR, "print JSON"},
    {"help", 'h', NULL, OPTION_FLAG, OF(help), FOR_ALL | FOR_HELP, "print this help"},
    {"version", 0, NULL, OPTION_FLAG, OF(version), 0, "print the version"},
};
enum { ROWS = ARRAY_SIZE(rows), FIRST_VALUE = 256, LETTERS_MAX = 2 * ROWS + 1 };

/* What getopt_long wants; the letter's place is taken by the row's number. */
static void fill_getopt(struct option *ret_long, char *ret_letters)
{
    for (int i = 0; i < ROWS; i++) {
        int has_value = rows[i].type == OPTION_FLAG ? no_argument : required_argument;
        ret_long[i] = (struct option){rows[i].name, has_value, NULL, FIRST_VALUE + i};
        if (rows[i].letter) {
            *ret_letters++ = rows[i].letter;
            if (has_value == required_argument)
                *ret_letters++ = ':';
        }
    }
    ret_long[ROWS] = (struct option){0};
    *ret_letters = '\0';
}

static int row_of(int option)
{
    for (int i = 0; i < ROWS; i++)
        if (option == FIRST_VALUE + i || option == rows[i].letter)
            return i;
    return -1;
}

static int set_value(struct arguments *a, int index, const char *value, struct err *err)
{
    const struct option_row *row = &rows[index];
    void *to = (char *)a + row->offset;
    uint64_t number;
    a->given |= 1u << index;
    switch (row->type) {
    case OPTION_FLAG: *(bool *)to = true; return 0;
    case OPTION_TEXT: *(const char **)to = value; return 0;
    case OPTION_NUMBER: break;
    }
    if (!str_to_u64(str_from(value), &number) || number > INT32_MAX)
        return err_set(err, ERR_INVALID_ARGUMENT, "--%s: '%s' is not a whole number", row->name, value);
    *(int64_t *)to = (int64_t)number;
    return 0;
}

static int parse_options(int argc, char **argv, struct arguments *ret, struct err *err)
{
    struct option table[ROWS + 1];
    char letters[LETTERS_MAX];
    int option;
    fill_getopt(table, letters);
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, letters, table, NULL)) != -1) {
        int row = row_of(option);
        if (row < 0)
            return err_set(err, ERR_INVALID_ARGUMENT,
                           "%s is not an option, or its value is missing or superfluous", argv[optind - 1]);
        if (set_value(ret, row, optarg, err) < 0)
            return -1;
    }
    return 0;
}

int arguments_parse(int argc, char **argv, struct arguments *ret, struct err *err)
{
    *ret = (struct arguments){.timeout_s = 60, .tail_lines = -1};
    if (parse_options(argc, argv, ret, err) < 0)
        return -1;
    if (optind < argc)
        ret->command = argv[optind++];
    ret->operands = argv + optind;
    ret->count = (size_t)(argc - optind);
    return 0;
}

int arguments_check(const struct arguments *a, unsigned command, struct err *err)
{
    for (unsigned i = 0; i < ROWS; i++)
        if (a->given & 1u << i && !(rows[i].commands & command))
            return err_set(err, ERR_INVALID_ARGUMENT, "glaux %s has no option --%s", a->command,
                           rows[i].name);
    return 0;
}

void arguments_help(unsigned command, struct buf *out)
{
    for (int i = 0; i < ROWS; i++) {
        char form[64];
        if (!(rows[i].commands & command))
            continue;
        snprintf(form, sizeof form, "--%s%s%s", rows[i].name, rows[i].value ? " " : "",
                 rows[i].value ? rows[i].value : "");
        buf_printf(out, "  %c%c%c %-20s %s\n", rows[i].letter ? '-' : ' ',
                   rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? ',' : ' ', form, rows[i].help);
    }
}
