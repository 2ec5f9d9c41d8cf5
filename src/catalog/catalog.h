/* The catalog of databases, tables, partitions and functions: one truth behind Hive's Thrift protocol, the
 * Glue API and Athena's metadata operations.
 *
 * All work is done inside transactions, one after the other, on the catalog's own thread. A caller hands over
 * a function that does its reads and changes by the functions below; it is answered on the loop's thread
 * after the commit. What comes together shares one commit.
 *
 * Names of databases, tables, functions and columns are lower-cased on their way in and compared so. Limits:
 * names 255 bytes (Glue's), a record CATALOG_RECORD_MAX. Errors: ERR_CATALOG_MISSING (no such database,
 * table, partition, function), ERR_CATALOG_EXISTS, ERR_CATALOG_CONFLICT (somebody was faster),
 * ERR_CATALOG_INVALID (the record breaks a rule), ERR_CATALOG_REFUSED (not in this state: the database is not
 * empty), ERR_UNAVAILABLE (the database server is away), ERR_TOO_LARGE. */
#pragma once

#include "catalog/records.h"
#include "loop/loop.h"

struct catalog;
struct catalog_tx;

enum {
    CATALOG_NAME_MAX = 255,
    CATALOG_LOCATION_MAX = 4000,
    CATALOG_RECORD_MAX = 16 * 1024 * 1024, /* of JSON */
};

/* What the catalog has done to files. Loop thread. */
struct catalog_files {
    void *ctx;
    /* Makes a folder at the location (an URI) if nothing lies there, and calls `done` once, later, perhaps
     * after the catalog has closed. A folder that cannot be made is its own to tell. NULL if none can be
     * made. */
    void (*make)(void *ctx, struct str location, loop_fn *done, void *arg);
    /* Removes every file below the location (an URI) that was last written at `before_ms` or earlier, and
     * calls `done` once, maybe at once, maybe after the catalog has closed; an error means: try again later.
     * NULL if nothing can be removed. */
    void (*remove)(void *ctx, struct str location, int64_t before_ms,
                   void (*done)(void *arg, const struct err *err), void *arg);
};

struct catalog_config {
    const char *folder;          /* data folder, for catalog.db */
    const char *database;        /* "" or postgresql://...; borrowed for the catalog's life */
    int64_t database_timeout_ms; /* of a PostgreSQL: how long a lock, a statement or a pause may take */
    const char *warehouse;       /* location of the database `default`, as "s3://bucket/warehouse" */
    int64_t versions_kept;       /* older versions of a table */
    int64_t removal_wait_ms;     /* how long an answer waits for the removal of dropped data */
    struct catalog_files files;
    const struct clock *clock;
};

/* Opens the database, makes what is missing, starts the thread. A PostgreSQL that cannot be reached is no
 * error here: work fails until it can. Goes on with removals that an earlier process has not finished. */
struct catalog *catalog_open(struct loop *loop, const struct catalog_config *config,
                             struct err *err) MUST_CHECK;
/* Ends after the work that is under way; its `done` functions are called from here. Work that they hand over
 * fails at once with ERR_UNAVAILABLE. NULL is allowed. */
void catalog_close(struct catalog *c);

/* Whether the database answered the last transaction. Loop thread. */
struct catalog_state {
    int64_t away_since_ms; /* wall clock; 0: it did, or there was none yet */
    char why[512];         /* it did not */
};
void catalog_get_state(struct catalog *c, struct catalog_state *ret);

/* An arena for a transaction. */
struct arena *catalog_arena_new(void);

/* On the catalog's thread, inside a transaction. A failure takes back what it did and only that. It must not
 * touch what belongs to the loop's thread. It may be called a second time when the connection to PostgreSQL
 * broke between: it starts from its input alone. */
typedef int catalog_work_fn(struct catalog_tx *tx, void *ctx, struct err *err);
/* On the loop's thread, exactly once; `err` is NULL when all is durable. */
typedef void catalog_done_fn(void *ctx, const struct err *err);

