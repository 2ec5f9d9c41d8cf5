/* The command line of glaux: options in any order, one command, its operands. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* The commands that an option belongs to are a set of these. */
enum command_bit {
    FOR_ENV = 1,
    FOR_KEY = 2,
    FOR_STATUS = 4,
    FOR_STOP = 8,
    FOR_LOGS = 16,
    FOR_DOCTOR = 32,
    FOR_HELP = 64,
    FOR_ALL = FOR_ENV | FOR_KEY | FOR_STATUS | FOR_STOP | FOR_LOGS | FOR_DOCTOR
};

struct arguments {
    const char *command; /* NULL: none was given */
    const char *data;
    const char *config;
    const char *key;
    const char *user;
    const char *description;
    int64_t timeout_s;
    int64_t tail_lines; /* -1: not given */
    bool json;
    bool keep_sessions;
    bool follow;
    bool help;
    bool version;
    unsigned given; /* options, bits of their rows */
    size_t count;   /* operands, without the command */
    char **operands;
};

/* Views of argv, whose order changes. The error is a sentence about how the command line is wrong. */
int arguments_parse(int argc, char **argv, struct arguments *ret, struct err *err) MUST_CHECK;
/* Refuses options that the command does not have. */
int arguments_check(const struct arguments *a, unsigned command, struct err *err) MUST_CHECK;
/* The command's options, a line each. */
void arguments_help(unsigned command, struct buf *out);
