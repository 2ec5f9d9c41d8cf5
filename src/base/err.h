/* Errors. A function that can fail returns 0 or -1 (or NULL) and takes `struct err *` last; on failure it
 * fills it with a code and one sentence that a person can act on. The error is answered or logged once, by
 * the caller that has the context; libraries do not log. On success `*err` is untouched. */
#pragma once

#include "base/mem.h"
#include "base/str.h"

#include <stdarg.h>

enum err_code {
    ERR_NONE = 0,
#define ERR_ROW(code, json_name, json_status, s3_name, s3_status, query_name, query_status, doc) code,
#include "base/errors.def"
#undef ERR_ROW
    ERR_CODE_MAX
};

enum { ERR_TEXT_MAX = 1024, ERR_DETAIL_MAX = 64 };

struct err {
    enum err_code code;
    char text[ERR_TEXT_MAX];
    /* AthenaErrorCode, Reason or ResourceName of the exception, Region or HeadersNotSigned of S3's, by its
     * kind; empty if none. */
    char detail[ERR_DETAIL_MAX];
};

struct err_info {
    enum err_code code;
    const char *symbol;
    const char *json_name; /* exception of AWS JSON 1.1 */
    int json_status;
    const char *s3_name; /* code of S3's XML */
    int s3_status;
    const char *query_name; /* code of the query protocol's XML (STS) */
    int query_status;
    const char *doc;
};

/* The row of the code; ERR_INTERNAL's for a code that is none. */
const struct err_info *err_info(enum err_code code);

/* Fills `err` (text is cut at its size, at a character border) and returns -1, for `return err_set(...)`. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
int err_setv(struct err *err, enum err_code code, const char *fmt, va_list ap);
/* As err_set, with the exception's further member. */
int err_set_detail(struct err *err, enum err_code code, const char *detail, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* ERR_INTERNAL, or ERR_NO_SPACE where errno says that, with errno's text at the end: "what: No space left on
 * device". */
int err_set_errno(struct err *err, int errno_value, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Whether it says that a disk, or a user's part of it, is full. */
bool errno_is_no_space(int errno_value);
