/* Runs a command of the settings and takes what it prints: bounded in bytes and time, never on the loop's
 * time. */
#pragma once

#include "base/err.h"
#include "loop/loop.h"

/* `out` is what it wrote to standard output, during the call; its standard error is the server's. */
typedef void command_fn(void *ctx, struct str out, const struct err *err);

struct command;
/* By /bin/sh. */
struct command *command_start(struct loop *loop, const char *line, command_fn *fn, void *ctx);
/* Kills it; `fn` is not called. */
void command_cancel(struct command *c);
