#include "base/utf8.h"

static bool continues(struct str s, size_t i)
{
    return i < s.n && ((unsigned char)s.p[i] & 0xC0) == 0x80;
}

static uint32_t six(struct str s, size_t i)
{
    return (unsigned char)s.p[i] & 0x3Fu;
}

size_t utf8_char(struct str s, uint32_t *ret_code_point)
{
    if (s.n == 0)
        return 0;
    unsigned char c = (unsigned char)s.p[0];
    size_t n = c < 0x80                ? 1
               : c >= 0xC2 && c < 0xE0 ? 2
               : c >= 0xE0 && c < 0xF0 ? 3
               : c >= 0xF0 && c < 0xF5 ? 4
                                       : 0;
    if (n == 0)
        return 0;
    uint32_t v = n == 1 ? c : c & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (!continues(s, i))
            return 0;
        v = v << 6 | six(s, i);
    }
    if ((n == 3 && v < 0x800) || (n == 4 && (v < 0x10000 || v > 0x10FFFF)) || (v >= 0xD800 && v < 0xE000))
        return 0;
    if (ret_code_point)
        *ret_code_point = v;
    return n;
}

bool utf8_valid(struct str s)
{
    for (size_t i = 0, n; i < s.n; i += n)
        if ((n = utf8_char(str_sub(s, i, s.n), NULL)) == 0)
            return false;
    return true;
}

size_t utf8_count(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++)
        count += !continues(s, i);
    return count;
}

size_t utf8_floor(struct str s)
{
    size_t back = 0;
    while (back < 3 && back < s.n && continues(s, s.n - 1 - back))
        back++;
    if (back == s.n)
        return s.n;
    size_t start = s.n - 1 - back;
    unsigned char c = (unsigned char)s.p[start];
    size_t want = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    return start + want > s.n ? start : s.n;
}

void utf8_add_valid(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t n = utf8_char(str_sub(s, i, s.n), NULL);
        buf_add_str(b, n ? str_sub(s, i, i + n) : STR("\xEF\xBF\xBD"));
        i += n ? n : 1;
    }
}
