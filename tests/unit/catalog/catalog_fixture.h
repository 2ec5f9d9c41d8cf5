/* A catalog in a folder of its own, and transactions that are waited for. */
#pragma once

#include "catalog/catalog.h"
#include "fixture.h"

struct catalog_fixture {
    char dir[64];
    struct loop *loop;
    struct catalog *catalog;
    struct catalog_config config;
    struct clock_manual clock;
    const struct catalog_caller *caller;
    struct arena *arena; /* of all transactions */
};

int catalog_setup(void **state);
int catalog_teardown(void **state);
void catalog_reopen(struct catalog_fixture *f);

/* Runs the work and waits for its end; ERR_NONE or the code of the failure, whose text is in `last_error`. */
enum err_code catalog_wait(struct catalog_fixture *f, enum catalog_mode mode, catalog_work_fn *work,
                           void *ctx);

enum err_code make_database(struct catalog_fixture *f, const char *name);
/* A managed table with a text column, partitioned by `year` (int) and `city` (string) if `partitioned`. */
struct catalog_table table_of(struct catalog_fixture *f, const char *database, const char *name,
                              bool partitioned);
enum err_code make_table(struct catalog_fixture *f, const char *database, const char *name, bool partitioned);
enum err_code get_table(struct catalog_fixture *f, const char *database, const char *name,
                        struct catalog_table *ret);
enum err_code alter_table(struct catalog_fixture *f, const char *name, const struct catalog_table *to,
                          const struct catalog_expect *expect);
enum err_code drop_table(struct catalog_fixture *f, const char *database, const char *name);
enum err_code drop_database(struct catalog_fixture *f, const char *name, bool cascade);
