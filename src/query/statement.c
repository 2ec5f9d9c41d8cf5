#include "query/statement.h"

#include <ctype.h>

enum { WORDS = 3 };

/* --- Words: identifiers in any case; quoted text, comments and signs lie between them --- */

struct reader {
    struct str text;
    size_t at;
    int depth; /* of parentheses */
};

static char peek(const struct reader *r, size_t ahead)
{
    return r->at + ahead < r->text.n ? r->text.p[r->at + ahead] : '\0';
}

static bool skip_line_comment(struct reader *r)
{
    if (peek(r, 0) != '-' || peek(r, 1) != '-')
        return false;
    while (r->at < r->text.n && r->text.p[r->at] != '\n')
        r->at++;
    return true;
}

static bool skip_block_comment(struct reader *r)
{
    if (peek(r, 0) != '/' || peek(r, 1) != '*')
        return false;
    r->at += 2;
    while (r->at < r->text.n && !(peek(r, 0) == '*' && peek(r, 1) == '/'))
        r->at++;
    r->at = r->at < r->text.n ? r->at + 2 : r->text.n;
    return true;
}

static bool skip_blank(struct reader *r)
{
    size_t from = r->at;
    for (;;) {
        if (r->at < r->text.n && isspace((unsigned char)r->text.p[r->at]))
            r->at++;
        else if (!skip_line_comment(r) && !skip_block_comment(r))
            return r->at > from;
    }
}

/* In strings a backslash hides what follows; a doubled quote reads as two quoted parts, which does as well.
 */
