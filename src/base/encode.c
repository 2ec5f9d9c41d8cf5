#include "base/encode.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void hex_encode(const void *p, size_t n, char *ret)
{
    const unsigned char *in = p;
    for (size_t i = 0; i < n; i++) {
        *ret++ = hex_digits[in[i] >> 4];
        *ret++ = hex_digits[in[i] & 15];
    }
    *ret = '\0';
}

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(struct str s, void *ret, size_t n)
{
    unsigned char *out = ret;
    if (s.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_value(s.p[2 * i]);
        int low = hex_value(s.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

void base64_add(struct buf *b, const void *p, size_t n)
{
    const unsigned char *in = p;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)in[i] << 16;
        if (left > 1)
            v |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            v |= in[i + 2];
        char out[4] = {base64_digits[v >> 18], base64_digits[v >> 12 & 63],
                       left > 1 ? base64_digits[v >> 6 & 63] : '=', left > 2 ? base64_digits[v & 63] : '='};
        buf_add(b, out, sizeof out);
    }
}

static int base64_value(char c)
{
    const char *at = c ? strchr(base64_digits, c) : NULL;
    return at ? (int)(at - base64_digits) : -1;
}

static size_t base64_padding(struct str s)
{
    return s.n && s.p[s.n - 1] == '=' ? (s.p[s.n - 2] == '=' ? 2 : 1) : 0;
}

bool base64_decode(struct str s, void *ret, size_t max, size_t *ret_n)
{
    if (s.n % 4 != 0)
        return false;
    size_t padding = base64_padding(s);
    size_t n = s.n / 4 * 3 - padding;
    if (n > max)
        return false;
    unsigned char *out = ret;
    size_t written = 0;
    for (size_t i = 0; i < s.n; i += 4) {
        uint32_t v = 0;
        for (size_t k = 0; k < 4; k++) {
            bool pad = i + k >= s.n - padding;
            int digit = pad ? 0 : base64_value(s.p[i + k]);
            if (digit < 0)
                return false;
            v = v << 6 | (uint32_t)digit;
        }
        for (size_t k = 0; k < 3 && written < n; k++)
            out[written++] = (unsigned char)(v >> (16 - 8 * k));
        if (i + 4 == s.n && v & ((1u << (8 * padding)) - 1))
            return false; /* bits that the padding says are not there */
    }
    *ret_n = n;
    return true;
}

static bool unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void uri_encode_add(struct buf *b, struct str s, bool keep_slash)
{
    static const char upper[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (unreserved((char)c) || (c == '/' && keep_slash)) {
            buf_add_char(b, (char)c);
        } else {
            char out[3] = {'%', upper[c >> 4], upper[c & 15]};
            buf_add(b, out, sizeof out);
        }
    }
}

bool uri_decode(struct arena *a, struct str s, bool plus, struct str *ret)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            if (s.n - i < 3 || !hex_decode(str_sub(s, i + 1, i + 3), &c, 1))
                return false;
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[n++] = c;
    }
    *ret = str_of(out, n);
    return true;
}
