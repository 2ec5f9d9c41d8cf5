#include "base/xml.h"

#include "base/utf8.h"

static const char *escape_of(uint32_t c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&apos;";
    case '\r': return "&#13;";
    default: return NULL;
    }
}

/* XML 1.0's Char production. */
static bool allowed(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xFFFE && c != 0xFFFF);
}

void xml_escape(struct buf *out, struct str text)
{
    while (text.n) {
        uint32_t c = 0;
        size_t n = utf8_char(text, &c);
        const char *escape = escape_of(c);
        if (n == 0 || !allowed(c))
            buf_add_cstr(out, "\xEF\xBF\xBD");
        else if (escape)
            buf_add_cstr(out, escape);
        else
            buf_add(out, text.p, n);
        text = str_sub(text, n ? n : 1, text.n);
    }
}

void xml_element(struct buf *out, const char *name, struct str text)
{
    if (!text.p)
        return;
    buf_printf(out, "<%s>", name);
    xml_escape(out, text);
    buf_printf(out, "</%s>", name);
}
