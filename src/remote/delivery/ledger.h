/* The uploads in parts that this server has begun at remotes. Each is a row of the store from before its
 * first part until it is complete or aborted, so that a crash leaves no parts behind: what an earlier server
 * left is aborted by the next one, again and again until the remote says that it is gone. Loop thread. */
#pragma once

#include "remote/remote.h"
#include "store/store.h"

struct ledger;
struct ledger_entry;

/* All is borrowed and outlives it. `retry_ms` is read whenever it counts. */
struct ledger *ledger_new(struct loop *loop, struct store *store, struct remotes *remotes,
                          const struct clock *clock, const int64_t *retry_ms);
/* Before the store closes. Rows stay; entries of uploads that still work end with these. */
void ledger_free(struct ledger *l);
/* Blocks. Everything that it finds is aborted. */
int ledger_load(struct ledger *l, struct err *err) MUST_CHECK;
/* Aborts are tried again now. */
void ledger_try_now(struct ledger *l);

/* The remote has given an upload this id. Strings are copied. `fn`: the row is durable, or could not be
 * written; not called if the entry has ended before. */
struct ledger_entry *ledger_add(struct ledger *l, struct str bucket, struct str key, struct str upload_id,
                                store_done_fn *fn, void *ctx);
/* One of both ends the entry: there is an object, or there shall be none. */
void ledger_complete(struct ledger_entry *e);
void ledger_abort(struct ledger_entry *e);
