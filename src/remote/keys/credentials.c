#include "remote/keys/credentials.h"

#include "base/json.h"

#include <stdio.h>
#include <time.h>

static char *copy(struct str s)
{
    char *p = mem_new(s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

static void wipe(char **s)
{
    if (*s)
        explicit_bzero(*s, strlen(*s));
    free(*s);
    *s = NULL;
}

void credentials_done(struct credentials *c)
{
    wipe(&c->access_key_id);
    wipe(&c->secret);
    wipe(&c->token);
}

static bool parse_offset(struct str s, int64_t *ret_s)
{
    int64_t hours, minutes;
    *ret_s = 0;
    if (str_is(s, "Z") || str_is(s, "z"))
        return true;
    if (s.n != 6 || s.p[3] != ':' || (s.p[0] != '+' && s.p[0] != '-') ||
        !str_to_i64(str_sub(s, 1, 3), &hours) || !str_to_i64(str_sub(s, 4, 6), &minutes))
        return false;
    *ret_s = (hours * 60 + minutes) * 60 * (s.p[0] == '-' ? -1 : 1);
    return true;
}

bool credentials_parse_time(struct str text, int64_t *ret_ms)
{
    struct tm tm = {0};
    char head[20];
    int64_t offset_s;
    if (text.n < sizeof head)
        return false;
    memcpy(head, text.p, sizeof head - 1);
    head[sizeof head - 1] = '\0';
    const char *end = strptime(head, "%Y-%m-%dT%H:%M:%S", &tm);
    struct str rest = str_sub(text, sizeof head - 1, text.n);
    if (!end || *end)
        return false;
    if (rest.p[0] == '.')
        do
            rest = str_sub(rest, 1, rest.n);
        while (rest.n && rest.p[0] >= '0' && rest.p[0] <= '9');
    if (!parse_offset(rest, &offset_s))
        return false;
    *ret_ms = (timegm(&tm) - offset_s) * 1000;
    return true;
}

struct found {
    struct str id;
    struct str secret;
    struct str token;
    bool profile;
};

static void take_line(struct found *f, struct str line)
{
    struct str value = line;
    struct str key = str_trim(str_cut(&value, '='));
    value = str_trim(value);
    if (str_eq_nocase(key, STR("aws_access_key_id")))
        f->id = value;
    else if (str_eq_nocase(key, STR("aws_secret_access_key")))
        f->secret = value;
    else if (str_eq_nocase(key, STR("aws_session_token")))
        f->token = value;
}

static void find_profile(struct str text, struct str profile, struct found *ret)
{
    bool inside = false;
    while (text.p) {
        struct str line = str_trim(str_cut(&text, '\n'));
        if (line.n && line.p[0] == '[') {
            struct str name = str_trim(str_sub(line, 1, str_ends(line, STR("]")) ? line.n - 1 : line.n));
            inside = str_eq(name, profile);
            ret->profile |= inside;
        } else if (inside && line.n && line.p[0] != '#' && line.p[0] != ';') {
            take_line(ret, line);
        }
    }
}

int credentials_parse_file(struct str text, struct str profile, struct credentials *ret, struct err *err)
{
    struct found f = {0};
    find_profile(text, profile, &f);
    if (!f.profile)
        return err_set(err, ERR_INVALID_ARGUMENT, "there is no profile [%.*s]", STR_ARG(profile));
    if (!f.id.n || !f.secret.n)
        return err_set(err, ERR_INVALID_ARGUMENT,
                       "profile [%.*s] has no aws_access_key_id with aws_secret_access_key",
                       STR_ARG(profile));
    *ret = (struct credentials){.access_key_id = copy(f.id), .secret = copy(f.secret)};
    if (f.token.n)
        ret->token = copy(f.token);
    return 0;
}

static int take_members(const json_t *json, struct credentials *ret, struct err *err)
{
    struct str id = json_member_str(json, "AccessKeyId");
    struct str secret = json_member_str(json, "SecretAccessKey");
    struct str token = json_member_str(json, "SessionToken");
    struct str expiration = json_member_str(json, "Expiration");
    int64_t expires_ms = 0;
    if (json_member_int(json, "Version", 0) != 1)
        return err_set(err, ERR_INVALID_ARGUMENT, "its JSON has no \"Version\": 1");
    if (!id.n || !secret.n)
        return err_set(err, ERR_INVALID_ARGUMENT, "its JSON lacks AccessKeyId or SecretAccessKey");
    if (expiration.n && !credentials_parse_time(expiration, &expires_ms))
        return err_set(err, ERR_INVALID_ARGUMENT,
                       "its Expiration is not a time such as 2026-11-26T12:00:00Z");
    *ret = (struct credentials){copy(id), copy(secret), token.n ? copy(token) : NULL, expires_ms};
    return 0;
}

int credentials_parse_process(struct str text, struct credentials *ret, struct err *err)
{
    struct err unused;
    json_auto_t *json = json_parse(text, &unused);
    if (!json || !json_is_object(json))
        return err_set(err, ERR_INVALID_ARGUMENT, "it printed no JSON object");
    return take_members(json, ret, err);
}