static bool skip_quoted(struct reader *r)
{
    char quote = peek(r, 0);
    if (quote != '\'' && quote != '"' && quote != '`')
        return false;
    for (r->at++; r->at < r->text.n && r->text.p[r->at] != quote; r->at++)
        if (quote != '`' && r->text.p[r->at] == '\\')
            r->at++;
    r->at = r->at < r->text.n ? r->at + 1 : r->text.n;
    return true;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* The next word; a quoted part, or a sign, is an empty one. False at the end. */
static bool next_word(struct reader *r, struct str *ret)
{
    skip_blank(r);
    size_t from = r->at;
    *ret = STR("");
    if (r->at >= r->text.n)
        return false;
    if (skip_quoted(r))
        return true;
    while (r->at < r->text.n && is_word_char(r->text.p[r->at]))
        r->at++;
    if (r->at > from) {
        *ret = str_sub(r->text, from, r->at);
        return true;
    }
    char sign = r->text.p[r->at++];
    r->depth += (sign == '(') - (sign == ')');
    return true;
}

/* --- Statements --- */

struct kind {
    const char *words[WORDS];
    const char *type;
    const char *substatement;
};

#define DDL "DDL"
#define UTILITY "UTILITY"

static const struct kind kinds[] = {
    {{"CREATE", "DATABASE"}, DDL, "CREATE_DATABASE"},
    {{"CREATE", "SCHEMA"}, DDL, "CREATE_DATABASE"},
    {{"CREATE", "EXTERNAL", "TABLE"}, DDL, "CREATE_TABLE"},
    {{"CREATE", "TABLE"}, DDL, "CREATE_TABLE"},
    {{"DROP", "DATABASE"}, DDL, "DROP_DATABASE"},
    {{"DROP", "SCHEMA"}, DDL, "DROP_DATABASE"},
    {{"DROP", "TABLE"}, DDL, "DROP_TABLE"},
    {{"DROP", "VIEW"}, DDL, "DROP_VIEW"},
    {{"ALTER", "DATABASE"}, DDL, "ALTER_DATABASE"},
    {{"ALTER", "SCHEMA"}, DDL, "ALTER_DATABASE"},
    {{"ALTER", "TABLE"}, DDL, "ALTER_TABLE"},
    {{"MSCK", "REPAIR", "TABLE"}, DDL, "MSCK_REPAIR_TABLE"},
    {{"SHOW", "DATABASES"}, UTILITY, "SHOW_DATABASES"},
    {{"SHOW", "SCHEMAS"}, UTILITY, "SHOW_DATABASES"},
    {{"SHOW", "TABLES"}, UTILITY, "SHOW_TABLES"},
    {{"SHOW", "VIEWS"}, UTILITY, "SHOW_VIEWS"},
    {{"SHOW", "PARTITIONS"}, UTILITY, "SHOW_PARTITIONS"},
    {{"SHOW", "COLUMNS"}, UTILITY, "SHOW_COLUMNS"},
    {{"SHOW", "CREATE", "TABLE"}, UTILITY, "SHOW_CREATE_TABLE"},
    {{"SHOW", "TBLPROPERTIES"}, UTILITY, "SHOW_TBLPROPERTIES"},
    {{"DESCRIBE"}, UTILITY, "DESCRIBE_TABLE"},
    {{"DESC"}, UTILITY, "DESCRIBE_TABLE"},
};

static bool is_kind(const struct kind *k, const struct str words[WORDS])
{
    for (size_t i = 0; i < WORDS && k->words[i]; i++)
        if (!str_eq_nocase(words[i], str_from(k->words[i])))
            return false;
    return true;
}

static const struct kind *find_kind(struct reader *r)
{
    struct str words[WORDS];
    for (size_t i = 0; i < WORDS; i++)
        next_word(r, &words[i]);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (is_kind(&kinds[i], words))
            return &kinds[i];
    return NULL;
}

static bool begins_query(struct str word)
{
    static const char *const words[] = {"FROM", "SELECT", "TABLE", "VALUES"};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (str_eq_nocase(word, str_from(words[i])))
            return true;
    return false;
}

/* A query where DDL has definitions only: at the statement's own level, behind AS, or first in parentheses.
 * Spark's AS may be left out; in definitions such words are quoted. */
static bool has_query(struct str text)
{
    struct reader r = {.text = text};
    struct str word, before = STR("");
    bool named = false; /* behind CREATE [EXTERNAL] TABLE */
    for (int depth = 0; next_word(&r, &word);) {
        bool opened = r.depth > depth;
        bool here = r.depth == 0 || opened || str_eq_nocase(before, STR("AS"));
        if (named && here && begins_query(word))
            return true;
        named |= str_eq_nocase(word, STR("TABLE"));
        depth = word.n ? r.depth : depth;
        if (word.n)
            before = word;
    }
    return false;
}

static int malformed(struct err *err, const char *what)
{
    return err_set_detail(err, ERR_INVALID_REQUEST, "MALFORMED_QUERY", "%s", what);
}

/* The end of the only statement: what follows a semicolon is blank. */
static int cut_end(struct str *text, struct err *err)
{
    struct reader r = {.text = *text};
    struct str word;
    size_t end = 0;
    for (;;) {
        skip_blank(&r);
        if (r.at >= text->n)
            break;
        if (peek(&r, 0) == ';') {
            r.at++;
            skip_blank(&r);
            if (r.at < text->n)
                return malformed(err, "Only one sql statement is allowed.");
            break;
        }
        next_word(&r, &word);
        end = r.at;
    }
    *text = str_sub(*text, 0, end);
    return 0;
}

int statement_read(struct str text, struct statement *ret, struct err *err)
{
    struct reader r = {.text = text};
    skip_blank(&r);
    struct str rest = str_sub(text, r.at, text.n);
    if (cut_end(&rest, err) < 0)
        return -1;
    if (!rest.n)
        return malformed(err, "Query string is empty.");
    r = (struct reader){.text = rest};
    const struct kind *k = find_kind(&r);
    if (!k || (str_is(str_from(k->substatement), "CREATE_TABLE") && has_query(rest)))
        return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT",
                              "This server runs statements that define and describe databases and tables "
                              "(CREATE, DROP and ALTER of databases and tables, SHOW, DESCRIBE, MSCK REPAIR "
                              "TABLE); it runs no other SQL. Use a Spark session for queries.");
    *ret = (struct statement){rest, k->type, k->substatement};
    return 0;
}
