#include "remote/folder.h"

#include "base/encode.h"
#include "base/timefmt.h"
#include "remote/delete_request.h"
#include "remote/remote_private.h"

enum {
    PAGE_KEYS = 1000, /* as many as one DeleteObjects takes */
    ANSWER_MAX = 4 * 1024 * 1024,
    PAGE_ARENA_MAX = XML_READ_ARENA_BYTES + 8 * ANSWER_MAX,
    ARENA_MAX = 64 * 1024,
    QUERY_MAX = 16 * 1024,
    TEXT_SHOWN_MAX = 200,
    CLOCK_STEP_MS = 1000, /* of HTTP's dates */
    OLD_DATE_MS = 60 * 1000,
};

struct folder {
    struct remote *remote;
    struct arena *arena; /* of what was asked for */
    struct arena *page;  /* of the page that is worked on */
    struct str bucket;
    struct str prefix;
    struct buf after; /* the last key of the page before */
    int64_t before_ms;
    struct delete_request request; /* of the page */
    bool truncated;
    remote_folder_fn *fn;
    void *ctx;
};

static struct folder *folder_new(struct remote *r, struct str bucket, struct str prefix, remote_folder_fn *fn,
                                 void *ctx)
{
    struct folder *f = mem_new(sizeof *f);
    *f = (struct folder){.remote = remote_ref(r), .fn = fn, .ctx = ctx};
    f->arena = arena_new(ARENA_MAX);
    f->page = arena_new(PAGE_ARENA_MAX);
    f->bucket = arena_str(f->arena, bucket);
    f->prefix = arena_str(f->arena, prefix);
    buf_init(&f->after, QUERY_MAX);
    return f;
}

static void end(struct folder *f, const struct err *err)
{
    remote_folder_fn *fn = f->fn;
    void *ctx = f->ctx;
    buf_done(&f->after);
    remote_unref(f->remote);
    arena_free(f->page);
    arena_free(f->arena);
    free(f);
    fn(ctx, err);
}

static void end_unreadable(struct folder *f, const char *what)
{
    struct err err;
    err_set(&err, ERR_UNAVAILABLE, "The answer of remote %s is no %s.", f->remote->config.name, what);
    end(f, &err);
}

/* --- What lies below --- */

static void list(struct folder *f, int max_keys, remote_fn *fn)
{
    CLEANUP_BUF struct buf query;
    buf_init(&query, QUERY_MAX);
    buf_printf(&query, "list-type=2&encoding-type=url&max-keys=%d&prefix=", max_keys);
    uri_encode_add(&query, f->prefix, false);
    if (f->after.n) {
        buf_add_cstr(&query, "&start-after=");
        uri_encode_add(&query, buf_str(&f->after), false);
    }
    arena_reset(f->page);
    struct remote_request r = {.method = STR("GET"),
                               .bucket = f->bucket,
                               .query = arena_str(f->page, buf_str(&query)),
                               .answer_max = ANSWER_MAX};
    (void)remote_send(f->remote, &r, fn, f);
}

/* NULL if it is none. */
static const struct xml_node *read_list(struct folder *f, const struct remote_answer *a)
{
    struct err unread;
    const struct xml_node *root = xml_read(f->page, arena_str(f->page, a->body), &unread);
    return root && str_is(root->name, "ListBucketResult") ? root : NULL;
}

/* --- Made --- */

static void on_made(void *ctx, const struct remote_answer *a, const struct err *err)
{
    (void)a;
    end(ctx, err);
}

static void put(struct folder *f)
{
    static const struct http_header headers[] = {{STR("Content-Type"), STR("application/x-directory")}};
    struct remote_request r = {.method = STR("PUT"),
                               .bucket = f->bucket,
                               .key = f->prefix,
                               .headers = headers,
                               .header_count = ARRAY_SIZE(headers),
                               .body = STR("")};
    (void)remote_send(f->remote, &r, on_made, f);
}

static void on_looked(void *ctx, const struct remote_answer *a, const struct err *err)
{
    struct folder *f = ctx;
    const struct xml_node *root = a ? read_list(f, a) : NULL;
    if (err)
        end(f, err);
    else if (!root)
        end_unreadable(f, "list");
    else if (xml_child(root, "Contents"))
        end(f, NULL);
    else
        put(f);
}

void remote_folder_make(struct remote *r, struct str bucket, struct str prefix, remote_folder_fn *fn,
                        void *ctx)
{
    list(folder_new(r, bucket, prefix, fn, ctx), 1, on_looked);
}

