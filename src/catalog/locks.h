/* Hive's locks: what holds writers apart that do not compare and swap. A lock has components, all of which
 * are held or wait together; those that came earlier go first. A lock whose owner sends no heartbeat for
 * CATALOG_LOCK_MS is gone. Locks outlive a restart of the server, as their owners do. */
#pragma once

#include "catalog/catalog.h"

enum { CATALOG_LOCK_MS = 300000 };
enum catalog_lock_type { CATALOG_LOCK_READ = 1, CATALOG_LOCK_WRITE = 2, CATALOG_LOCK_EXCLUSIVE = 3 };
enum catalog_lock_state { CATALOG_LOCK_HELD = 1, CATALOG_LOCK_WAITS = 2 };

struct catalog_lock_part {
    int32_t type;
    struct str database;
    struct str table;     /* absent: the whole database */
    struct str partition; /* absent: the whole table */
};

struct catalog_lock_parts {
    struct catalog_lock_part *items;
    size_t count;
};

struct catalog_lock_owner {
    struct str user;
    struct str host;
    struct str agent;
};

struct catalog_lock_entry {
    int64_t id;
    struct catalog_lock_part part;
    int32_t state;
    int64_t heartbeat_ms;
    int64_t acquired_ms;
    struct catalog_lock_owner owner;
};

struct catalog_lock_entries {
    struct catalog_lock_entry *items;
    size_t count;
};

int catalog_lock(struct catalog_tx *tx, const struct catalog_lock_parts *parts,
                 const struct catalog_lock_owner *owner, int64_t *ret_id, enum catalog_lock_state *ret,
                 struct err *err) MUST_CHECK;
/* Tries again, and counts as a heartbeat. ERR_CATALOG_MISSING if there is no such lock (any more). */
int catalog_check_lock(struct catalog_tx *tx, int64_t id, enum catalog_lock_state *ret,
                       struct err *err) MUST_CHECK;
int catalog_heartbeat(struct catalog_tx *tx, int64_t id, struct err *err) MUST_CHECK;
int catalog_unlock(struct catalog_tx *tx, int64_t id, struct err *err) MUST_CHECK;
int catalog_show_locks(struct catalog_tx *tx, struct catalog_lock_entries *ret, struct err *err) MUST_CHECK;
