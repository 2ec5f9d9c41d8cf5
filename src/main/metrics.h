/* What the server counts, and its text in Prometheus' form. Loop thread. */
#pragma once

#include "base/buf.h"
#include "core/core.h"

struct metrics;

enum metrics_outcome { OUTCOME_OK, OUTCOME_CLIENT_ERROR, OUTCOME_SERVER_ERROR, OUTCOME_GONE, OUTCOMES };

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

/* `service` and `operation` are names of the model or of S3, never text from a client. */
void metrics_count(struct metrics *m, const char *service, struct str operation, enum metrics_outcome outcome,
                   uint64_t nanos);

struct metrics_gauges {
    struct core_stats core;
    struct store_stats store;
    struct deliveries_stats deliveries;
    const struct remotes *remotes;
    bool catalog_up;
    size_t connections;
    int64_t memory_room_bytes;
    int64_t account_dpus;
};
void metrics_print(const struct metrics *m, const struct metrics_gauges *g, struct buf *out);
