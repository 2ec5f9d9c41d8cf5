/* The connection of glauxd: a newer one replaces the older. */
#include "shim/program/shim.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { PROTOCOL_VERSION = 1, RECORD_AGAIN_MS = 5000 };

bool server_connected(const struct shim *s)
{
    return s->server.greeted && channel_is_open(&s->server.channel);
}

static void on_orphan(struct timer *t)
{
    struct shim *s = t->ctx;
    if (ending_finished(s)) {
        server_await_none(s);
        return;
    }
    ending_begin(s, CAUSE_ORPHANED, s->spec->stop_grace_ms, "No server has come for %lld s.",
                 (long long)s->spec->orphan_timeout_ms / 1000);
}

/* What only this process knows must not go with it: on a full disk it stays until there is room, or a server.
 */
void server_await_none(struct shim *s)
{
    if (ending_recorded(s))
        reactor_end(&s->reactor);
    else
        timer_start(&s->reactor.timers, &s->server.orphan, RECORD_AGAIN_MS, on_orphan, s);
}

static void await_server(struct shim *s)
{
    s->server.greeted = false;
    timer_start(&s->reactor.timers, &s->server.orphan, s->spec->orphan_timeout_ms, on_orphan, s);
}

static void on_ended(struct channel *c, const char *reason)
{
    struct shim *s = c->ctx;
    if (reason)
        logfile_note(&s->log, "the server's connection was closed: %s", reason);
    await_server(s);
}

/* A server that does not read is as good as gone; it finds everything again when it comes back. */
static void flush(struct shim *s, bool fits)
{
    channel_flush(&s->server.channel);
    if (fits)
        return;
    logfile_note(&s->log, "the server's connection was closed: it does not read");
    channel_close(&s->server.channel);
    await_server(s);
}

static const char *driver_state(const struct shim *s)
{
    if (ending_finished(s))
        return "exited";
    static const char *const names[] = {
        [LINK_STARTING] = "starting", [LINK_READY] = "ready", [LINK_FAILED] = "failed"};
    return names[s->link_state];
}

static void add_info(const struct shim *s, struct jsonw *w)
{
    jsonw_member_str(w, "spark_version", str_from(s->spark_version));
    jsonw_member_str(w, "app_id", str_from(s->app_id));
    jsonw_member_str(w, "python_version", str_from(s->python_version));
}

static void add_calculations(const struct shim *s, struct jsonw *w)
{
    jsonw_key(w, STR("running"));
    if (s->calcs.running)
        jsonw_str(w, str_from(s->calcs.running->id));
    else
        jsonw_null(w);
    jsonw_key(w, STR("done"));
    jsonw_array(w);
    LIST_EACH(node, &s->calcs.ended)
        jsonw_str(w, str_from(CONTAINER_OF(node, struct calc, node)->id));
    jsonw_end_array(w);
}

static const char *memory_limit_by(const struct shim *s)
{
    if (s->group.bounds_memory)
        return "cgroup";
    return s->spec->memory_bytes > 0 ? "watchdog" : "none";
}

static void send_state(struct shim *s)
{
    struct frame f;
    frame_open(&f, &s->server.channel.out, "state");
    jsonw_member_int(&f.json, "version", PROTOCOL_VERSION);
    jsonw_member_str(&f.json, "driver", str_from(driver_state(s)));
    jsonw_member_int(&f.json, "pid", s->process.pid);
    jsonw_key(&f.json, STR("driver_info"));
    jsonw_object(&f.json);
    add_info(s, &f.json);
    jsonw_end_object(&f.json);
    add_calculations(s, &f.json);
    jsonw_member_str(&f.json, "memory_limit_by", str_from(memory_limit_by(s)));
    jsonw_member_int(&f.json, "uid", s->spec->uid);
    flush(s, frame_close(&f));
}

static void on_hello(struct shim *s)
{
    s->server.greeted = true;
    timer_stop(&s->reactor.timers, &s->server.orphan);
    send_state(s);
    calc_resend(s);
    if (ending_finished(s))
        server_send_body(s, buf_str(&s->ending.record));
}

static void on_frame(struct channel *c, const json_t *frame)
{
    struct shim *s = c->ctx;
    struct str kind = frame_kind(frame), id = json_member_str(frame, "id");
    if (str_is(kind, "hello"))
        on_hello(s);
    else if (str_is(kind, "run"))
        calc_run(s, id, json_member_str(frame, "code"));
    else if (str_is(kind, "cancel"))
        calc_cancel(s, id);
    else if (str_is(kind, "ack"))
        calc_ack(s, id);
    else if (str_is(kind, "stop"))
        ending_begin(s, CAUSE_STOPPED, json_member_int(frame, "grace_ms", s->spec->stop_grace_ms),
                     "The session was stopped.");
    else if (str_is(kind, "bye") && ending_finished(s))
        reactor_end(&s->reactor);
}

static const struct channel_events events = {.frame = on_frame, .ended = on_ended};

static bool may_connect(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static void on_connection(struct watch *w, uint32_t ready)
{
    (void)ready;
    struct shim *s = w->ctx;
    int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (!may_connect(fd)) {
        close(fd);
        return;
    }
    channel_close(&s->server.channel);
    await_server(s);
    channel_open(&s->server.channel, fd);
}

int server_open(struct shim *s, struct err *err)
{
    channel_init(&s->server.channel, &s->reactor, &events, s);
    int fd = folder_listen(s->folder, err);
    if (fd < 0)
        return -1;
    watch_open(&s->reactor, &s->server.listener, fd, EPOLLIN, on_connection, s);
    await_server(s);
    return 0;
}

void server_send_ready(struct shim *s)
{
    if (!server_connected(s))
        return;
    struct frame f;
    frame_open(&f, &s->server.channel.out, "ready");
    add_info(s, &f.json);
    flush(s, frame_close(&f));
}

void server_send_started(struct shim *s, struct str id)
{
    if (!server_connected(s))
        return;
    struct frame f;
    frame_open(&f, &s->server.channel.out, "started");
    jsonw_member_str(&f.json, "id", id);
    flush(s, frame_close(&f));
}

void server_send_progress(struct shim *s, struct str id, struct str text)
{
    if (!server_connected(s))
        return;
    struct frame f;
    frame_open(&f, &s->server.channel.out, "progress");
    jsonw_member_str(&f.json, "id", id);
    jsonw_member_str(&f.json, "text", text);
    flush(s, frame_close(&f));
}

void server_send_usage(struct shim *s, int64_t rss_bytes)
{
    if (!server_connected(s))
        return;
    struct frame f;
    frame_open(&f, &s->server.channel.out, "usage");
    jsonw_member_int(&f.json, "rss", rss_bytes);
    flush(s, frame_close(&f));
}

void server_send_body(struct shim *s, struct str body)
{
    if (server_connected(s))
        flush(s, frame_add(&s->server.channel.out, body));
}
