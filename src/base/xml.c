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

static void escape(struct buf *out, struct str text, bool exact)
{
    while (text.n) {
        uint32_t c = 0;
        size_t n = utf8_char(text, &c);
        const char *known = escape_of(c);
        if (n && exact && !allowed(c))
            buf_printf(out, "&#x%X;", (unsigned)c);
        else if (n == 0 || !allowed(c))
            buf_add_cstr(out, "\xEF\xBF\xBD");
        else if (known)
            buf_add_cstr(out, known);
        else
            buf_add(out, text.p, n);
        text = str_sub(text, n ? n : 1, text.n);
    }
}

static void element(struct buf *out, const char *name, struct str text, bool exact)
{
    if (!text.p)
        return;
    buf_printf(out, "<%s>", name);
    escape(out, text, exact);
    buf_printf(out, "</%s>", name);
}

void xml_escape(struct buf *out, struct str text)
{
    escape(out, text, false);
}

void xml_element(struct buf *out, const char *name, struct str text)
{
    element(out, name, text, false);
}

void xml_element_exact(struct buf *out, const char *name, struct str text)
{
    element(out, name, text, true);
}

bool xml_text_valid(struct str text)
{
    while (text.n) {
        uint32_t c;
        size_t n = utf8_char(text, &c);
        if (n == 0 || !allowed(c))
            return false;
        text = str_sub(text, n, text.n);
    }
    return true;
}
