#include "cli/aws_cli.h"

#include "cli/program.h"

enum { ANSWER_TIMEOUT_MS = 20000, ANSWER_MAX = 4096 };

/* https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
static bool knows_endpoint_url(unsigned major, unsigned minor)
{
    return major > 2 || (major == 2 && minor >= 13) || (major == 1 && minor >= 29);
}

bool aws_cli_parse(struct str text, struct aws_cli *ret)
{
    uint64_t major, minor;
    if (!str_starts(text, STR("aws-cli/")))
        return false;
    struct str rest = str_sub(text, sizeof "aws-cli/" - 1, SIZE_MAX);
    if (!str_to_u64(str_cut(&rest, '.'), &major) || !str_to_u64(str_cut(&rest, '.'), &minor) ||
        major > 1000 || minor > 1000000)
        return false;
    ret->major = (unsigned)major;
    ret->minor = (unsigned)minor;
    ret->too_old = !knows_endpoint_url(ret->major, ret->minor);
    return true;
}

int aws_cli_find(struct aws_cli *ret, struct err *err)
{
    CLEANUP_BUF struct buf answer;
    int status;
    buf_init(&answer, ANSWER_MAX);
    *ret = (struct aws_cli){.path = program_find("aws")};
    if (!ret->path)
        return 0;
    if (program_run((char *[]){ret->path, (char[]){"--version"}, NULL}, ANSWER_TIMEOUT_MS, &answer, &status,
                    err) < 0)
        return -1;
    if (status == 0 && aws_cli_parse(buf_str(&answer), ret))
        return 0;
    return err_set(err, ERR_INTERNAL, "%s --version does not say its version", ret->path);
}

void aws_cli_done(struct aws_cli *a)
{
    free(a->path);
    *a = (struct aws_cli){0};
}
