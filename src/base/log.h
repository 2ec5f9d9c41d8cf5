/* The log: one line an event on standard error, logfmt or JSON. Thread-safe; a line is written by one
 * write(2). Values from outside are quoted and their control characters escaped. */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_field {
    const char *key; /* NULL ends the list */
    struct str text; /* absent: the number counts */
    int64_t number;
};

#define F_STR(key_, s_) ((struct log_field){.key = (key_), .text = (s_)})
#define F_CSTR(key_, c_) F_STR(key_, str_from(c_))
#define F_INT(key_, i_) ((struct log_field){.key = (key_), .number = (int64_t)(i_)})
#define F_ERR(err_) F_CSTR("error", (err_)->text)

#define log_debug(subject, message, ...) LOG_LINE(LOG_DEBUG, subject, message, __VA_ARGS__)
#define log_info(subject, message, ...) LOG_LINE(LOG_INFO, subject, message, __VA_ARGS__)
#define log_warn(subject, message, ...) LOG_LINE(LOG_WARN, subject, message, __VA_ARGS__)
#define log_error(subject, message, ...) LOG_LINE(LOG_ERROR, subject, message, __VA_ARGS__)
/* `subject` is the folder's name ("http", "core", ...), `message` lower case without a final period. Further
 * arguments are fields: log_info("core", "session started", F_STR("session_id", id)). */
#define LOG_LINE(level, subject, message, ...)                                                               \
    log_write(level, subject, message, (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}})

void log_setup(enum log_level least, enum log_format format);
bool log_enabled(enum log_level level);
void log_write(enum log_level level, const char *subject, const char *message,
               const struct log_field *fields);
/* Where lines go instead of descriptor 2; for tests. */
void log_set_fd(int fd);
