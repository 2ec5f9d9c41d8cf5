/* The AWS CLI that a shell would run. */
#pragma once

#include "base/err.h"

struct aws_cli {
    char *path; /* NULL: none on PATH */
    unsigned major;
    unsigned minor;
    bool too_old; /* it ignores AWS_ENDPOINT_URL and would talk to AWS itself */
};

/* Finds it and asks for its version, which takes a moment. -1 if it does not say one. */
int aws_cli_find(struct aws_cli *ret, struct err *err) MUST_CHECK;
void aws_cli_done(struct aws_cli *a);
/* "aws-cli/2.9.19 Python/3.11.2 ...". */
bool aws_cli_parse(struct str text, struct aws_cli *ret);

#define AWS_CLI_ADVICE                                                                                       \
    "AWS_ENDPOINT_URL is known from 2.13 and 1.29 on; install one of them, such as awscli from PyPI"
