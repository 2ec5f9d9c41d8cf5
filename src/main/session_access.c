#include "main/session_access.h"

#include "base/jsonw.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "core/session.h"
#include "main/settings/grants.h"

/* The last part of the role's ARN. */
static struct str role_name(struct str arn)
{
    size_t at = arn.n;
    while (at > 0 && arn.p[at - 1] != '/')
        at--;
    struct str name = str_sub(arn, at, arn.n);
    return name.n ? name : STR("none");
}

static int ended(enum sigv4_style style, struct err *err)
{
    return err_set(err, ERR_EXPIRED_TOKEN,
                   style == SIGV4_S3 ? "The provided token has expired: its session has ended."
                                     : "The security token included in the request is expired: its session "
                                       "has ended.");
}

int session_access_find(struct server *s, enum sigv4_style style, const struct sigv4_auth *auth,
                        struct arena *arena, struct aws_principal *ret, char *ret_secret, struct err *err)
{
    struct temporary_credentials c;
    struct session_owner owner;
    if (temporary_find(s->temporary, style, auth, clock_wall_ms(&clock_system), &c, err) < 0)
        return -1;
    if (!session_owner_of(s->core, str_from(c.session_id), &owner))
        return ended(style, err);
    aws_principal_of_session(&c, role_name(owner.execution_role), owner.workgroup,
                             str_from(s->settings.server_account), arena, ret);
    memcpy(ret_secret, c.secret, sizeof c.secret);
    return 0;
}

/* --- What it reaches --- */

static struct str granted_text(const struct server *s, struct str role)
{
    const struct settings_list *roles = &s->settings.role_sections;
    for (size_t i = 0; i < roles->count; i++) {
        const struct settings_role *r = roles->at[i];
        if (str_is(role, r->name))
            return str_from(r->buckets);
    }
    return str_from(s->settings.session_buckets);
}

/* "<location>/session/<id>" is the session's folder. */
static struct str workgroup_location(struct str folder, struct str session_id)
{
    size_t tail = sizeof "/session/" - 1 + session_id.n;
    return folder.n > tail ? str_sub(folder, 0, folder.n - tail) : folder;
}

const struct s3_grants *session_access_grants(struct server *s, struct str session_id, struct arena *arena)
{
    struct s3_grants *ret = arena_alloc(arena, sizeof *ret);
    struct s3_grants granted;
    struct session_owner owner;
    struct err err;
    if (!session_owner_of(s->core, session_id, &owner))
        return ret;
    struct str text = str_is(owner.workgroup, CORE_OWN_GROUP)
                          ? STR("*") /* the server's own: statements name any bucket */
                          : arena_str(arena, granted_text(s, role_name(owner.execution_role)));
    REQUIRE(grants_parse(arena, text, &granted, &err) == 0); /* settings_check */
    struct str location = workgroup_location(owner.output_location, session_id);
    *ret = grants_with_location(arena, &granted, arena_str(arena, location));
    return ret;
}

/* --- Handing them out --- */

static void write_credentials(const struct temporary_credentials *c, struct str role_arn, struct buf *out)
{
    char expires[TIME_TEXT_MAX];
    struct jsonw w;
    time_format_iso(c->expires_ms, expires);
    memcpy(strchr(expires, '.'), "Z", sizeof "Z"); /* not every SDK reads a fraction */
    jsonw_init(&w, out);
    jsonw_object(&w);
    jsonw_member_str(&w, "RoleArn", role_arn);
    jsonw_member_str(&w, "AccessKeyId", str_from(c->access_key_id));
    jsonw_member_str(&w, "SecretAccessKey", str_from(c->secret));
    jsonw_member_str(&w, "Token", str_from(c->token));
    jsonw_member_str(&w, "Expiration", str_from(expires));
    jsonw_end_object(&w);
}

int session_access_credentials(struct server *s, struct str ticket, struct buf *out, struct err *err)
{
    char id[UUID_TEXT_LEN + 1];
    struct session_owner owner;
    struct temporary_credentials c;
    if (!temporary_ticket_read(s->temporary, ticket, id))
        return err_set(err, ERR_ACCESS_DENIED,
                       "The Authorization header holds no token that this server gave to a session.");
    if (!session_owner_of(s->core, str_from(id), &owner))
        return err_set(err, ERR_ACCESS_DENIED, "The session %s has ended.", id);
    int64_t expires_ms = clock_wall_ms(&clock_system) + s->settings.session_credentials_lifetime;
    temporary_issue(s->temporary, str_from(id), expires_ms, &c);
    write_credentials(&c, owner.execution_role, out);
    explicit_bzero(&c, sizeof c);
    return 0;
}

void session_access_ticket(void *server, struct str session_id, char *ret, size_t size)
{
    struct server *s = server;
    REQUIRE(size >= TEMPORARY_TOKEN_MAX);
    temporary_ticket(s->temporary, session_id, ret);
}
