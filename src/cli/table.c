#include "cli/table.h"

#include <libsmartcols.h>

struct table {
    struct libscols_table *scols;
    size_t columns;
};

struct table *table_new(const char *const *headings)
{
    struct table *t = mem_new(sizeof *t);
    bool named = false;
    scols_init_debug(0);
    t->scols = scols_new_table();
    REQUIRE(t->scols);
    for (; headings[t->columns]; t->columns++) {
        named = named || headings[t->columns][0];
        REQUIRE(scols_table_new_column(t->scols, headings[t->columns], 0, 0));
    }
    scols_table_enable_noheadings(t->scols, !named);
    return t;
}

void table_free_p(struct table **t)
{
    if (*t)
        scols_unref_table((*t)->scols);
    free(*t);
}

void table_add(struct table *t, const char *const *texts)
{
    struct libscols_line *line = scols_table_new_line(t->scols, NULL);
    REQUIRE(line);
    for (size_t i = 0; i < t->columns; i++)
        REQUIRE(scols_line_set_data(line, i, texts[i]) == 0);
}

void table_print(struct table *t)
{
    scols_print_table(t->scols);
}