/* --- Removed --- */

static void list_page(struct folder *f);

static void go_on(struct folder *f)
{
    if (f->truncated)
        list_page(f);
    else
        end(f, NULL);
}

static struct str text_of(const struct xml_node *node, const char *name)
{
    const struct xml_node *child = xml_child(node, name);
    return child ? child->text : STR_NULL;
}

static void on_deleted(void *ctx, const struct remote_answer *a, const struct err *err)
{
    struct folder *f = ctx;
    const struct xml_node *root = a ? delete_request_read(a, f->page) : NULL;
    const struct xml_node *refused = root ? xml_child(root, "Error") : NULL;
    struct err failed;
    delete_request_done(&f->request);
    if (err) {
        end(f, err);
    } else if (!root) {
        end_unreadable(f, "result of a deletion");
    } else if (refused) {
        err_set(&failed, ERR_UNAVAILABLE, "remote %s did not delete %.*s: %.*s", f->remote->config.name,
                STR_ARG(str_sub(text_of(refused, "Key"), 0, TEXT_SHOWN_MAX)),
                STR_ARG(str_sub(text_of(refused, "Message"), 0, TEXT_SHOWN_MAX)));
        end(f, &failed);
    } else {
        go_on(f);
    }
}

/* The drop's time by the remote's clock, to the end of the second that its dates have. Servers that make the
 * Date once a second send an old one when they are busy: a clock is not taken to be behind for that. */
static int64_t before_theirs(const struct folder *f, const struct remote_answer *a)
{
    int64_t theirs_ms, now_ms = clock_wall_ms(f->remote->clock);
    if (!time_parse_http(http_header(a->headers, "date"), &theirs_ms))
        theirs_ms = now_ms;
    int64_t ahead_ms = theirs_ms - now_ms;
    if (ahead_ms < 0 && ahead_ms > -OLD_DATE_MS)
        ahead_ms = 0;
    return f->before_ms + ahead_ms + CLOCK_STEP_MS;
}

static bool is_older(const struct xml_node *contents, int64_t before_ms)
{
    int64_t modified_ms;
    return time_parse_iso(text_of(contents, "LastModified"), &modified_ms) && modified_ms <= before_ms;
}

/* The next page is what follows the last key. A remote that does not go on would be asked for ever. */
static bool take_last(struct folder *f, struct str last)
{
    bool went_on = str_cmp(last, buf_str(&f->after)) > 0;
    buf_clear(&f->after);
    buf_add_str(&f->after, last);
    return went_on;
}

/* How many keys of the page are to go; -1 where the page cannot be read, or is not the next one. */
static int take_page(struct folder *f, const struct xml_node *root, int64_t before_ms)
{
    bool encoded = str_is(text_of(root, "EncodingType"), "url");
    struct str last = STR("");
    int n = 0;
    f->truncated = str_is(text_of(root, "IsTruncated"), "true");
    for (const struct xml_node *node = root->first; node; node = node->next) {
        struct str key = text_of(node, "Key");
        if (!str_is(node->name, "Contents"))
            continue;
        if ((encoded && !uri_decode(f->page, key, true, &key)) || !str_starts(key, f->prefix))
            return -1;
        last = key;
        if (is_older(node, before_ms) && n < PAGE_KEYS) {
            delete_request_add(&f->request, key, STR_NULL, STR_NULL);
            n++;
        }
    }
    return f->truncated && !take_last(f, last) ? -1 : n;
}

static void on_page(void *ctx, const struct remote_answer *a, const struct err *err)
{
    struct folder *f = ctx;
    const struct xml_node *root = a ? read_list(f, a) : NULL;
    if (err) {
        end(f, err);
        return;
    }
    delete_request_init(&f->request);
    int n = root ? take_page(f, root, before_theirs(f, a)) : -1;
    if (n > 0) {
        delete_request_send(&f->request, f->remote, f->bucket, false, on_deleted, f);
        return;
    }
    delete_request_done(&f->request);
    if (n < 0)
        end_unreadable(f, "list");
    else
        go_on(f);
}

static void list_page(struct folder *f)
{
    list(f, PAGE_KEYS, on_page);
}

void remote_folder_remove(struct remote *r, struct str bucket, struct str prefix, int64_t before_ms,
                          remote_folder_fn *fn, void *ctx)
{
    struct folder *f = folder_new(r, bucket, prefix, fn, ctx);
    f->before_ms = before_ms;
    list_page(f);
}
