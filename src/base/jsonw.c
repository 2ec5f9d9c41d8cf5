#include "base/jsonw.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void jsonw_init(struct jsonw *w, struct buf *out)
{
    *w = (struct jsonw){.out = out};
}

static void before_value(struct jsonw *w)
{
    if (w->after_key)
        w->after_key = false;
    else if (w->not_first[w->depth])
        buf_add_char(w->out, ',');
    w->not_first[w->depth] = true;
}

static void open_level(struct jsonw *w, char bracket)
{
    before_value(w);
    buf_add_char(w->out, bracket);
    REQUIRE(w->depth + 1 < JSONW_DEPTH_MAX);
    w->not_first[++w->depth] = false;
}

static void close_level(struct jsonw *w, char bracket)
{
    REQUIRE(w->depth > 0);
    w->depth--;
    buf_add_char(w->out, bracket);
}

void jsonw_object(struct jsonw *w)
{
    open_level(w, '{');
}

void jsonw_end_object(struct jsonw *w)
{
    close_level(w, '}');
}

void jsonw_array(struct jsonw *w)
{
    open_level(w, '[');
}

void jsonw_end_array(struct jsonw *w)
{
    close_level(w, ']');
}

void jsonw_key(struct jsonw *w, struct str key)
{
    before_value(w);
    jsonw_escape(w->out, key);
    buf_add_char(w->out, ':');
    w->after_key = true;
}

void jsonw_str(struct jsonw *w, struct str value)
{
    before_value(w);
    jsonw_escape(w->out, value);
}

void jsonw_int(struct jsonw *w, int64_t value)
{
    before_value(w);
    buf_printf(w->out, "%lld", (long long)value);
}

void jsonw_double(struct jsonw *w, double value)
{
    before_value(w);
    if (!isfinite(value)) {
        buf_add_cstr(w->out, "null");
        return;
    }
    char text[32];
    int digits = 15;
    do
        snprintf(text, sizeof text, "%.*g", digits, value);
    while (strtod(text, NULL) != value && digits++ < 17);
    buf_add_cstr(w->out, text);
}

void jsonw_bool(struct jsonw *w, bool value)
{
    before_value(w);
    buf_add_cstr(w->out, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w)
{
    before_value(w);
    buf_add_cstr(w->out, "null");
}

void jsonw_time_ms(struct jsonw *w, int64_t ms)
{
    before_value(w);
    buf_printf(w->out, "%s%lld.%03d", ms < 0 ? "-" : "", (long long)(ms < 0 ? -ms : ms) / 1000,
               (int)((ms < 0 ? -ms : ms) % 1000));
}

void jsonw_member_str(struct jsonw *w, const char *key, struct str value)
{
    jsonw_key(w, str_from(key));
    jsonw_str(w, value);
}

void jsonw_member_int(struct jsonw *w, const char *key, int64_t value)
{
    jsonw_key(w, str_from(key));
    jsonw_int(w, value);
}

void jsonw_member_bool(struct jsonw *w, const char *key, bool value)
{
    jsonw_key(w, str_from(key));
    jsonw_bool(w, value);
}

static void add_control(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"': buf_add_cstr(out, "\\\""); break;
    case '\\': buf_add_cstr(out, "\\\\"); break;
    case '\n': buf_add_cstr(out, "\\n"); break;
    case '\r': buf_add_cstr(out, "\\r"); break;
    case '\t': buf_add_cstr(out, "\\t"); break;
    default: buf_printf(out, "\\u%04x", c);
    }
}

static bool goes_as_is(unsigned char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

void jsonw_escape(struct buf *out, struct str s)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.n;) {
        size_t run = i;
        while (run < s.n && goes_as_is((unsigned char)s.p[run]))
            run++;
        buf_add(out, s.p + i, run - i);
        i = run;
        if (i == s.n)
            break;
        unsigned char c = (unsigned char)s.p[i];
        size_t n = c < 0x80 ? 1 : utf8_char(str_sub(s, i, s.n), NULL);
        if (c < 0x80)
            add_control(out, c);
        else
            buf_add_str(out, n ? str_sub(s, i, i + n) : STR("\xEF\xBF\xBD"));
        i += n ? n : 1;
    }
    buf_add_char(out, '"');
}
