#include "cli/report.h"

#include <stdarg.h>
#include <stdio.h>

enum { REPORT_MAX = 256 * 1024, TEXT_MAX = 1500 };

static const char *const finding_names[] = {"ok", "warn", "missing"};

void report_begin(struct report *r, const struct invocation *v)
{
    *r = (struct report){.v = v};
    buf_init(&r->json_text, REPORT_MAX);
    jsonw_init(&r->json, &r->json_text);
    jsonw_array(&r->json);
}

void report_done(struct report *r)
{
    paths_done(&r->paths);
    buf_done(&r->json_text);
}

static void add_json(struct jsonw *w, enum finding f, const char *subject, const char *text, const char *mend)
{
    jsonw_object(w);
    jsonw_member_str(w, "subject", str_from(subject));
    jsonw_member_str(w, "finding", str_from(finding_names[f]));
    jsonw_member_str(w, "text", str_from(text));
    if (mend)
        jsonw_member_str(w, "mend", str_from(mend));
    jsonw_end_object(w);
}

static void add(struct report *r, enum finding f, const char *subject, const char *text, const char *mend)
{
    r->counts[f]++;
    if (r->v->args.json) {
        add_json(&r->json, f, subject, text, mend);
        return;
    }
    printf("%-8s %-12s %s\n", finding_names[f], subject, text);
    if (mend)
        printf("%-8s %-12s mend: %s\n", "", "", mend);
    fflush(stdout);
}

void report_ok(struct report *r, const char *subject, const char *fmt, ...)
{
    char text[TEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    add(r, FINDING_OK, subject, text, NULL);
}

void report_bad(struct report *r, enum finding f, const char *subject, const char *mend, const char *fmt, ...)
{
    char text[TEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    add(r, f, subject, text, mend);
}

void report_end(struct report *r)
{
    jsonw_end_array(&r->json);
    buf_add_char(&r->json_text, '\n');
    if (r->v->args.json)
        invocation_print(&r->json_text);
    else
        printf("\n%u ok, %u to look at, %u missing\n", r->counts[FINDING_OK], r->counts[FINDING_WARN],
               r->counts[FINDING_MISSING]);
}