enum catalog_mode { CATALOG_READ, CATALOG_WRITE };

/* On whose behalf a transaction works. */
struct catalog_caller {
    const void *ctx; /* stays as it is until `done` */
    /* Whether the caller may write and delete everything below the location. Catalog's thread. */
    bool (*may_write)(const void *ctx, struct str location);
};

/* `caller` NULL: one who may do everything. `arena` is for what the work returns and for its scratch; it is
 * the work's alone until `done`. Make it by catalog_arena_new: a work that fills it beyond its bound fails
 * with ERR_TOO_LARGE. */
void catalog_run(struct catalog *c, enum catalog_mode mode, const struct catalog_caller *caller,
                 struct arena *arena, catalog_work_fn *work, catalog_done_fn *done, void *ctx);

/* --- Inside a transaction. Results lie in its arena. --- */

struct arena *catalog_arena(struct catalog_tx *tx);
/* A part of a work that may fail by itself: what it wrote before it failed is taken back, and the work may go
 * on. */
int catalog_try(struct catalog_tx *tx, catalog_work_fn *part, void *ctx, struct err *err) MUST_CHECK;
/* Room for a list whose length a caller decides; NULL with ERR_TOO_LARGE. */
void *catalog_array(struct catalog_tx *tx, size_t count, size_t size, struct err *err) MUST_CHECK;
int64_t catalog_now_ms(const struct catalog_tx *tx);
/* The database `default`'s location when it was made. */
struct str catalog_warehouse(const struct catalog_tx *tx);

/* After the commit and before the answer a folder is made at the location if nothing lies there, as Hive's
 * own metastore does: Spark does not read a table whose folder is not there. Only on S3, and where the caller
 * may write. */
void catalog_add_folder(struct catalog_tx *tx, struct str location);

/* A page of a list, in the order of names. */
struct catalog_page {
    struct str after;   /* the last name of the page before; absent: from the start */
    size_t limit;       /* 0: all */
    struct str pattern; /* of Hive: alternatives by '|', '*' for anything; absent: all */
    struct str type;    /* of tables: only these; absent: all */
};

int catalog_create_database(struct catalog_tx *tx, const struct catalog_database *given,
                            struct err *err) MUST_CHECK;
int catalog_get_database(struct catalog_tx *tx, struct str name, struct catalog_database *ret,
                         struct err *err) MUST_CHECK;
/* Where tables go that name no location: its own location, or, where it has none, one below the warehouse. */
struct str catalog_database_location(const struct catalog_tx *tx, const struct catalog_database *d);
/* All but its name. */
int catalog_alter_database(struct catalog_tx *tx, struct str name, const struct catalog_database *to,
                           struct err *err) MUST_CHECK;
struct catalog_drop {
    bool cascade; /* a database: its tables and functions go with it */
    /* Of managed tables, below s3://. Nothing is dropped, and ERR_ACCESS_DENIED, where the caller may not. */
    bool delete_data;
};
int catalog_drop_database(struct catalog_tx *tx, struct str given, struct catalog_drop drop,
                          struct err *err) MUST_CHECK;
int catalog_list_databases(struct catalog_tx *tx, const struct catalog_page *page, struct catalog_names *ret,
                           struct err *err) MUST_CHECK;

/* Sets version and times; gives a table that has storage without location the default one. */
int catalog_create_table(struct catalog_tx *tx, const struct catalog_table *given,
                         struct err *err) MUST_CHECK;
int catalog_get_table(struct catalog_tx *tx, struct str database, struct str name, struct catalog_table *ret,
                      struct err *err) MUST_CHECK;

/* What the change is based on: refused with ERR_CATALOG_CONFLICT when the table is another by now. */
struct catalog_expect {
    bool has_version;
    int64_t version;
    struct str parameter_key; /* absent: no such condition */
    struct str parameter_value;
    bool skip_archive; /* the version before is not kept */
};
/* Replaces the table. Another name or database renames it: its data stays where it is. `cascade`: columns of
 * partitions become the table's. `expect` may be NULL. */
