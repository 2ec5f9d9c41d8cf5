#include "objects/s3/xml_read.h"

#include "base/buf.h"
#include "base/xml.h"

struct reader {
    struct arena *arena;
    struct str rest;
    size_t nodes;
    unsigned depth;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct reader *r)
{
    while (r->rest.n && is_space(r->rest.p[0]))
        r->rest = str_sub(r->rest, 1, r->rest.n);
}

static bool skip(struct reader *r, struct str prefix)
{
    if (!str_starts(r->rest, prefix))
        return false;
    r->rest = str_sub(r->rest, prefix.n, r->rest.n);
    return true;
}

static bool skip_behind(struct reader *r, struct str end)
{
    for (; r->rest.n; r->rest = str_sub(r->rest, 1, r->rest.n))
        if (skip(r, end))
            return true;
    return false;
}

/* Comments, processing instructions and white space. */
static bool skip_misc(struct reader *r)
{
    for (;;) {
        skip_space(r);
        if (skip(r, STR("<!--"))) {
            if (!skip_behind(r, STR("-->")))
                return false;
        } else if (skip(r, STR("<?"))) {
            if (!skip_behind(r, STR("?>")))
                return false;
        } else {
            return true;
        }
    }
}

/* --- Text --- */

static void add_code_point(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_add_char(out, (char)c);
    } else if (c < 0x800) {
        buf_add_char(out, (char)(0xC0 | c >> 6));
        buf_add_char(out, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        buf_add_char(out, (char)(0xE0 | c >> 12));
        buf_add_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_add_char(out, (char)(0x80 | (c & 0x3F)));
    } else {
        buf_add_char(out, (char)(0xF0 | c >> 18));
        buf_add_char(out, (char)(0x80 | (c >> 12 & 0x3F)));
        buf_add_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
        buf_add_char(out, (char)(0x80 | (c & 0x3F)));
    }
}

static int digit_of(char c, bool hexadecimal)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (hexadecimal && c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (hexadecimal && c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* "#65" and "#x41". */
static bool add_character(struct buf *out, struct str name)
{
    bool hexadecimal = str_starts(name, STR("#x"));
    uint32_t c = 0;
    name = str_sub(name, hexadecimal ? 2 : 1, name.n);
    if (!name.n || name.n > 7)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        int digit = digit_of(name.p[i], hexadecimal);
        if (digit < 0)
            return false;
        c = c * (hexadecimal ? 16 : 10) + (uint32_t)digit;
    }
    if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return false;
    add_code_point(out, c);
    return true;
}

static bool add_entity(struct buf *out, struct str name)
{
    static const struct {
        const char *name;
        char c;
    } known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (str_is(name, known[i].name)) {
            buf_add_char(out, known[i].c);
            return true;
        }
    }
    return str_starts(name, STR("#")) && add_character(out, name);
}

static bool read_entity(struct reader *r, struct buf *out)
{
    enum { ENTITY_MAX = 12 };
    size_t end = str_find(str_sub(r->rest, 0, ENTITY_MAX), ';');
    if (end == SIZE_MAX || !add_entity(out, str_sub(r->rest, 1, end)))
        return false;
    r->rest = str_sub(r->rest, end + 1, r->rest.n);
    return true;
}

static bool read_cdata(struct reader *r, struct buf *out)
{
    struct str from = r->rest;
    if (!skip_behind(r, STR("]]>")))
        return false;
    buf_add_str(out, str_sub(from, 0, from.n - r->rest.n - 3));
    return true;
}

/* Up to the next tag. */
static bool read_text(struct reader *r, struct buf *out)
{
    while (r->rest.n) {
        if (skip(r, STR("<![CDATA["))) {
            if (!read_cdata(r, out))
                return false;
        } else if (r->rest.p[0] == '<') {
            return true;
        } else if (r->rest.p[0] == '&') {
            if (!read_entity(r, out))
                return false;
        } else {
            buf_add_char(out, r->rest.p[0]);
            r->rest = str_sub(r->rest, 1, r->rest.n);
        }
    }
    return false;
}

/* --- Elements --- */

