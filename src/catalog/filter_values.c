#include "catalog/filter_values.h"

#include "base/utf8.h"
#include "catalog/names.h"

static bool is_type(struct str type, const char *name)
{
    struct str rest = type;
    return str_eq_nocase(str_trim(str_cut(&rest, '(')), str_from(name));
}

enum filter_type filter_type_of(struct str type)
{
    static const char *const whole[] = {"tinyint", "smallint", "int",   "integer",
                                        "bigint",  "long",     "short", "byte"};
    static const char *const decimal[] = {"float", "double", "decimal", "numeric", "real"};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (is_type(type, whole[i]))
            return FILTER_WHOLE;
    for (size_t i = 0; i < sizeof decimal / sizeof decimal[0]; i++)
        if (is_type(type, decimal[i]))
            return FILTER_DECIMAL;
    return is_type(type, "date") ? FILTER_DATE : is_type(type, "timestamp") ? FILTER_TIME : FILTER_TEXT;
}

static bool read_whole(struct str text, int64_t *ret)
{
    if (text.n > 1 && text.p[0] == '+')
        text = str_sub(text, 1, text.n);
    return str_to_i64(text, ret);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A sign, digits and a fraction; compared as they are written, so that no digit is lost. */
static bool read_decimal(struct str text)
{
    size_t i = text.n && (text.p[0] == '-' || text.p[0] == '+') ? 1 : 0, digits = 0, points = 0;
    for (; i < text.n; i++) {
        digits += is_digit(text.p[i]);
        points += text.p[i] == '.';
        if (!is_digit(text.p[i]) && text.p[i] != '.')
            return false;
    }
    return digits && points <= 1;
}

/* Without sign, leading and trailing zeros; the number of digits before the point. */
static struct str significant(struct str text, bool *negative, size_t *whole)
{
    *negative = text.p[0] == '-';
    if (text.p[0] == '-' || text.p[0] == '+')
        text = str_sub(text, 1, text.n);
    while (text.n && text.p[0] == '0')
        text = str_sub(text, 1, text.n);
    size_t point = str_find(text, '.');
    *whole = point == SIZE_MAX ? text.n : point;
    while (point != SIZE_MAX && text.n > point && (text.p[text.n - 1] == '0' || text.p[text.n - 1] == '.'))
        text.n--;
    return text;
}

static int decimal_cmp(struct str a, struct str b)
{
    bool minus_a, minus_b;
    size_t whole_a, whole_b;
    a = significant(a, &minus_a, &whole_a);
    b = significant(b, &minus_b, &whole_b);
    minus_a = minus_a && a.n;
    minus_b = minus_b && b.n;
    if (minus_a != minus_b)
        return minus_a ? -1 : 1;
    int order = whole_a != whole_b ? (whole_a < whole_b ? -1 : 1) : str_cmp(a, b);
    return minus_a ? -order : order;
}

/* Dates and times in their written form sort by their bytes, once the parts have their full width. */
static bool read_date(struct str text)
{
    if (text.n < 10 || text.p[4] != '-' || text.p[7] != '-')
        return false;
    for (size_t i = 0; i < 10; i++)
        if (i != 4 && i != 7 && !is_digit(text.p[i]))
            return false;
    return true;
}

bool filter_value_read(enum filter_type type, struct str text, struct filter_value *ret)
{
    *ret = (struct filter_value){.text = text};
    switch (type) {
    case FILTER_TEXT: return true;
    case FILTER_WHOLE: return read_whole(text, &ret->number);
    case FILTER_DECIMAL: return read_decimal(text);
    case FILTER_DATE: ret->text = str_sub(text, 0, 10); return text.n == 10 && read_date(text);
    case FILTER_TIME: return read_date(text);
    }
    return false;
}

/* "2024-01-01 00:00:00" and "2024-01-01T00:00:00.0" are one time, and a date is its midnight. */
static int time_cmp(struct str a, struct str b)
{
    static const char zero[] = "0000-00-00 00:00:00.000000000";
    for (size_t i = 0; i < a.n || i < b.n; i++) {
        char fill = i < sizeof zero - 1 ? zero[i] : '0';
        char x = i < a.n ? a.p[i] : fill, y = i < b.n ? b.p[i] : fill;
        if (i == 10) {
            x = x == 'T' ? ' ' : x;
            y = y == 'T' ? ' ' : y;
        }
        if (x != y)
            return (unsigned char)x < (unsigned char)y ? -1 : 1;
    }
    return 0;
}

int filter_value_cmp(enum filter_type type, const struct filter_value *a, const struct filter_value *b)
{
    switch (type) {
    case FILTER_WHOLE: return (a->number > b->number) - (a->number < b->number);
    case FILTER_DECIMAL: return decimal_cmp(a->text, b->text);
    case FILTER_TIME: return time_cmp(a->text, b->text);
    case FILTER_TEXT:
    case FILTER_DATE: break;
    }
    return str_cmp(a->text, b->text);
}

bool filter_is_null(struct str text)
{
    return text.n == 0 || str_is(text, CATALOG_NULL_VALUE);
}

/* The length of the pattern's element at `at`; *any: it is '%'. */
static size_t element(struct str pattern, size_t at, bool *any)
{
    *any = pattern.p[at] == '%' || (pattern.p[at] == '.' && at + 1 < pattern.n && pattern.p[at + 1] == '*');
    return pattern.p[at] == '\\' && at + 1 < pattern.n ? 2 : *any && pattern.p[at] == '.' ? 2 : 1;
}

static size_t char_bytes(struct str text, size_t at)
{
    uint32_t code;
    size_t n = utf8_char(str_sub(text, at, text.n), &code);
    return n ? n : 1;
}

bool filter_like(struct str pattern, struct str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < text.n) {
        bool any = false;
        size_t n = p < pattern.n ? element(pattern, p, &any) : 0;
        if (n && any) {
            p += n;
            star = p;
            mark = t;
        } else if (n == 1 && pattern.p[p] == '_') {
            p++;
            t += char_bytes(text, t);
        } else if (n && pattern.p[p + n - 1] == text.p[t]) {
            p += n;
            t++;
        } else if (star != SIZE_MAX) {
            p = star;
            t = ++mark;
        } else {
            return false;
        }
    }
    bool any = true;
    while (p < pattern.n && any)
        p += element(pattern, p, &any);
    return any;
}
