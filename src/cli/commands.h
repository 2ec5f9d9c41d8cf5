/* The commands, a file each. They return the exit status; where it is not EXIT_OK and `err` has a text, main
 * prints it. */
#pragma once

#include "cli/invocation.h"

int env_run(const struct invocation *v, struct err *err);
int key_run(const struct invocation *v, struct err *err);
int status_run(const struct invocation *v, struct err *err);
int stop_run(const struct invocation *v, struct err *err);
int logs_run(const struct invocation *v, struct err *err);
int doctor_run(const struct invocation *v, struct err *err);
