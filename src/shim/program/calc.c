/* Calculations: their pipes, spool files and records. */
#include "shim/program/shim.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/stat.h>

enum { DONE_MAX_BYTES = 16 * 1024 };

/* The same in spec.json, in the frame `done` and as the files' names. */
static const char *const stream_names[] = {"stdout", "stderr", "result"};

void calc_init(struct shim *s)
{
    list_init(&s->calcs.ended);
    for (size_t i = 0; i < OLD_PIPES_MAX; i++)
        s->calcs.old_pipes[i].fd = -1;
}

static struct calc *find_ended(const struct shim *s, struct str id)
{
    LIST_EACH(node, &s->calcs.ended) {
        struct calc *c = CONTAINER_OF(node, struct calc, node);
        if (str_is(id, c->id))
            return c;
    }
    return NULL;
}

static bool was_acked(const struct shim *s, struct str id)
{
    for (size_t i = 0; i < ACKED_MAX; i++)
        if (str_is(id, s->calcs.acked[i]))
            return true;
    return false;
}

static struct calc *calc_new(struct str id)
{
    struct calc *c = mem_new(sizeof *c);
    list_init(&c->node);
    shim_copy_text(c->id, sizeof c->id, id);
    c->folder = -1;
    for (int i = 0; i < STREAM_MAX; i++)
        spool_init(&c->streams[i]);
    buf_init(&c->done, DONE_MAX_BYTES);
    return c;
}

static void calc_free(struct calc *c)
{
    for (int i = 0; i < STREAM_MAX; i++)
        spool_close(&c->streams[i]);
    if (c->folder >= 0)
        close(c->folder);
    buf_done(&c->done);
    free(c);
}

