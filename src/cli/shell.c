#include "cli/shell.h"

static bool plain(struct str s)
{
    static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-";
    for (size_t i = 0; i < s.n; i++)
        if (!s.p[i] || !strchr(harmless, s.p[i]))
            return false;
    return s.n > 0;
}

void shell_quote(struct buf *out, struct str text)
{
    if (plain(text)) {
        buf_add_str(out, text);
        return;
    }
    buf_add_char(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'')
            buf_add_cstr(out, "'\\''");
        else
            buf_add_char(out, text.p[i]);
    }
    buf_add_char(out, '\'');
}
