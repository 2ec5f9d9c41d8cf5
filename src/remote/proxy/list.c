#include "remote/proxy/list.h"

#include "base/encode.h"
#include "objects/s3/operation.h"
#include "remote/proxy/list_merge.h"
#include "remote/remote_private.h"
#include "remote/request.h"

enum {
    ANSWER_MAX = 4 * 1024 * 1024,
    PAGE_ARENA_MAX = XML_READ_ARENA_BYTES + 8 * ANSWER_MAX, /* the text, its tree, and its names twice */
    ARENA_MAX = 16 * 1024 * 1024,                           /* what waits here, and a page of both */
    QUERY_MAX = 32 * 1024,
    TOKEN_MAX = 4096,
    EMPTY_PAGES_MAX = 20
};

/* The last code point: keys that begin with a common prefix and it are as good as none. The store's own mark
 * of a prefix's end (0xFF) is no UTF-8, and no remote's business. */
static const struct str last_character = STR("\xF4\x8F\xBF\xBF");

struct listing {
    struct s3_call *call;
    struct remote *remote;
    struct arena *arena;
    struct arena *page; /* of the remote's last answer */
    struct s3_list q;
    struct list_side here;
    struct str token; /* the remote's, behind a page with nothing on it */
    unsigned empty_pages;
};

static void ask(struct listing *g);

static void end(struct listing *g)
{
    remote_unref(g->remote);
    arena_free(g->page);
    arena_free(g->arena);
}

static void fail(struct listing *g, const struct err *err)
{
    struct s3_call *call = g->call;
    struct err own;
    err_set(&own, err->code, "The store of the bucket (remote %s) did not list it: %.500s",
            g->remote->config.name, err->text);
    end(g);
    s3_fail(call, &own);
}

/* --- The answer --- */

static void write_object(struct buf *xml, const struct listing *g, const struct listed *one)
{
    if (one->here) {
        s3_list_object(xml, g->call, &g->q, one->here);
        return;
    }
    buf_add_cstr(xml, "<Contents>");
    s3_list_key(xml, &g->q, "Key", one->name);
    for (const struct xml_node *child = one->there->first; child; child = child->next)
        if (!str_is(child->name, "Key"))
            xml_write(xml, child);
    buf_add_cstr(xml, "</Contents>");
}

static void write_lines(struct buf *xml, const struct listing *g, const struct merged_list *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (!m->items[i].is_prefix)
            write_object(xml, g, &m->items[i]);
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i].is_prefix)
            s3_list_prefixes(xml, &g->q, &m->items[i].name, 1);
}

static void answer(struct listing *g, const struct list_side *there)
{
    CLEANUP_BUF struct buf xml;
    struct s3_call *call = g->call;
    struct merged_list m;
    list_merge(g->arena, &g->q, &g->here, there, &m);
    struct store_object_page page = {
        .object_count = m.count, .truncated = m.truncated, .next_start_after = m.next};
    s3_xml_begin(&xml, "ListBucketResult");
    s3_list_head(&xml, call, &g->q, &page);
    write_lines(&xml, g, &m);
    s3_xml_end(&xml, "ListBucketResult");
    end(g);
    s3_respond_xml(call, &xml);
}

/* --- What the remote says --- */

static struct str text_of(const struct xml_node *node, const char *name)
{
    const struct xml_node *child = xml_child(node, name);
    return child ? child->text : STR_NULL;
}

/* A line of its page; false for an element that is none. */
static bool read_line(struct listing *g, const struct xml_node *node, bool encoded, struct listed *ret)
{
    bool is_prefix = str_is(node->name, "CommonPrefixes");
    if (!is_prefix && !str_is(node->name, "Contents"))
        return false;
    struct str name = text_of(node, is_prefix ? "Prefix" : "Key");
    if (encoded && !uri_decode(g->page, name, true, &name))
        return false;
    *ret = (struct listed){.name = name, .is_prefix = is_prefix, .there = is_prefix ? NULL : node};
    /* It goes on behind this prefix, which was on the page before. */
    return name.n && !(is_prefix && str_eq(s3_list_behind_prefix(g->page, name), g->q.from));
}

static int compare_lines(const void *a, const void *b)
{
    return str_cmp(((const struct listed *)a)->name, ((const struct listed *)b)->name);
}

static void read_page(struct listing *g, const struct xml_node *root, struct list_side *ret)
{
    bool encoded = str_is(text_of(root, "EncodingType"), "url");
    size_t room = 0;
    for (const struct xml_node *node = root->first; node; node = node->next)
        room++;
    struct listed *items = arena_array(g->page, room, sizeof *items);
    *ret = (struct list_side){.items = items, .truncated = str_is(text_of(root, "IsTruncated"), "true")};
    for (const struct xml_node *node = root->first; node; node = node->next)
        ret->count += read_line(g, node, encoded, &items[ret->count]);
    qsort(items, ret->count, sizeof *items, compare_lines);
}

