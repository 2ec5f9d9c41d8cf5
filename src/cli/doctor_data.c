/* What data needs: the catalog's database, and what the settings say about S3 elsewhere. */
#include "cli/report.h"

#include <libpq-fe.h>
#include <stdio.h>

#define CONNECT_TIMEOUT_S "5"

/* Only connects: the tables are made by glauxd. The connection string may hold a password, which is not
 * shown. */
static void look_at_postgres(struct report *r)
{
    static const char *const keys[] = {"dbname", "connect_timeout", NULL};
    const char *const values[] = {r->v->settings.catalog_database, CONNECT_TIMEOUT_S, NULL};
    PGconn *c = PQconnectdbParams(keys, values, 1);
    if (PQstatus(c) == CONNECTION_OK) {
        report_ok(r, "catalog", "PostgreSQL %s, database %s at %s", PQparameterStatus(c, "server_version"),
                  PQdb(c), PQhost(c));
    } else {
        struct str rest = str_from(PQerrorMessage(c));
        struct str line = str_trim(str_cut(&rest, '\n'));
        report_bad(r, FINDING_WARN, "catalog", "start PostgreSQL, or mend catalog.database",
                   "PostgreSQL cannot be reached, tables neither: %.*s", STR_ARG(line));
    }
    PQfinish(c);
}

void doctor_catalog(struct report *r)
{
    if (r->v->settings.catalog_database[0])
        look_at_postgres(r);
    else
        report_ok(r, "catalog", "SQLite, catalog.db in the data folder");
}

/* Whether it is reached, and its keys are taken, shows with the first request: the answer depends on them. */
static void look_at_remote(struct report *r, const struct settings_remote *remote)
{
    struct str file = str_from(remote->credentials);
    char subject[64];
    snprintf(subject, sizeof subject, "remote %.50s", remote->name);
    if (str_starts(file, STR("file:")) && access(remote->credentials + sizeof "file:" - 1, R_OK) < 0)
        report_bad(r, FINDING_WARN, subject, "mend its credentials in the settings, or the file's rights",
                   "its credentials cannot be read: %s", remote->credentials + sizeof "file:" - 1);
    else if (remote->ca_file[0] && access(remote->ca_file, R_OK) < 0)
        report_bad(r, FINDING_WARN, subject, "mend its ca_file in the settings, or the file's rights",
                   "its certificates cannot be read: %s", remote->ca_file);
    else
        report_ok(r, subject, "buckets %s at %s", remote->buckets,
                  remote->endpoint[0] ? remote->endpoint : "AWS");
}

void doctor_remotes(struct report *r)
{
    const struct settings_list *remotes = &r->v->settings.remote_sections;
    for (size_t i = 0; i < remotes->count; i++)
        look_at_remote(r, remotes->at[i]);
}
