/* One run of glaux: what was asked, with which settings, about which data folder. */
#pragma once

#include "cli/arguments.h"
#include "main/data_folder.h"
#include "main/settings/settings.h"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct invocation {
    struct arguments args;
    struct settings settings; /* as glauxd would have them: defaults, --config, environment, --data */
    char *data;               /* absolute */
};

int invocation_begin(struct invocation *v, struct err *err) MUST_CHECK;
void invocation_end(struct invocation *v);

/* What a command's function returns: EXIT_OK, or one of these after it filled in `err`. */
int invocation_failed(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
int invocation_misused(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* server.json, with words about what to do if there is none. */
int invocation_server(const struct invocation *v, struct server_info *ret, struct err *err) MUST_CHECK;
/* A sentence on standard error that does not fail the command. */
void invocation_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Writes the text to standard output; what could not be written shows at the end of main. */
void invocation_print(const struct buf *out);
