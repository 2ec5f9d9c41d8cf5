/* glaux env: lines for a shell, so that its AWS clients talk to the server. */
#include "aws/key_file.h"
#include "base/clock.h"
#include "base/jsonw.h"
#include "cli/aws_cli.h"
#include "cli/commands.h"
#include "cli/shell.h"

enum { OUTPUT_MAX = 16 * 1024 };

struct variable {
    const char *name;
    const char *value;
};

/* Each of these would go before one of the exported ones, or belong to other credentials. */
static const char *const unset[] = {
    "AWS_SESSION_TOKEN",         "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION", "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",       "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ENDPOINT_URL_ATHENA",   "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_GLUE",     "AWS_ENDPOINT_URL_STS",
};

static int find_key(const char *dir, const char *id, struct access_key *ret, struct err *err)
{
    CLEANUP_KEYS struct key_list list = {0};
    if (!id)
        return key_file_ensure(dir, clock_wall_ms(&clock_system), ret, err);
    if (key_file_load(dir, &list, err) < 0)
        return -1;
    for (size_t i = 0; i < list.count; i++) {
        if (strcmp(list.items[i].id, id) != 0)
            continue;
        *ret = list.items[i];
        return ret->status == KEY_ACTIVE ? 0
                                         : err_set(err, ERR_INVALID_ARGUMENT,
                                                   "access key %s is disabled (glaux key enable %s)", id, id);
    }
    return err_set(err, ERR_INVALID_ARGUMENT, "there is no access key %s (glaux key list shows them)", id);
}

static void warn(const struct invocation *v)
{
    struct aws_cli aws;
    struct err ignored; /* one that does not tell its version: doctor speaks of it */
    if (data_folder_owner(v->data) == 0)
        invocation_warn("no server runs on %s now", v->data);
    if (aws_cli_find(&aws, &ignored) == 0 && aws.too_old)
        invocation_warn("%s is version %u.%u, which ignores AWS_ENDPOINT_URL and would talk to AWS "
                        "itself. " AWS_CLI_ADVICE,
                        aws.path, aws.major, aws.minor);
    aws_cli_done(&aws);
}

static void add_lines(const struct variable *set, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "export %s=", set[i].name);
        shell_quote(out, str_from(set[i].value));
        buf_add_char(out, '\n');
    }
    buf_add_cstr(out, "unset");
    for (size_t i = 0; i < ARRAY_SIZE(unset); i++)
        buf_printf(out, " %s", unset[i]);
    buf_add_char(out, '\n');
}

static void add_json(const struct variable *set, size_t count, struct buf *out)
{
    struct jsonw w;
    jsonw_init(&w, out);
    jsonw_object(&w);
    for (size_t i = 0; i < count; i++)
        jsonw_member_str(&w, set[i].name, str_from(set[i].value));
    jsonw_end_object(&w);
    buf_add_char(out, '\n');
}

int env_run(const struct invocation *v, struct err *err)
{
    struct server_info info;
    struct access_key key;
    CLEANUP_BUF struct buf out;
    buf_init(&out, OUTPUT_MAX);
    if (invocation_server(v, &info, err) < 0 || find_key(v->data, v->args.key, &key, err) < 0)
        return EXIT_FAILED;
    const struct variable set[] = {
        {"AWS_ENDPOINT_URL", info.url},        {"AWS_ACCESS_KEY_ID", key.id},
        {"AWS_SECRET_ACCESS_KEY", key.secret}, {"AWS_DEFAULT_REGION", info.region},
        {"AWS_REGION", info.region},
    };
    (v->args.json ? add_json : add_lines)(set, ARRAY_SIZE(set), &out);
    warn(v);
    invocation_print(&out);
    return EXIT_OK;
}
