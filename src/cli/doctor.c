/* glaux doctor: is all here that Glaux needs? */
#include "cli/commands.h"
#include "cli/report.h"

static void examine_settings(struct report *r)
{
    struct err err;
    const char *config = r->v->args.config;
    if (settings_check(&r->v->settings, &err) < 0)
        report_bad(r, FINDING_MISSING, "settings",
                   "change that setting; glauxd --print-config explains all of them", "%s", err.text);
    else
        report_ok(r, "settings", "%s%s",
                  config ? "read from " : "no settings file is given: defaults and environment",
                  config ? config : "");
}

int doctor_run(const struct invocation *v, struct err *err)
{
    static void (*const examinations[])(struct report *) = {
        examine_settings, doctor_folder, doctor_server,    doctor_catalog, doctor_remotes, doctor_java,
        doctor_engine,    doctor_memory, doctor_isolation, doctor_machine, doctor_clients,
    };
    CLEANUP(report_done) struct report r;
    report_begin(&r, v);
    if (paths_find(&v->settings, &r.paths, err) < 0)
        return EXIT_FAILED;
    for (size_t i = 0; i < ARRAY_SIZE(examinations); i++)
        examinations[i](&r);
    report_end(&r);
    return r.counts[FINDING_MISSING] ? EXIT_FAILED : EXIT_OK;
}
