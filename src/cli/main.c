/* glaux: finds the command, runs it, tells how it ended. */
#include "cli/commands.h"
#include "main/version.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>

struct command {
    const char *name;
    const char *operands;
    size_t most; /* operands */
    unsigned bit;
    const char *summary;
    const char *help;
    int (*run)(const struct invocation *v, struct err *err);
};

static const struct command commands[] = {
    {"env", "", 0, FOR_ENV, "print the lines that point a shell's AWS clients at the server",
     "In a shell: eval \"$(glaux env --data DIR)\"\n", env_run},
    {"key", "create | list | disable ID | enable ID | delete ID", 2, FOR_KEY, "manage the access keys",
     "A server that runs follows a change within a second.\n", key_run},
    {"status", "", 0, FOR_STATUS, "show the server and what it does",
     "The exit status is 0 if the server accepts requests, else 1.\n", status_run},
    {"stop", "", 0, FOR_STOP, "end the server together with its sessions, and wait until it has ended",
     "A second stop while the first one waits ends the server at once.\n", stop_run},
    {"logs", "SESSION-ID", 1, FOR_LOGS, "print a session's log: what the driver, the JVM and Spark wrote",
     "What a calculation prints is not in it but in the calculation's own objects.\n", logs_run},
    {"doctor", "", 0, FOR_DOCTOR, "say what is missing on this machine, and how to mend it",
     "It looks at the machine as this user, with the settings that glauxd would have (--config, "
     "environment).\n"
     "The exit status is 1 if something is missing that Glaux needs.\n",
     doctor_run},
    {"help", "[COMMAND]", 1, FOR_HELP, "print what glaux or one of its commands can do", "", NULL},
};

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (name && strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void print_overview(void)
{
    fputs("glaux: operates a server of Glaux, Amazon Athena for Apache Spark on your own machine\n\n"
          "usage: glaux COMMAND [--data DIR] [options]\n\n",
          stdout);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        printf("  %-8s %s\n", commands[i].name, commands[i].summary);
    fputs("\nglaux help COMMAND tells more; glaux --version prints the version.\n", stdout);
}

static void print_help(const struct command *c)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, 64 * 1024);
    buf_printf(&out, "glaux %s: %s\n\nusage: glaux %s%s%s [options]\n\n", c->name, c->summary, c->name,
               *c->operands ? " " : "", c->operands);
    arguments_help(c->bit, &out);
    if (*c->help)
        buf_printf(&out, "\n%s", c->help);
    invocation_print(&out);
}

static int help(const struct arguments *a, const struct command *c, struct err *err)
{
    const struct command *about = c;
    if (c && !a->help)
        about = a->count ? find(a->operands[0]) : NULL;
    if (!about && c && !a->help && a->count)
        return invocation_misused(err, "there is no command '%s' (glaux help lists them)", a->operands[0]);
    if (about)
        print_help(about);
    else
        print_overview();
    return EXIT_OK;
}

static int run(const struct command *c, struct invocation *v, struct err *err)
{
    int status = invocation_begin(v, err) < 0 ? EXIT_FAILED : c->run(v, err);
    invocation_end(v);
    return status;
}

static int choose(struct invocation *v, struct err *err)
{
    const struct arguments *a = &v->args;
    const struct command *c = find(a->command);
    if (a->version && !a->command) {
        puts("glaux " GLAUX_VERSION);
        return EXIT_OK;
    }
    if (!a->command && !a->help)
        return invocation_misused(err, "a command is missing (glaux help lists them)");
    if (a->command && !c)
        return invocation_misused(err, "there is no command '%s' (glaux help lists them)", a->command);
    if (c && arguments_check(a, c->bit, err) < 0)
        return EXIT_USAGE;
    if (c && a->count > c->most)
        return invocation_misused(err, "unexpected argument '%s' (glaux help %s)", a->operands[c->most],
                                  c->name);
    return !c || a->help || !c->run ? help(a, c, err) : run(c, v, err);
}

int main(int argc, char **argv)
{
    struct invocation v = {0};
    struct err err = {0};
    setlocale(LC_CTYPE, ""); /* the width of characters in tables */
    int status = arguments_parse(argc, argv, &v.args, &err) < 0 ? EXIT_USAGE : choose(&v, &err);
    if (status != EXIT_OK && err.text[0])
        fprintf(stderr, "glaux: %s\n", err.text);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "glaux: the output could not be written: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    return status;
}
