#include "remote/stream.h"

#include <stdio.h>

struct stream {
    struct remote *remote;
    struct stream_request request;
    const struct transfer_events *events;
    void *ctx;
    struct timer later;
    struct credential_wait keys;
    bool waits_for_keys;
    struct transfer *transfer; /* NULL: not sent yet */
};

static void destroy(struct stream *s)
{
    timer_stop(loop_timers(s->remote->loop), &s->later);
    if (s->waits_for_keys)
        credential_source_forget(&s->keys);
    if (s->transfer)
        transfer_cancel(s->transfer);
    remote_unref(s->remote);
    free(s);
}

static void end(struct stream *s, const struct err *err)
{
    const struct transfer_events *events = s->events;
    void *ctx = s->ctx;
    destroy(s);
    events->done(ctx, err);
}

/* --- The transfer's events, for who asked --- */

static size_t on_read(void *ctx, char *to, size_t max)
{
    const struct stream *s = ctx;
    return s->events->read ? s->events->read(s->ctx, to, max) : 0;
}

static bool on_rewind(void *ctx)
{
    const struct stream *s = ctx;
    return s->events->rewind && s->events->rewind(s->ctx);
}

static void on_head(void *ctx, int status, const struct http_headers *headers)
{
    const struct stream *s = ctx;
    char why[32];
    snprintf(why, sizeof why, "status %d", status);
    if (status >= 500 && status != 501)
        remote_note_silence(s->remote, why);
    else
        remote_note_answer(s->remote);
    s->events->head(s->ctx, status, headers);
}

static bool on_data(void *ctx, struct str bytes)
{
    const struct stream *s = ctx;
    return s->events->data(s->ctx, bytes);
}

static void on_done(void *ctx, const struct err *err)
{
    struct stream *s = ctx;
    s->transfer = NULL;
    if (err)
        remote_note_silence(s->remote, err->text);
    end(s, err);
}

static const struct transfer_events through = {on_read, on_rewind, on_head, on_data, on_done};

/* --- Sending --- */

static int send_signed(struct stream *s, const struct credentials *keys, struct err *err)
{
    CLEANUP_ARENA struct arena *arena = arena_new(OUTGOING_ARENA_MAX);
    const struct remote_config *config = &s->remote->config;
    struct outgoing_signed ready;
    if (outgoing_sign(s->remote, &s->request.out, keys, arena, &ready, err) < 0)
        return -1;
    struct transfer_request request = {
        .url = ready.url,
        .method = arena_cstr(arena, s->request.out.method),
        .headers = ready.headers,
        .header_count = ready.header_count,
        .body_bytes = s->request.body_bytes,
        .ca_file = config->ca_file[0] ? config->ca_file : NULL,
        .connect_ms = config->connect_ms,
        .stall_ms = config->stall_ms,
        .total_ms = config->total_ms,
    };
    s->transfer = transfer_start(s->remote->client, &request, &through, s, err);
    return s->transfer ? 0 : -1;
}

/* Keys that cannot be had now may be there later. */
static void on_keys(struct credential_wait *w, const struct credentials *keys, const struct err *err)
{
    struct stream *s = CONTAINER_OF(w, struct stream, keys);
    struct err own;
    s->waits_for_keys = false;
    if (!err && send_signed(s, keys, &own) == 0)
        return;
    if (err) {
        own = *err;
        own.code = ERR_UNAVAILABLE;
    }
    end(s, &own);
}

static void on_later(struct timer *t)
{
    struct stream *s = t->ctx;
    s->waits_for_keys = true;
    s->keys.fn = on_keys;
    credential_source_get(s->remote->credentials, &s->keys);
}

struct stream *stream_start(struct remote *r, const struct stream_request *request,
                            const struct transfer_events *events, void *ctx)
{
    struct stream *s = mem_new(sizeof *s);
    *s = (struct stream){.remote = remote_ref(r), .request = *request, .events = events, .ctx = ctx};
    timer_start(loop_timers(r->loop), &s->later, 0, on_later, s);
    return s;
}

void stream_go_on(struct stream *s)
{
    if (s->transfer)
        transfer_go_on(s->transfer);
}

void stream_cancel(struct stream *s)
{
    if (s)
        destroy(s);
}
