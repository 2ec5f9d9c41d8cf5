#include "base/glob.h"

static bool same(char a, char b, bool nocase)
{
    return a == b || (nocase && str_eq_nocase(str_of(&a, 1), str_of(&b, 1)));
}

/* After a mismatch only the last star is tried again with one character more: no pattern costs more than the
 * product of both lengths. */
static bool fits(struct str pattern, struct str name, bool nocase)
{
    size_t p = 0, n = 0, star = SIZE_MAX, from = 0;
    while (n < name.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            from = n;
        } else if (p < pattern.n && same(pattern.p[p], name.p[n], nocase)) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

bool glob_fits(struct str pattern, struct str name)
{
    return fits(pattern, name, false);
}

bool glob_fits_nocase(struct str pattern, struct str name)
{
    return fits(pattern, name, true);
}
