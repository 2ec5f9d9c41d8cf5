#include "fixture.h"

#include "base/buf.h"
#include "objects/private.h"

#include <dirent.h>
#include <fcntl.h>

int objects_setup(void **state)
{
    struct objects_fixture *o = mem_new(sizeof *o);
    fixture_setup((void **)&o->f);
    struct err err;
    o->objects = objects_open(o->f->loop, o->f->store, o->f->dir, &err);
    if (!o->objects)
        fail_msg("%s", err.text);
    save_bucket(o->f, "b");
    *state = o;
    return 0;
}

int objects_teardown(void **state)
{
    struct objects_fixture *o = *state;
    objects_close(o->objects);
    fixture_teardown((void **)&o->f);
    free(o);
    return 0;
}

void objects_reopen(struct objects_fixture *o)
{
    struct err err;
    objects_close(o->objects);
    fixture_reopen(o->f);
    o->objects = objects_open(o->f->loop, o->f->store, o->f->dir, &err);
    assert_non_null(o->objects);
}

static size_t entries(const char *path)
{
    size_t n = 0;
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

size_t blob_files(const struct objects_fixture *o)
{
    char path[128];
    snprintf(path, sizeof path, "%s/blobs/tmp", o->f->dir);
    size_t n = entries(path);
    for (unsigned i = 0; i < 256; i++) {
        snprintf(path, sizeof path, "%s/blobs/%02x", o->f->dir, i);
        n += entries(path);
    }
    return n;
}

void loop_turn_until(struct objects_fixture *o, const bool *flag)
{
    while (!*flag)
        uv_run(loop_uv(o->f->loop), UV_RUN_ONCE);
}

void sweep_wait(struct objects_fixture *o)
{
    uv_loop_t *uv = loop_uv(o->f->loop);
    while (o->objects->sweeping || o->objects->leftovers || uv->active_reqs.count > 0)
        uv_run(uv, UV_RUN_ONCE);
}

void on_body(void *ctx, struct object_body *body, const struct err *err)
{
    struct body_answer *a = ctx;
    assert_false(a->answered);
    assert_true((body == NULL) == (err != NULL));
    a->answered = true;
    a->body = body;
    if (err)
        a->err = *err;
}

struct object_body *body_wait(struct objects_fixture *o, struct body_answer *a)
{
    loop_turn_until(o, &a->answered);
    return a->body;
}

static struct str read_fd(struct objects_fixture *o, int fd)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 64 * 1024 * 1024);
    ssize_t n;
    while ((n = read(fd, buf_reserve(&b, 65536), 65536)) > 0)
        b.n += (size_t)n;
    assert_int_equal(n, 0);
    close(fd);
    return arena_str(o->f->arena, buf_str(&b));
}

enum err_code put_wait(struct objects_fixture *o, struct str key, struct object_body *body)
{
    struct store_batch *b = store_batch_new(o->f->store);
    struct object_put put = {.bucket = STR("b"), .key = key, .content_type = STR("x/y"), .meta = STR("{}")};
    objects_add(o->objects, b, &put, body);
    return commit_wait(o->f, b);
}

int blob_fd(struct objects_fixture *o, struct str blob_id, struct err *err)
{
    const struct object_piece piece = {blob_id, 0, 1};
    struct http_pieces pieces;
    struct http_piece opened;
    if (objects_read(o->objects, &piece, 1, 0, 1, &pieces, err) < 0)
        return -1;
    assert_true(pieces.next(pieces.ctx, &opened));
    pieces.done(pieces.ctx);
    return opened.fd;
}

struct str content_wait(struct objects_fixture *o, struct str key)
{
    const struct object_record *r = object_wait(o->f, "b", key);
    assert_non_null(r);
    if (!r->pieces.p)
        return r->body;
    struct err err;
    int fd = blob_fd(o, str_sub(r->pieces, 0, 32), &err);
    if (fd < 0)
        fail_msg("%s", err.text);
    return read_fd(o, fd);
}

struct object_body *body_of(struct objects_fixture *o, struct str bytes)
{
    struct body_answer a = {0};
    struct object_writer *w = object_writer_new(o->objects, (int64_t)bytes.n, NULL, NULL);
    object_writer_add(w, bytes);
    object_writer_finish(w, on_body, &a);
    return body_wait(o, &a);
}
