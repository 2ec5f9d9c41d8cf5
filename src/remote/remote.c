#include "remote/remote_private.h"

#include "base/glob.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "objects/objects.h"

#include <stdio.h>

enum { AUTHORITY_MAX = 300, CLOCK_OFF_MS = 60 * 1000 };

/* --- Addresses --- */

static bool split_endpoint(const char *endpoint, const char **ret_scheme, struct str *ret_authority)
{
    struct str rest = str_from(endpoint);
    if (str_starts(rest, STR("http://")))
        *ret_scheme = "http";
    else if (str_starts(rest, STR("https://")))
        *ret_scheme = "https";
    else
        return false;
    rest = str_sub(rest, strlen(*ret_scheme) + 3, rest.n);
    if (str_ends(rest, STR("/")))
        rest.n--;
    *ret_authority = rest;
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] <= ' ' || str_find(STR("/?#@"), rest.p[i]) != SIZE_MAX)
            return false;
    return rest.n > 0 && rest.n < AUTHORITY_MAX;
}

static bool is_region(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= 64 &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n;
}

/* Host takes no port that is its scheme's own. */
static char *authority_of(const struct remote_config *c, const char **ret_scheme)
{
    char text[AUTHORITY_MAX + 100];
    struct str authority;
    if (c->endpoint[0] && split_endpoint(c->endpoint, ret_scheme, &authority)) {
        struct str port = str_is(str_from(*ret_scheme), "http") ? STR(":80") : STR(":443");
        if (str_ends(authority, port))
            authority.n -= port.n;
        snprintf(text, sizeof text, "%.*s", STR_ARG(authority));
    } else {
        *ret_scheme = "https";
        snprintf(text, sizeof text, "s3.%s.amazonaws.com%s", c->region,
                 strncmp(c->region, "cn-", 3) == 0 ? ".cn" : "");
    }
    return mem_strdup(text);
}

/* --- Patterns --- */

static bool pattern_valid(struct str pattern)
{
    if (str_find(pattern, '*') == SIZE_MAX)
        return bucket_name_valid(pattern);
    for (size_t i = 0; i < pattern.n; i++)
        if (str_find(STR("abcdefghijklmnopqrstuvwxyz0123456789.-*"), pattern.p[i]) == SIZE_MAX)
            return false;
    return true;
}

static bool names(const struct remote *r, struct str bucket)
{
    struct str rest = str_from(r->config.buckets);
    while (rest.p) {
        struct str pattern = str_trim(str_cut(&rest, ','));
        if (pattern.n && glob_fits(pattern, bucket))
            return true;
    }
    return false;
}

/* --- Settings --- */

static int refuse(const struct remote_config *c, const char *key, const char *value, const char *why,
                  struct err *err)
{
    return err_set(err, ERR_INVALID_ARGUMENT, "remote.%s.%s: '%.200s' %s", c->name, key, value, why);
}

static int check_buckets(const struct remote_config *c, struct err *err)
{
    struct str rest = str_from(c->buckets);
    size_t n = 0;
    while (rest.p) {
        struct str pattern = str_trim(str_cut(&rest, ','));
        if (pattern.n && !pattern_valid(pattern))
            return refuse(c, "buckets", c->buckets, "holds what is no bucket's name", err);
        n += pattern.n > 0;
    }
    return n ? 0 : refuse(c, "buckets", "", "names no bucket: [remote] says which ones live there", err);
}

int remote_config_check(const struct remote_config *c, struct err *err)
{
    const char *scheme;
    struct str authority;
    struct err why;
    if (c->endpoint[0] && !split_endpoint(c->endpoint, &scheme, &authority))
        return refuse(c, "endpoint", c->endpoint, "is not http://host:port or https://host, without a path",
                      err);
    if (!is_region(c->region))
        return refuse(c, "region", c->region, "is not a region's name", err);
    if (credential_source_check(c->credentials, &why) < 0)
        return refuse(c, "credentials", c->credentials, why.text, err);
    if (strcmp(c->credentials, "static") == 0 && (!c->access_key_id[0] || !c->secret[0]))
        return err_set(
            err, ERR_INVALID_ARGUMENT,
            "remote.%s: access_key_id and secret_access_key are missing (or set credentials to file:PATH or "
            "command:PROGRAM)",
            c->name);
    return check_buckets(c, err);
}

/* --- Life --- */

static void copy_config(struct remote_config *to, const struct remote_config *from)
{
    *to = *from;
    const char **const texts[] = {&to->name,       &to->endpoint,    &to->region,  &to->buckets,
                                  &to->path_style, &to->credentials, &to->profile, &to->ca_file};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        *texts[i] = mem_strdup(*texts[i]);
    to->access_key_id = to->secret = to->token = NULL; /* the credential source has them */
}

static void free_config(struct remote_config *c)
{
    const char *const texts[] = {c->name,       c->endpoint,    c->region,  c->buckets,
                                 c->path_style, c->credentials, c->profile, c->ca_file};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        free((void *)(uintptr_t)texts[i]);
}

