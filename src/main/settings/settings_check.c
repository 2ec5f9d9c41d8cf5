/* Do the settings mean something, and do they fit each other? */
#include "base/s3_uri.h"
#include "main/settings/address.h"
#include "main/settings/grants.h"
#include "main/settings/remote_settings.h"
#include "main/settings/settings.h"
#include "objects/objects.h"

#include <stdio.h>

enum { GRANTS_ARENA_MAX = 1 << 20 };

static int refuse(struct err *err, const char *name, const char *value, const char *why)
{
    return err_set(err, ERR_INVALID_ARGUMENT, "%s: '%.200s' %s", name, value, why);
}

static int check_identity(const struct settings *s, struct err *err)
{
    uint64_t digits;
    const char *region = s->server_region;
    if (strlen(s->server_account) != 12 || !str_to_u64(str_from(s->server_account), &digits))
        return refuse(err, "server.account", s->server_account, "is not twelve digits");
    if (!region[0] || strlen(region) > 32 ||
        strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(region))
        return refuse(err, "server.region", region, "is not a region's name");
    return 0;
}

static int check_listen(const struct settings *s, struct err *err)
{
    struct address a;
    if (address_parse(s->server_listen, &a, err) < 0)
        return -1;
    if (!s->tls_cert_file[0] != !s->tls_key_file[0])
        return err_set(err, ERR_INVALID_ARGUMENT, "tls.cert_file and tls.key_file go together");
    if (a.loopback || s->tls_cert_file[0] || s->server_allow_remote_plaintext)
        return 0;
    return err_set(err, ERR_INVALID_ARGUMENT,
                   "server.listen: %s is not a loopback address, and there is no TLS. Set tls.cert_file and "
                   "tls.key_file, or server.allow_remote_plaintext=true.",
                   s->server_listen);
}

static int check_location(const char *name, const char *location, struct err *err)
{
    struct str bucket, key;
    if (!s3_uri_split(str_from(location), &bucket, &key))
        return refuse(err, name, location, "is not s3://...");
    if (!bucket_name_valid(bucket))
        return refuse(err, name, location, "names no valid bucket");
    return 0;
}

static int check_results(const struct settings *s, struct err *err)
{
    return check_location("results.location", s->results_location, err);
}

static int check_warehouse(const struct settings *s, struct err *err)
{
    return s->session_warehouse[0] ? check_location("session.warehouse", s->session_warehouse, err) : 0;
}

static int check_grants(const char *name, const char *text, struct err *err)
{
    CLEANUP_ARENA struct arena *a = arena_new(GRANTS_ARENA_MAX);
    struct s3_grants grants;
    struct err cause;
    if (grants_parse(a, str_from(text), &grants, &cause) == 0)
        return 0;
    return err_set(err, ERR_INVALID_ARGUMENT, "%s: %.800s", name, cause.text);
}

static int check_roles(const struct settings *s, struct err *err)
{
    char name[128];
    for (size_t i = 0; i < s->role_sections.count; i++) {
        const struct settings_role *r = s->role_sections.at[i];
        snprintf(name, sizeof name, "role.%.64s.buckets", r->name);
        if (check_grants(name, r->buckets, err) < 0)
            return -1;
    }
    return check_grants("session.buckets", s->session_buckets, err);
}

static int check_remotes(const struct settings *s, struct err *err)
{
    for (size_t i = 0; i < s->remote_sections.count; i++) {
        struct remote_config c;
        remote_settings_fill(s->remote_sections.at[i], &c);
        if (remote_config_check(&c, err) < 0)
            return -1;
    }
    return 0;
}

int settings_check(const struct settings *s, struct err *err)
{
    static int (*const checks[])(const struct settings *, struct err *) = {
        check_identity, check_listen, check_results, check_warehouse, check_roles, check_remotes,
    };
    for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
        if (checks[i](s, err) < 0)
            return -1;
    return 0;
}
