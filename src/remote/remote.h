/* The S3s elsewhere, by name, and which bucket lives where. Loop thread. */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "loop/loop.h"

/* As the settings give it; strings are copied by remotes_configure. */
struct remote_config {
    const char *name;
    const char *endpoint; /* http://host:port, https://host; empty: AWS's of the region */
    const char *region;
    const char *buckets;    /* patterns, joined by commas */
    const char *path_style; /* "auto", "true", "false" */
    const char *credentials;
    const char *profile;
    const char *access_key_id;
    const char *secret;
    const char *token;   /* empty: none */
    const char *ca_file; /* empty: the system's */
    int64_t connect_ms;
    int64_t stall_ms;
    int64_t total_ms;
    unsigned retries;
    size_t connections;
    int64_t part_bytes;
    bool trailers; /* it takes checksums behind a content */
};

/* Whether it means something; touches no file. The error names the setting. */
int remote_config_check(const struct remote_config *c, struct err *err) MUST_CHECK;

struct remote;
struct remotes;

struct remotes *remotes_new(struct loop *loop, const struct clock *clock);
void remotes_free(struct remotes *r);
/* Replaces all of them; each has passed remote_config_check. Requests under way end by the old ones. */
void remotes_configure(struct remotes *r, const struct remote_config *configs, size_t count);
size_t remotes_count(const struct remotes *r);

/* Where the bucket lives; NULL: here. The first in the settings' order that names it. */
struct remote *remotes_find(const struct remotes *r, struct str bucket);
/* Gives the buckets that are named without '*'. */
void remotes_each_bucket(const struct remotes *r, void (*fn)(void *ctx, struct str bucket), void *ctx);

/* Whether a remote answers, as far as the last request to it told. */
struct remote_state {
    const char *name;
    int64_t away_since_ms; /* wall clock; 0: it answers, or nobody has asked it yet */
    const char *why;
};
void remotes_each_state(const struct remotes *r, void (*fn)(void *ctx, const struct remote_state *s),
                        void *ctx);
