/* libcurl on the loop. */
#include "remote/transport/http_client_private.h"

#include "base/log.h"

struct socket_watch {
    uv_poll_t poll;
    struct http_client *client;
    curl_socket_t fd;
};

static void read_messages(struct http_client *c)
{
    CURLMsg *m;
    int left;
    while (!c->freed && (m = curl_multi_info_read(c->multi, &left))) {
        struct transfer *t = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        transfer_finish(t, code, NULL);
    }
    if (!c->freed)
        turns_go_on(c);
}

static void release(struct http_client *c)
{
    if (--c->handles > 0 || !c->freed)
        return;
    free(c);
}

static void on_closed(uv_handle_t *h)
{
    release(h->data);
}

static void act(struct http_client *c, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(c->multi, fd, events, &running);
    read_messages(c);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static void on_turn(uv_async_t *async)
{
    struct http_client *c = async->data;
    if (c->freed)
        return;
    LIST_EACH(node, &c->transfers) {
        struct transfer *t = CONTAINER_OF(node, struct transfer, link);
        if (!t->go_on)
            continue;
        t->go_on = false;
        curl_easy_pause(t->easy, CURLPAUSE_CONT);
    }
    read_messages(c);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct socket_watch *w = CONTAINER_OF(poll, struct socket_watch, poll);
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(w->client, w->fd, flags);
}

static int set_timer(CURLM *multi, long ms, void *ctx)
{
    struct http_client *c = ctx;
    (void)multi;
    if (c->freed)
        return 0;
    if (ms < 0)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static void on_watch_closed(uv_handle_t *h)
{
    struct socket_watch *w = CONTAINER_OF((uv_poll_t *)h, struct socket_watch, poll);
    release(w->client);
    free(w);
}

static struct socket_watch *watch(struct http_client *c, curl_socket_t fd)
{
    struct socket_watch *w = mem_new(sizeof *w);
    w->client = c;
    w->fd = fd;
    int error = uv_poll_init_socket(c->timer.loop, &w->poll, fd);
    if (error) {
        log_error("remote", "a connection cannot be watched", F_CSTR("reason", uv_strerror(error)));
        free(w);
        return NULL;
    }
    c->handles++;
    curl_multi_assign(c->multi, fd, w);
    return w;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *assigned)
{
    struct http_client *c = ctx;
    struct socket_watch *w = assigned;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            uv_close((uv_handle_t *)&w->poll, on_watch_closed);
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (!w && !(w = watch(c, fd)))
        return 0; /* an error would end every transfer: this one ends by its time */
    int events = what == CURL_POLL_IN ? UV_READABLE : what == CURL_POLL_OUT ? UV_WRITABLE : 0;
    if (what == CURL_POLL_INOUT)
        events = UV_READABLE | UV_WRITABLE;
    uv_poll_start(&w->poll, events, on_poll);
    return 0;
}

struct http_client *http_client_new(struct loop *loop, size_t connections)
{
    static bool ready;
    struct http_client *c = mem_new(sizeof *c);
    if (!ready)
        REQUIRE(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
    ready = true;
    c->loop = loop;
    c->connections = connections;
    list_init(&c->transfers);
    list_init(&c->queue);
    c->multi = curl_multi_init();
    REQUIRE(c->multi);
    uv_timer_init(loop_uv(loop), &c->timer);
    uv_async_init(loop_uv(loop), &c->turn, on_turn);
    c->timer.data = c;
    c->turn.data = c;
    c->handles = 2;
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)connections);
    curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    return c;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    c->freed = true;
    timer_stop(loop_timers(c->loop), &c->patience);
    LIST_EACH_SAFE(node, &c->queue)
        transfer_free(CONTAINER_OF(node, struct transfer, link));
    LIST_EACH_SAFE(node, &c->transfers)
        transfer_free(CONTAINER_OF(node, struct transfer, link));
    curl_multi_cleanup(c->multi);
    uv_close((uv_handle_t *)&c->timer, on_closed);
    uv_close((uv_handle_t *)&c->turn, on_closed);
}