static void take_page(struct listing *g, const struct xml_node *root)
{
    struct list_side there;
    struct err err;
    read_page(g, root, &there);
    struct str token = text_of(root, "NextContinuationToken");
    if (!there.truncated || there.count) {
        answer(g, &there);
    } else if (token.n && token.n <= TOKEN_MAX && ++g->empty_pages < EMPTY_PAGES_MAX) {
        g->token = arena_str(g->arena, token);
        ask(g);
    } else {
        err_set(&err, ERR_UNAVAILABLE, "its pages have nothing on them");
        fail(g, &err);
    }
}

static void on_answer(void *ctx, const struct remote_answer *a, const struct err *err)
{
    struct listing *g = ctx;
    struct err unread;
    arena_reset(g->page);
    const struct xml_node *root = a ? xml_read(g->page, arena_str(g->page, a->body), &unread) : NULL;
    if (err) {
        fail(g, err);
    } else if (!root || !str_is(root->name, "ListBucketResult")) {
        err_set(&unread, ERR_UNAVAILABLE, "its answer is no list");
        fail(g, &unread);
    } else {
        take_page(g, root);
    }
}

/* --- The question --- */

static void add(struct buf *query, const char *name, struct str value)
{
    if (!value.n)
        return;
    buf_printf(query, "&%s=", name);
    uri_encode_add(query, value, false);
}

static struct str start_after(struct listing *g)
{
    struct str from = g->q.from;
    if (!from.n || (unsigned char)from.p[from.n - 1] != 0xFF)
        return from;
    return arena_printf(g->arena, "%.*s%.*s", STR_ARG(str_sub(from, 0, from.n - 1)), STR_ARG(last_character));
}

static void ask(struct listing *g)
{
    CLEANUP_BUF struct buf query;
    buf_init(&query, QUERY_MAX);
    buf_printf(&query, "list-type=2&encoding-type=url&max-keys=%lld", (long long)g->q.max_keys);
    add(&query, "prefix", g->q.prefix);
    add(&query, "delimiter", g->q.delimiter);
    add(&query, "continuation-token", g->token);
    if (!g->token.n)
        add(&query, "start-after", start_after(g));
    if (g->q.with_owner)
        buf_add_cstr(&query, "&fetch-owner=true");
    struct remote_request r = {
        .method = STR("GET"),
        .bucket = g->call->target.bucket,
        .query = arena_str(g->arena, buf_str(&query)),
        .once = true,
        .answer_max = ANSWER_MAX,
    };
    (void)remote_send(g->remote, &r, on_answer, g);
}

/* --- */

/* What waits now: what is delivered while the remote answers is on the page in any case. */
static void look_here(struct listing *g, const struct deliveries *d)
{
    struct object_record *keys;
    struct listed *items;
    size_t n = deliveries_below(d, g->call->target.bucket, g->q.prefix, g->q.from, &keys);
    size_t max = (size_t)g->q.max_keys + 1;
    g->here.count = list_roll_up(g->arena, &g->q, keys, n, max, &items);
    g->here.items = items;
    g->here.truncated = g->here.count == max;
    free(keys);
}

static bool is_list(const struct s3_call *call, enum s3_list_kind *ret)
{
    const char *name = call->operation ? call->operation->name : "";
    *ret = strcmp(name, "ListObjects") == 0 ? S3_LIST_V1 : S3_LIST_V2;
    return *ret == S3_LIST_V1 || strcmp(name, "ListObjectsV2") == 0;
}

/* A list that has begun as the remote's own goes on as one: what began to wait later need not be on it. */
bool remote_list(struct remote *r, const struct deliveries *d, struct s3_call *call)
{
    struct listing *g = arena_alloc(call->req->arena, sizeof *g);
    enum s3_list_kind kind;
    struct err err;
    struct str token = s3_query_get(&call->query, "continuation-token");
    if (!is_list(call, &kind) || (token.n && !s3_list_token_is_ours(token)))
        return false;
    if (s3_list_parse(call->req->arena, &call->query, kind, &g->q, &err) < 0) {
        s3_fail(call, &err);
        return true;
    }
    g->call = call;
    g->arena = arena_new(ARENA_MAX);
    g->page = arena_new(PAGE_ARENA_MAX);
    g->remote = remote_ref(r);
    look_here(g, d);
    if ((!g->here.count && !token.n) || !g->q.max_keys) {
        end(g);
        return false;
    }
    ask(g);
    return true;
}