int catalog_alter_table(struct catalog_tx *tx, struct str database, struct str name,
                        const struct catalog_table *to, const struct catalog_expect *expect, bool cascade,
                        struct err *err) MUST_CHECK;
int catalog_drop_table(struct catalog_tx *tx, struct str database, struct str name, bool delete_data,
                       struct err *err) MUST_CHECK;
int catalog_list_tables(struct catalog_tx *tx, struct str database, const struct catalog_page *page,
                        struct catalog_names *ret, struct err *err) MUST_CHECK;
/* As catalog_list_tables with the whole records. */
int catalog_get_tables(struct catalog_tx *tx, struct str database, const struct catalog_page *page,
                       struct catalog_tables *ret, struct err *err) MUST_CHECK;

/* The table's versions, the newest (which is the table itself) first. */
int catalog_list_versions(struct catalog_tx *tx, struct str database, struct str name,
                          struct catalog_tables *ret, struct err *err) MUST_CHECK;
int catalog_get_version(struct catalog_tx *tx, struct str database, struct str name, int64_t version,
                        struct catalog_table *ret, struct err *err) MUST_CHECK;
/* The current one cannot be deleted. */
int catalog_drop_version(struct catalog_tx *tx, struct str database, struct str name, int64_t version,
                         struct err *err) MUST_CHECK;

/* Partitions. Each function takes the table as it was read in the same transaction. */
int catalog_add_partition(struct catalog_tx *tx, const struct catalog_table *t,
                          const struct catalog_partition *given, struct err *err) MUST_CHECK;
int catalog_get_partition(struct catalog_tx *tx, const struct catalog_table *t,
                          const struct catalog_names *values, struct catalog_partition *ret,
                          struct err *err) MUST_CHECK;
/* Replaces the partition of these values; other values in `to` rename it. */
int catalog_alter_partition(struct catalog_tx *tx, const struct catalog_table *t,
                            const struct catalog_names *values, const struct catalog_partition *to,
                            struct err *err) MUST_CHECK;
int catalog_drop_partition(struct catalog_tx *tx, const struct catalog_table *t,
                           const struct catalog_names *values, bool delete_data, struct err *err) MUST_CHECK;

struct catalog_filter;
struct catalog_partition_page {
    struct str after;                    /* name of the last partition before */
    size_t limit;                        /* 0: all */
    const struct catalog_names *prefix;  /* values in the order of the keys, "" for any; NULL: all */
    const struct catalog_filter *filter; /* of catalog/filter.h; NULL: all */
};
int catalog_list_partitions(struct catalog_tx *tx, const struct catalog_table *t,
                            const struct catalog_partition_page *page, struct catalog_names *ret,
                            struct err *err) MUST_CHECK;
int catalog_get_partitions(struct catalog_tx *tx, const struct catalog_table *t,
                           const struct catalog_partition_page *page, struct catalog_partitions *ret,
                           struct err *err) MUST_CHECK;

/* Functions (UDFs). */
int catalog_create_function(struct catalog_tx *tx, const struct catalog_function *given,
                            struct err *err) MUST_CHECK;
int catalog_get_function(struct catalog_tx *tx, struct str database, struct str name,
                         struct catalog_function *ret, struct err *err) MUST_CHECK;
int catalog_alter_function(struct catalog_tx *tx, struct str database, struct str name,
                           const struct catalog_function *to, struct err *err) MUST_CHECK;
int catalog_drop_function(struct catalog_tx *tx, struct str database, struct str name,
                          struct err *err) MUST_CHECK;
/* In the order of databases, and within one in that of names. Of all databases when `database` is absent; the
 * pattern is that of struct catalog_page. */
int catalog_get_functions(struct catalog_tx *tx, struct str database, struct str pattern,
                          struct catalog_functions *ret, struct err *err) MUST_CHECK;
