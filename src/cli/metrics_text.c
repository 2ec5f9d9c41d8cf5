#include "cli/metrics_text.h"

int64_t metrics_text_value(struct str text, const char *series)
{
    struct str name = str_from(series);
    while (text.p) {
        struct str line = str_cut(&text, '\n');
        int64_t value;
        if (line.n > name.n && line.p[name.n] == ' ' && str_starts(line, name) &&
            str_to_i64(str_trim(str_sub(line, name.n, line.n)), &value))
            return value;
    }
    return -1;
}