static struct remote *remote_new(struct remotes *all, const struct remote_config *c)
{
    struct remote *r = mem_new(sizeof *r);
    struct credentials fixed = {
        .access_key_id = (char *)(uintptr_t)c->access_key_id,
        .secret = (char *)(uintptr_t)c->secret,
        .token = c->token[0] ? (char *)(uintptr_t)c->token : NULL,
    };
    r->refs = 1;
    list_init(&r->work);
    list_append(&all->all, &r->link);
    r->loop = all->loop;
    r->clock = all->clock;
    copy_config(&r->config, c);
    r->authority = authority_of(c, &r->scheme);
    r->path_style =
        strcmp(c->path_style, "auto") == 0 ? c->endpoint[0] != '\0' : strcmp(c->path_style, "true") == 0;
    r->client = http_client_new(all->loop, c->connections);
    r->credentials = credential_source_new(all->loop, all->clock, c->credentials, c->profile, &fixed);
    return r;
}

struct remote *remote_ref(struct remote *r)
{
    r->refs++;
    return r;
}

void remote_unref(struct remote *r)
{
    if (--r->refs)
        return;
    list_remove(&r->link);
    http_client_free(r->client);
    credential_source_free(r->credentials);
    free_config(&r->config);
    free(r->authority);
    free(r);
}

struct remotes *remotes_new(struct loop *loop, const struct clock *clock)
{
    struct remotes *r = mem_new(sizeof *r);
    r->loop = loop;
    r->clock = clock;
    list_init(&r->all);
    return r;
}

/* A remote may end with its last work, and another's: none goes before all have failed. */
static void fail_work(struct remotes *r)
{
    struct err err;
    err_set(&err, ERR_UNAVAILABLE, "The server is ending.");
    LIST_EACH(node, &r->all)
        remote_ref(CONTAINER_OF(node, struct remote, link));
    LIST_EACH(node, &r->all) {
        struct remote *remote = CONTAINER_OF(node, struct remote, link);
        for (struct list *first; (first = list_first(&remote->work));) {
            struct remote_work *w = CONTAINER_OF(first, struct remote_work, link);
            w->fail(w, &err);
        }
    }
    LIST_EACH_SAFE(node, &r->all)
        remote_unref(CONTAINER_OF(node, struct remote, link));
}

static void clear(struct remotes *r)
{
    for (size_t i = 0; i < r->count; i++)
        remote_unref(r->at[i]);
    free(r->at);
    r->at = NULL;
    r->count = 0;
}

void remotes_free(struct remotes *r)
{
    if (!r)
        return;
    fail_work(r);
    clear(r);
    LIST_EACH_SAFE(node, &r->all) /* a piece of an upload is still being read: it ends after this */
        list_remove(node);
    free(r);
}

void remotes_configure(struct remotes *r, const struct remote_config *configs, size_t count)
{
    clear(r);
    r->at = mem_new_array(count + 1, sizeof(struct remote *));
    for (size_t i = 0; i < count; i++)
        r->at[r->count++] = remote_new(r, &configs[i]);
}

/* --- Its clock --- */

bool remote_clock_is_off(const struct remote *r, struct str date)
{
    int64_t theirs_ms;
    if (!time_parse_http(date, &theirs_ms))
        return false;
    int64_t off_ms = theirs_ms - clock_wall_ms(r->clock) - r->skew_ms;
    return off_ms > CLOCK_OFF_MS || off_ms < -CLOCK_OFF_MS;
}

bool remote_learn_clock(struct remote *r, struct str date)
{
    int64_t theirs_ms;
    if (!time_parse_http(date, &theirs_ms))
        return false;
    r->skew_ms = theirs_ms - clock_wall_ms(r->clock);
    log_warn("remote", "the remote's clock differs from this machine's; requests are signed by its own",
             F_CSTR("remote", r->config.name), F_INT("ms", r->skew_ms));
    return true;
}

/* --- Whether it answers --- */

void remote_note_answer(struct remote *r)
{
    if (!r->away_since_ms)
        return;
    log_info("remote", "the remote answers again", F_CSTR("remote", r->config.name),
             F_INT("seconds", (clock_wall_ms(r->clock) - r->away_since_ms) / 1000));
    r->away_since_ms = 0;
}

void remote_note_silence(struct remote *r, const char *why)
{
    err_set(&r->away, ERR_UNAVAILABLE, "%s", why);
    if (r->away_since_ms)
        return;
    log_warn("remote", "the remote does not answer", F_CSTR("remote", r->config.name), F_CSTR("reason", why));
    r->away_since_ms = clock_wall_ms(r->clock);
}

void remotes_each_state(const struct remotes *r, void (*fn)(void *ctx, const struct remote_state *s),
                        void *ctx)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct remote *one = r->at[i];
        fn(ctx, &(struct remote_state){one->config.name, one->away_since_ms, one->away.text});
    }
}

size_t remotes_count(const struct remotes *r)
{
    return r->count;
}

struct remote *remotes_find(const struct remotes *r, struct str bucket)
{
    for (size_t i = 0; i < r->count; i++)
        if (names(r->at[i], bucket))
            return r->at[i];
    return NULL;
}

void remotes_each_bucket(const struct remotes *r, void (*fn)(void *ctx, struct str bucket), void *ctx)
{
    for (size_t i = 0; i < r->count; i++) {
        struct str rest = str_from(r->at[i]->config.buckets);
        while (rest.p) {
            struct str pattern = str_trim(str_cut(&rest, ','));
            if (pattern.n && str_find(pattern, '*') == SIZE_MAX)
                fn(ctx, pattern);
        }
    }
}
