/* Tables on standard output. */
#pragma once

#include "base/mem.h"
#include "base/str.h"

struct table;

/* Columns by their headings, ended by NULL; empty headings for all: none are printed. */
struct table *table_new(const char *const *headings);
void table_free_p(struct table **t);
#define CLEANUP_TABLE CLEANUP(table_free_p)
/* A row; as many texts as there are columns. They are copied. */
void table_add(struct table *t, const char *const *texts);
void table_print(struct table *t);
