#include "remote/keys/command.h"

#include "base/buf.h"

#include <signal.h>

enum { OUTPUT_MAX = 64 * 1024, TIME_MAX_MS = 60000 };

struct command {
    uv_process_t process;
    uv_pipe_t out;
    uv_timer_t deadline;
    unsigned open; /* handles */
    command_fn *fn;
    void *ctx;
    struct buf text;
    char piece[4096];
    bool eof;
    bool exited;
    bool overdue;
    int64_t status;
    int signal;
};

static void on_closed(uv_handle_t *h)
{
    struct command *c = h->data;
    if (--c->open > 0)
        return;
    explicit_bzero(c->piece, sizeof c->piece);
    if (c->text.p)
        buf_wipe(&c->text);
    buf_done(&c->text);
    free(c);
}

static void close_all(struct command *c)
{
    uv_close((uv_handle_t *)&c->out, on_closed);
    uv_close((uv_handle_t *)&c->deadline, on_closed);
    uv_close((uv_handle_t *)&c->process, on_closed);
}

static int judge(const struct command *c, struct err *err)
{
    if (c->overdue)
        return err_set(err, ERR_UNAVAILABLE, "it did not end within %d seconds", TIME_MAX_MS / 1000);
    if (c->signal)
        return err_set(err, ERR_UNAVAILABLE, "it was ended by signal %d", c->signal);
    if (c->status)
        return err_set(err, ERR_UNAVAILABLE, "it ended with status %lld", (long long)c->status);
    return c->text.overflow ? err_set(err, ERR_UNAVAILABLE, "it printed more than %d bytes", OUTPUT_MAX) : 0;
}

static void tell(struct command *c)
{
    struct err err;
    if (judge(c, &err) < 0)
        c->fn(c->ctx, STR_NULL, &err);
    else
        c->fn(c->ctx, buf_str(&c->text), NULL);
}

static void end_if_over(struct command *c)
{
    if (!c->eof || !c->exited)
        return;
    if (c->fn)
        tell(c);
    close_all(c);
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *ret)
{
    struct command *c = h->data;
    (void)size;
    *ret = uv_buf_init(c->piece, sizeof c->piece);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes)
{
    struct command *c = stream->data;
    if (n > 0)
        buf_add(&c->text, bytes->base, (size_t)n);
    if (n >= 0)
        return;
    uv_read_stop(stream);
    c->eof = true;
    end_if_over(c);
}

static void on_exit_status(uv_process_t *p, int64_t status, int signal_number)
{
    struct command *c = p->data;
    c->exited = true;
    c->status = status;
    c->signal = signal_number;
    end_if_over(c);
}

static void kill_group(struct command *c)
{
    if (!c->exited)
        kill(-c->process.pid, SIGKILL);
}

/* A grandchild may hold the pipe: nobody waits for it. */
static void on_deadline(uv_timer_t *t)
{
    struct command *c = t->data;
    c->overdue = true;
    kill_group(c);
    uv_read_stop((uv_stream_t *)&c->out);
    c->eof = true;
    end_if_over(c);
}

static int spawn(struct command *c, struct loop *loop, const char *line)
{
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)(uintptr_t)line, NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&c->out},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    return uv_spawn(loop_uv(loop), &c->process,
                    &(uv_process_options_t){.exit_cb = on_exit_status,
                                            .file = argv[0],
                                            .args = argv,
                                            .flags = UV_PROCESS_DETACHED, /* a group of its own */
                                            .stdio_count = 3,
                                            .stdio = stdio});
}

static void on_no_start(uv_timer_t *t)
{
    struct command *c = t->data;
    struct err err;
    err_set(&err, ERR_UNAVAILABLE, "/bin/sh cannot be started: %s", uv_strerror((int)c->status));
    c->fn(c->ctx, STR_NULL, &err);
    close_all(c);
}

struct command *command_start(struct loop *loop, const char *line, command_fn *fn, void *ctx)
{
    struct command *c = mem_new(sizeof *c);
    *c = (struct command){.fn = fn, .ctx = ctx, .open = 3};
    buf_init(&c->text, OUTPUT_MAX);
    uv_pipe_init(loop_uv(loop), &c->out, 0);
    uv_timer_init(loop_uv(loop), &c->deadline);
    c->out.data = c->deadline.data = c->process.data = c;
    c->status = spawn(c, loop, line);
    if (c->status < 0) {
        c->exited = true;
        uv_timer_start(&c->deadline, on_no_start, 0, 0);
        return c;
    }
    uv_timer_start(&c->deadline, on_deadline, TIME_MAX_MS, 0);
    uv_read_start((uv_stream_t *)&c->out, on_alloc, on_read);
    return c;
}

/* It lives on until its process is reaped. */
void command_cancel(struct command *c)
{
    c->fn = NULL;
    kill_group(c);
    uv_read_stop((uv_stream_t *)&c->out);
    c->eof = true;
    end_if_over(c);
}
