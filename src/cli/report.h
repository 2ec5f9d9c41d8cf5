/* What glaux doctor found: a line a finding, printed as it comes, or JSON at the end. */
#pragma once

#include "base/jsonw.h"
#include "cli/invocation.h"
#include "main/paths.h"

enum finding { FINDING_OK, FINDING_WARN, FINDING_MISSING };

struct report {
    const struct invocation *v;
    struct paths paths;
    pid_t server_pid; /* as data_folder_owner */
    struct server_info server;
    unsigned counts[FINDING_MISSING + 1];
    struct buf json_text;
    struct jsonw json;
};

void report_begin(struct report *r, const struct invocation *v);
void report_end(struct report *r); /* prints the rest */
void report_done(struct report *r);

/* `fmt` says what was found. */
void report_ok(struct report *r, const char *subject, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* `mend` says what to do; `missing`: Glaux cannot work like that. */
void report_bad(struct report *r, enum finding f, const char *subject, const char *mend, const char *fmt, ...)
    PRINTF_LIKE(5, 6);

/* The examinations, in the order in which they are made. */
void doctor_folder(struct report *r);
void doctor_server(struct report *r);
void doctor_catalog(struct report *r);
void doctor_remotes(struct report *r);
void doctor_java(struct report *r);
void doctor_engine(struct report *r);
void doctor_memory(struct report *r);
void doctor_isolation(struct report *r);
void doctor_machine(struct report *r);
void doctor_clients(struct report *r);