static int make_folder(struct shim *s, struct calc *c, struct err *err)
{
    CLEANUP_FD int calcs = -1;
    if ((mkdirat(s->folder, CALC_FOLDER, 0700) != 0 && errno != EEXIST) ||
        (calcs = openat(s->folder, CALC_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0 ||
        mkdirat(calcs, c->id, 0700) != 0 ||
        (c->folder = openat(calcs, c->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0)
        return err_set_errno(err, errno, "The folder for the calculation's output cannot be made");
    return 0;
}

/* Makes folder, files and pipes, and hands the code over. */
static int begin(struct shim *s, struct calc *c, struct str code, struct err *err)
{
    const int64_t max_bytes[] = {s->spec->stdout_max_bytes, s->spec->stderr_max_bytes,
                                 s->spec->result_max_bytes};
    int ends[STREAM_MAX] = {-1, -1, -1};
    int rc = make_folder(s, c, err);
    for (int i = 0; i < STREAM_MAX && rc == 0; i++)
        rc = spool_open(&c->streams[i], &s->reactor, c->folder, stream_names[i], max_bytes[i], &ends[i], err);
    if (rc == 0 && !link_send_run(s, str_from(c->id), code, ends))
        rc = err_set(err, ERR_INTERNAL, "The driver does not accept code any more.");
    for (int i = 0; i < STREAM_MAX && rc != 0; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    return rc;
}

static void refuse(struct shim *s, const char *reason)
{
    calc_finish(
        s, &(struct calc_end){.state = STR("FAILED"), .reason = str_from(reason), .result_type = STR("")});
}

void calc_run(struct shim *s, struct str id, struct str code)
{
    struct calcs *cs = &s->calcs;
    if (!folder_id_valid(id) || !code.p || (cs->running && str_is(id, cs->running->id)) ||
        find_ended(s, id) || was_acked(s, id))
        return;
    if (cs->running || cs->ended_count >= UNACKED_MAX) {
        logfile_note(&s->log, "calculation %.*s was not begun: another one runs", STR_ARG(id));
        return;
    }
    struct err err;
    char reason[ERR_TEXT_MAX + 64];
    cs->running = calc_new(id);
    if (ending_finished(s))
        refuse(s, "The driver had ended before the calculation began.");
    else if (begin(s, cs->running, code, &err) != 0) {
        snprintf(reason, sizeof reason, "The code was not run: %s", err.text);
        refuse(s, reason);
    }
}

void calc_cancel(struct shim *s, struct str id)
{
    if (!s->calcs.running || !str_is(id, s->calcs.running->id))
        return;
    link_send_cancel(s, id);
    calc_hurry(s); /* the driver may hang in a write that waits for room */
}

void calc_hurry(struct shim *s)
{
    for (int i = 0; i < STREAM_MAX && s->calcs.running; i++)
        spool_hurry(&s->calcs.running->streams[i]);
}

static void write_end(struct calc *c, const struct calc_end *end)
{
    struct jsonw *w = &c->done_json;
    jsonw_init(w, &c->done);
    jsonw_object(w);
    jsonw_member_str(w, "t", STR("done"));
    jsonw_member_str(w, "id", str_from(c->id));
    jsonw_member_str(w, "state", end->state);
    jsonw_member_str(w, "reason", end->reason);
    jsonw_member_str(w, "result_type", end->result_type);
    jsonw_member_bool(w, "driver_ended", end->driver_ended);
}

static void write_streams(struct calc *c)
{
    struct jsonw *w = &c->done_json;
    for (int i = 0; i < STREAM_MAX; i++) {
        const struct spool *stream = &c->streams[i];
        jsonw_key(w, str_from(stream_names[i]));
        jsonw_object(w);
        jsonw_member_int(w, "size", stream->size);
        jsonw_member_bool(w, "truncated", stream->truncated);
        if (stream->failure)
            jsonw_member_str(w, "write_error", str_from(strerror(stream->failure)));
        jsonw_end_object(w);
    }
    jsonw_end_object(w);
}

/* A background process may go on writing to the output of a calculation that has ended: that goes to the log.
 * The oldest such pipe is closed when there are too many. */
static void keep_pipe(struct shim *s, struct watch *pipe)
{
    if (pipe->fd < 0)
        return;
    struct watch *old = &s->calcs.old_pipes[s->calcs.old_pipe_next++ % OLD_PIPES_MAX];
    watch_close(old);
    watch_move(&s->reactor, old, pipe, shim_log_pipe, s);
}

/* The record is not forced to the disk: what kills a process leaves the page cache, and after a power cut the
 * session is lost whatever this file says; a file that is shorter than the record tells is not believed. */
static void save(struct shim *s, struct calc *c)
{
    struct err err;
    if (c->folder < 0)
        return;
    if (file_write(c->folder, DONE_FILE, buf_str(&c->done), false, &err) != 0) {
        logfile_note(&s->log, "the end of calculation %s was not recorded: %s", c->id, err.text);
        return;
    }
    close(c->folder);
    c->folder = -1;
}

bool calc_save_all(struct shim *s)
{
    bool all = true;
    LIST_EACH(node, &s->calcs.ended) {
        struct calc *c = CONTAINER_OF(node, struct calc, node);
        save(s, c);
        all &= c->folder < 0;
    }
    return all;
}

static void conclude(struct shim *s)
{
    struct calc *c = TAKE(s->calcs.running);
    keep_pipe(s, &c->streams[STREAM_OUT].watch);
    keep_pipe(s, &c->streams[STREAM_ERR].watch);
    watch_close(&c->streams[STREAM_RESULT].watch);
    write_streams(c);
    save(s, c);
    list_append(&s->calcs.ended, &c->node);
    s->calcs.ended_count++;
    server_send_body(s, buf_str(&c->done));
}

static bool is_open(const struct spool *stream)
{
    return stream->file >= 0;
}

static void on_stream_finished(void *ctx)
{
    struct shim *s = ctx;
    const struct spool *streams = s->calcs.running->streams;
    if (!is_open(&streams[STREAM_OUT]) && !is_open(&streams[STREAM_ERR]) && !is_open(&streams[STREAM_RESULT]))
        conclude(s);
}

void calc_finish(struct shim *s, const struct calc_end *end)
{
    struct calc *c = s->calcs.running;
    bool finished = true;
    if (c->finishing)
        return;
    c->finishing = true;
    write_end(c, end);
    for (int i = 0; i < STREAM_MAX; i++)
        finished &= spool_finish(&c->streams[i], on_stream_finished, s);
    if (finished)
        conclude(s);
}

static void remove_folder(struct shim *s, const char *id)
{
    char name[sizeof CALC_FOLDER + 1 + FOLDER_ID_MAX];
    struct err err;
    snprintf(name, sizeof name, CALC_FOLDER "/%s", id);
    if (file_remove_tree(s->folder, name, &err) != 0)
        logfile_note(&s->log, "%s", err.text);
}

void calc_ack(struct shim *s, struct str id)
{
    struct calc *c = find_ended(s, id);
    if (!c)
        return;
    list_remove(&c->node);
    s->calcs.ended_count--;
    shim_copy_text(s->calcs.acked[s->calcs.acked_next++ % ACKED_MAX], sizeof c->id, id);
    remove_folder(s, c->id);
    calc_free(c);
}

void calc_resend(struct shim *s)
{
    LIST_EACH(node, &s->calcs.ended)
        server_send_body(s, buf_str(&CONTAINER_OF(node, struct calc, node)->done));
}