static bool ends_name(char c)
{
    return is_space(c) || c == '>' || c == '/' || c == '<' || c == '=' || c == '"' || c == '\'' || c == '&';
}

static struct str read_name(struct reader *r)
{
    size_t n = 0;
    while (n < r->rest.n && !ends_name(r->rest.p[n]))
        n++;
    struct str name = str_sub(r->rest, 0, n);
    r->rest = str_sub(r->rest, n, r->rest.n);
    return name;
}

static struct str local_name(struct str name)
{
    size_t colon = str_find(name, ':');
    return colon == SIZE_MAX ? name : str_sub(name, colon + 1, name.n);
}

/* name="value" or name='value', skipped. */
static bool skip_attribute(struct reader *r)
{
    if (!read_name(r).n)
        return false;
    skip_space(r);
    if (!skip(r, STR("=")))
        return false;
    skip_space(r);
    if (skip(r, STR("\"")))
        return skip_behind(r, STR("\""));
    return skip(r, STR("'")) && skip_behind(r, STR("'"));
}

/* Behind the name of an opening tag; `*ret_empty` for "<a/>". */
static bool end_of_tag(struct reader *r, bool *ret_empty)
{
    for (;;) {
        skip_space(r);
        *ret_empty = skip(r, STR("/>"));
        if (*ret_empty || skip(r, STR(">")))
            return true;
        if (!skip_attribute(r))
            return false;
    }
}

static struct xml_node *read_element(struct reader *r);

static bool closes(struct reader *r, struct str name)
{
    if (!str_eq(read_name(r), name))
        return false;
    skip_space(r);
    return skip(r, STR(">"));
}

/* Behind an opening tag: children or text, up to the closing one. */
static bool read_content(struct reader *r, struct xml_node *node, struct str raw_name)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, r->rest.n);
    struct xml_node **link = &node->first;
    for (;;) {
        if (!read_text(r, &text))
            return false;
        if (skip(r, STR("</")))
            break;
        if (str_starts(r->rest, STR("<!--")) || str_starts(r->rest, STR("<?"))) {
            if (!skip_misc(r))
                return false;
            continue;
        }
        *link = read_element(r);
        if (!*link)
            return false;
        link = &(*link)->next;
    }
    node->text = node->first ? STR("") : arena_str(r->arena, buf_str(&text));
    return closes(r, raw_name);
}

static struct xml_node *read_element(struct reader *r)
{
    bool empty;
    if (!skip(r, STR("<")) || ++r->nodes > XML_READ_NODES_MAX || r->depth == XML_READ_DEPTH_MAX)
        return NULL;
    struct xml_node *node = arena_alloc(r->arena, sizeof *node);
    struct str raw_name = read_name(r);
    node->name = local_name(raw_name);
    node->text = STR("");
    if (!node->name.n || !end_of_tag(r, &empty))
        return NULL;
    if (empty)
        return node;
    r->depth++;
    bool good = read_content(r, node, raw_name);
    r->depth--;
    return good ? node : NULL;
}

int xml_malformed(struct err *err)
{
    return err_set(err, ERR_SERIALIZATION,
                   "The XML you provided was not well-formed or did not validate against our published "
                   "schema");
}

const struct xml_node *xml_read(struct arena *arena, struct str text, struct err *err)
{
    struct reader r = {.arena = arena, .rest = text};
    struct xml_node *root = NULL;
    skip(&r, STR("\xEF\xBB\xBF"));
    if (xml_text_valid(text) && skip_misc(&r))
        root = read_element(&r);
    if (root && (!skip_misc(&r) || r.rest.n))
        root = NULL;
    if (!root)
        xml_malformed(err);
    return root;
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
    for (const struct xml_node *child = node->first; child; child = child->next)
        if (str_is(child->name, name))
            return child;
    return NULL;
}

void xml_write(struct buf *out, const struct xml_node *node)
{
    buf_printf(out, "<%.*s>", STR_ARG(node->name));
    xml_escape(out, node->text);
    for (const struct xml_node *child = node->first; child; child = child->next)
        xml_write(out, child);
    buf_printf(out, "</%.*s>", STR_ARG(node->name));
}
