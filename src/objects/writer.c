/* Bodies that come piece by piece: the loop collects bytes, the pool hashes and writes what has been
 * collected, one step at a time. */
#include "objects/private.h"

/* A step begins at CHUNK; the sender is asked to wait at FULL and to go on at half of it. */
enum { CHUNK_BYTES = 256 * 1024, FULL_BYTES = 1024 * 1024, BUFFER_BYTES_MAX = 16 * 1024 * 1024 };

struct object_writer {
    struct objects *objects;
    struct blob blob; /* the step's while `busy` */
    struct buf incoming;
    struct buf working;          /* the step's while `busy` */
    struct object_filter filter; /* the step's while `busy`; without functions: none */
    int64_t max_bytes;
    bool began;
    bool busy;
    bool full;
    bool finishing;
    bool aborted;
    bool failed;
    struct err err;
    void (*drained)(void *ctx);
    void *drained_ctx;
    object_body_fn *fn;
    void *ctx;

    bool step_last; /* set for the step */
    bool step_skip;
    bool step_failed; /* by the step */
    struct err step_err;
    struct object_body *body;
};

struct object_writer *object_writer_new(struct objects *o, int64_t max_bytes, void (*drained)(void *ctx),
                                        void *ctx)
{
    struct object_writer *w = mem_new(sizeof *w);
    w->objects = objects_ref(o);
    blob_init(&w->blob, &o->folder, OBJECT_INLINE_MAX);
    buf_init(&w->incoming, BUFFER_BYTES_MAX);
    buf_init(&w->working, BUFFER_BYTES_MAX);
    w->max_bytes = max_bytes;
    w->drained = drained;
    w->drained_ctx = ctx;
    return w;
}

void object_writer_digest(struct object_writer *w, enum digest_kind kind)
{
    REQUIRE(!w->began);
    blob_add_digest(&w->blob, kind);
}

void object_writer_filter(struct object_writer *w, const struct object_filter *filter)
{
    REQUIRE(!w->began && !w->filter.take);
    w->filter = *filter;
}

void object_writer_in_file(struct object_writer *w)
{
    REQUIRE(!w->began);
    w->blob.inline_max = 0;
}

static void writer_free(struct object_writer *w)
{
    blob_done(&w->blob);
    buf_done(&w->incoming);
    buf_done(&w->working);
    if (w->filter.free)
        w->filter.free(w->filter.ctx);
    objects_unref(w->objects);
    free(w);
}

/* --- Steps, on the pool --- */

static int write_content(void *ctx, struct str content, struct err *err)
{
    struct object_writer *w = ctx;
    if (w->blob.size + (int64_t)content.n > w->max_bytes)
        return err_set(err, ERR_TOO_LARGE, "The body has more than %lld bytes.", (long long)w->max_bytes);
    return blob_write(&w->blob, content, err);
}

static int write_collected(struct object_writer *w)
{
    struct str bytes = buf_str(&w->working);
    if (!w->filter.take)
        return write_content(w, bytes, &w->step_err);
    if (w->filter.take(w->filter.ctx, bytes, write_content, w, &w->step_err) < 0)
        return -1;
    return w->step_last ? w->filter.end(w->filter.ctx, &w->step_err) : 0;
}

static void step(void *ctx)
{
    struct object_writer *w = ctx;
    if (!w->step_skip)
        w->step_failed = write_collected(w) < 0;
    if (!w->step_skip && !w->step_failed && w->step_last) {
        w->body = blob_end(&w->blob, &w->step_err);
        w->step_failed = !w->body;
    }
    if (w->step_skip || w->step_failed)
        blob_done(&w->blob); /* here, as removing a large file blocks */
}

static void stepped(void *ctx);

static void start_step(struct object_writer *w)
{
    struct buf collected = w->incoming;
    w->incoming = w->working;
    w->working = collected;
    w->busy = true;
    w->step_last = w->finishing;
    w->step_skip = w->failed || w->aborted;
    w->step_failed = false;
    loop_work(w->objects->loop, step, stepped, w);
}

static void answer(struct object_writer *w)
{
    if (w->body)
        w->body->objects = objects_ref(w->objects);
    w->fn(w->ctx, w->body, w->failed ? &w->err : NULL);
    writer_free(w);
}

static void fail(struct object_writer *w, const struct err *err)
{
    if (!w->failed)
        w->err = *err;
    w->failed = true;
    buf_clear(&w->incoming);
}

const struct err *object_writer_error(const struct object_writer *w)
{
    return w->failed ? &w->err : NULL;
}

static void wake_sender(struct object_writer *w, bool failed_now)
{
    if (!failed_now && (!w->full || w->incoming.n > FULL_BYTES / 2))
        return;
    w->full = false;
    w->drained(w->drained_ctx);
}

static void stepped(void *ctx)
{
    struct object_writer *w = ctx;
    bool failed_now = w->step_failed; /* the next step's from its start on */
    w->busy = false;
    buf_clear(&w->working);
    if (failed_now)
        fail(w, &w->step_err);
    if (w->aborted && w->step_skip) {
        writer_free(w);
        return;
    }
    if (w->step_last) {
        answer(w);
        return;
    }
    if (w->aborted || w->finishing || w->incoming.n >= CHUNK_BYTES)
        start_step(w);
    if (!w->aborted && !w->finishing)
        wake_sender(w, failed_now);
}

/* --- The sender's side --- */

bool object_writer_add(struct object_writer *w, struct str bytes)
{
    if (w->failed)
        return true;
    w->began = true;
    buf_add_str(&w->incoming, bytes);
    REQUIRE(!w->incoming.overflow);
    if (!w->busy && w->incoming.n >= CHUNK_BYTES)
        start_step(w);
    w->full = w->incoming.n >= FULL_BYTES;
    return !w->full;
}

void object_writer_finish(struct object_writer *w, object_body_fn *fn, void *ctx)
{
    w->finishing = true;
    w->fn = fn;
    w->ctx = ctx;
    if (!w->busy)
        start_step(w);
}

void object_writer_abort(struct object_writer *w)
{
    REQUIRE(!w->finishing);
    w->aborted = true;
    if (!w->busy)
        start_step(w);
}
