#include "base/err.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const struct err_info infos[] = {
    {ERR_NONE, "ERR_NONE", "None", 200, "None", 200, "None", 200, ""},
#define ERR_ROW(code, json_name, json_status, s3_name, s3_status, query_name, query_status, doc)             \
    {code, #code, json_name, json_status, s3_name, s3_status, query_name, query_status, doc},
#include "base/errors.def"
#undef ERR_ROW
};

const struct err_info *err_info(enum err_code code)
{
    return (code > ERR_NONE && code < ERR_CODE_MAX) ? &infos[code] : &infos[ERR_INTERNAL];
}

static void set_text(struct err *err, enum err_code code, const char *fmt, va_list ap)
{
    char text[ERR_TEXT_MAX]; /* the arguments may lie in err->text */
    int n = vsnprintf(text, sizeof text, fmt, ap);
    if (n >= (int)sizeof text)
        text[utf8_floor(str_of(text, sizeof text - 1))] = '\0';
    memcpy(err->text, text, strlen(text) + 1);
    err->code = code;
    err->detail[0] = '\0';
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    set_text(err, code, fmt, ap);
    va_end(ap);
    return -1;
}

int err_setv(struct err *err, enum err_code code, const char *fmt, va_list ap)
{
    set_text(err, code, fmt, ap);
    return -1;
}

int err_set_detail(struct err *err, enum err_code code, const char *detail, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    set_text(err, code, fmt, ap);
    va_end(ap);
    snprintf(err->detail, sizeof err->detail, "%s", detail);
    return -1;
}

bool errno_is_no_space(int errno_value)
{
    return errno_value == ENOSPC || errno_value == EDQUOT;
}

int err_set_errno(struct err *err, int errno_value, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    set_text(err, errno_is_no_space(errno_value) ? ERR_NO_SPACE : ERR_INTERNAL, fmt, ap);
    va_end(ap);
    size_t n = strlen(err->text);
    snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(errno_value));
    return -1;
}
