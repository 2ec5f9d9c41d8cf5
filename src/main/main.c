/* glauxd: reads the settings, starts the server, runs the loop, ends on signals. */
#include "base/log.h"
#include "main/listeners.h"
#include "main/machine.h"
#include "main/notify.h"
#include "main/server.h"
#include "main/settings/options.h"

#include <signal.h>
#include <stdio.h>

struct process {
    struct options options;
    struct server server;
    uv_signal_t signals[3];
    bool end_sessions;
};

static int fail(const struct err *err)
{
    fprintf(stderr, "glauxd: %s\n", err->text);
    return 1;
}

static void on_drained(void *ctx)
{
    struct process *p = ctx;
    loop_stop(p->server.loop);
}

static void on_sessions_ended(void *ctx)
{
    struct process *p = ctx;
    listeners_drain(&p->server, on_drained, p);
}

static void begin_end(struct process *p, int signal_number)
{
    struct server *s = &p->server;
    if (s->ending)
        _exit(128 + signal_number);
    s->ending = true;
    notify_systemd("STOPPING=1");
    log_info("main", "ending", F_INT("signal", signal_number),
             F_CSTR("sessions", signal_number == SIGINT ? "end" : "go on"));
    if (signal_number == SIGINT)
        core_end_sessions(s->core, on_sessions_ended, p);
    else
        on_sessions_ended(p);
}

static void reload(struct process *p)
{
    struct settings fresh;
    struct err err;
    if (options_load_settings(&p->options, &fresh, &err) < 0) {
        log_error("main", "the settings were not reloaded", F_ERR(&err));
        return;
    }
    if (settings_check(&fresh, &err) < 0)
        log_error("main", "the settings were not reloaded", F_ERR(&err));
    else
        server_reload(&p->server, &fresh);
    settings_done(&fresh);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct process *p = handle->data;
    if (number == SIGHUP)
        reload(p);
    else
        begin_end(p, number);
}

static void watch_signals(struct process *p)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        uv_signal_init(loop_uv(p->server.loop), &p->signals[i]);
        p->signals[i].data = p;
        uv_signal_start(&p->signals[i], on_signal, numbers[i]);
    }
}

static void unwatch_signals(struct process *p)
{
    for (size_t i = 0; i < ARRAY_SIZE(p->signals); i++)
        uv_close((uv_handle_t *)&p->signals[i], NULL);
}

static int serve(struct process *p)
{
    struct server *s = &p->server;
    struct err err;
    machine_raise_open_files();
    if (server_start(s, &err) < 0) {
        server_stop(s);
        return fail(&err);
    }
    watch_signals(p);
    printf("glauxd ready: %s\n", s->clients.url);
    fflush(stdout);
    notify_systemd("READY=1");
    log_info("main", "ready", F_CSTR("url", s->clients.url), F_CSTR("data", s->paths.data),
             F_CSTR("version", GLAUX_VERSION),
             F_CSTR("drivers", s->isolated ? "own users" : "server's user"));
    loop_run(s->loop);
    unwatch_signals(p);
    server_stop(s);
    return 0;
}

static int print(const struct process *p)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, 1024 * 1024);
    if (p->options.mode == MODE_PRINT_CONFIG)
        settings_print(&p->server.settings, &out);
    else
        settings_print_reference(&out);
    fwrite(out.p, 1, out.n, stdout);
    return 0;
}

int main(int argc, char **argv)
{
    struct process p = {0};
    struct err err;
    if (options_parse(argc, argv, &p.options, &err) < 0)
        return fail(&err);
    if (p.options.mode == MODE_HELP || p.options.mode == MODE_VERSION) {
        fputs(p.options.mode == MODE_HELP ? options_help : "glauxd " GLAUX_VERSION "\n", stdout);
        return 0;
    }
    if (options_load_settings(&p.options, &p.server.settings, &err) < 0)
        return fail(&err);
    int status = p.options.mode == MODE_SERVE ? serve(&p) : print(&p);
    settings_done(&p.server.settings);
    return status;
}
