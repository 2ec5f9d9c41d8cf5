/* The content of a copy on its way into a body: durable before anything is done with it. */
#include "remote/copy/copy_to.h"
#include "objects/s3/tags.h"

enum { REFUSAL_MAX = 64 * 1024 };

/* --- Life --- */

static void release(struct copy_to *t)
{
    if (t->copy || t->answers)
        return;
    buf_done(&t->refusal);
    free(t);
}

void copy_to_expect(struct copy_to *t)
{
    t->answers++;
}

struct copy *copy_to_answered(struct copy_to *t)
{
    struct copy *c = t->copy;
    t->answers--;
    release(t);
    return c;
}

/* --- The bytes --- */

static void on_body(void *ctx, struct object_body *body, const struct err *err)
{
    struct copy_to *t = ctx;
    struct copy *c = copy_to_answered(t);
    if (!c || err) {
        object_body_free(body);
        if (c)
            copy_fail(c, err);
        return;
    }
    struct arena *a = c->call->req->arena;
    t->etag = arena_str(a, str_from(object_body_info(body)->etag));
    t->checksum.value = s3_checksum_text(&t->checksum, object_body_digest(body, t->checksum.kind), a);
    if (c->to_remote)
        copy_there_send(t, body);
    else
        copy_here_commit(t, body);
}

static void write_on(struct copy_to *t)
{
    struct copy *c = t->copy;
    const struct err *err = object_writer_error(t->writer);
    if (err) {
        copy_fail_soon(c, err);
        return;
    }
    struct str content = copy_content(c);
    if (content.n && !t->full) {
        t->full = !object_writer_add(t->writer, content);
        copy_consume(c, content.n);
    }
    if (!copy_is_whole(c) || copy_content(c).n)
        return;
    copy_to_expect(t);
    object_writer_finish(TAKE(t->writer), on_body, t);
}

static void on_drained(void *ctx)
{
    struct copy_to *t = ctx;
    t->full = false;
    if (t->writer)
        write_on(t);
}

void copy_to_write(struct copy_to *t)
{
    struct s3_endpoint *e = t->copy->call->endpoint;
    t->writer = object_writer_new(e->objects, e->config.max_object_bytes, on_drained, t);
    object_writer_digest(t->writer, t->checksum.kind);
    if (t->copy->is_part && !t->copy->to_remote)
        object_writer_in_file(t->writer);
    write_on(t);
}

/* --- The target --- */

int copy_to_check(struct copy *c, struct err *err)
{
    if (s3_tags_of_header(c->call, &c->tags_asked, err) < 0)
        return -1;
    return c->to_remote ? 0 : copy_here_check(c, err);
}

struct copy_to *copy_to_open(struct copy *c)
{
    struct copy_to *t = mem_new(sizeof *t);
    t->copy = c;
    buf_init(&t->refusal, REFUSAL_MAX);
    if (c->replace_tags)
        c->tags = c->tags_asked;
    if (c->to_remote)
        copy_there_open(t);
    else
        copy_here_open(t);
    return t;
}

void copy_to_go_on(struct copy_to *t)
{
    if (t->put)
        stream_go_on(t->put);
    else if (t->writer)
        write_on(t);
}

void copy_to_close(struct copy_to *t)
{
    if (!t)
        return;
    t->copy = NULL;
    copy_there_close(t);
    if (t->writer)
        object_writer_abort(TAKE(t->writer));
    release(t);
}
