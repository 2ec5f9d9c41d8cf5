#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/timefmt.h"
#include "base/utf8.h"

#include <stdatomic.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 16 * 1024, VALUE_MAX_BYTES = 4 * 1024 };

static atomic_int least_level = LOG_INFO;
static atomic_int line_format = LOG_LOGFMT;
static atomic_int line_fd = STDERR_FILENO;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_setup(enum log_level least, enum log_format format)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&line_format, (int)format);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load(&least_level);
}

void log_set_fd(int fd)
{
    atomic_store(&line_fd, fd);
}

static struct str cut(struct str s)
{
    return s.n > VALUE_MAX_BYTES ? str_sub(s, 0, utf8_floor(str_sub(s, 0, VALUE_MAX_BYTES))) : s;
}

static bool plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7F)
            return false;
    }
    return s.n > 0;
}

static void add_logfmt(struct buf *b, const char *key, struct str value)
{
    buf_printf(b, " %s=", key);
    if (plain(value))
        buf_add_str(b, value);
    else
        jsonw_escape(b, value);
}

static void line_logfmt(struct buf *b, const char *time, enum log_level level, const char *subject,
                        const char *message, const struct log_field *f)
{
    buf_printf(b, "time=%s level=%s subject=%s", time, level_names[level], subject);
    add_logfmt(b, "msg", str_from(message));
    for (; f->key; f++) {
        if (f->text.p)
            add_logfmt(b, f->key, cut(f->text));
        else
            buf_printf(b, " %s=%lld", f->key, (long long)f->number);
    }
}

static void line_json(struct buf *b, const char *time, enum log_level level, const char *subject,
                      const char *message, const struct log_field *f)
{
    struct jsonw w;
    jsonw_init(&w, b);
    jsonw_object(&w);
    jsonw_member_str(&w, "time", str_from(time));
    jsonw_member_str(&w, "level", str_from(level_names[level]));
    jsonw_member_str(&w, "subject", str_from(subject));
    jsonw_member_str(&w, "msg", str_from(message));
    for (; f->key; f++) {
        if (f->text.p)
            jsonw_member_str(&w, f->key, cut(f->text));
        else
            jsonw_member_int(&w, f->key, f->number);
    }
    jsonw_end_object(&w);
}

static void add_line(struct buf *b, enum log_level level, const char *subject, const char *message,
                     const struct log_field *fields)
{
    char time[TIME_TEXT_MAX];
    time_format_iso(clock_wall_ms(&clock_system), time);
    if (atomic_load(&line_format) == LOG_JSON)
        line_json(b, time, level, subject, message, fields);
    else
        line_logfmt(b, time, level, subject, message, fields);
    buf_add_char(b, '\n');
}

void log_write(enum log_level level, const char *subject, const char *message, const struct log_field *fields)
{
    if (!log_enabled(level))
        return;
    CLEANUP_BUF struct buf b;
    buf_init(&b, LINE_MAX_BYTES);
    add_line(&b, level, subject, message, fields);
    if (b.overflow) {
        buf_clear(&b);
        add_line(&b, level, subject, message,
                 (const struct log_field[]){F_CSTR("cut", "fields too long"), {0}});
    }
    (void)!write(atomic_load(&line_fd), b.p, b.n);
}
