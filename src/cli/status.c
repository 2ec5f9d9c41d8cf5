/* glaux status: what the server of a data folder is and does. */
#include "base/clock.h"
#include "base/jsonw.h"
#include "cli/commands.h"
#include "cli/http_get.h"
#include "cli/metrics_text.h"
#include "cli/table.h"
#include "cli/words.h"
#include "core/states.h"

#include <stdio.h>

enum { METRICS_MAX = 8 * 1024 * 1024, STATUS_OUTPUT_MAX = 64 * 1024 };

struct status {
    pid_t pid; /* 0: none runs; -1: it is in another container */
    bool ready;
    struct server_info info;
    int64_t uptime_s;
    bool counted; /* the figures below are known */
    int64_t sessions[SESSION_STATES + 1];
    int64_t calculations;
    int64_t reserved_bytes;
    int64_t room_bytes;
    int64_t dpus;
    int64_t dpus_limit;
    int64_t waiting;
    int64_t waiting_bytes;
    int64_t remotes;
    int64_t remotes_away;
    struct err trouble; /* why they are not */
};

static struct str state_name(size_t i)
{
    return session_state_text((enum athena_session_state)i);
}

static void count(struct str text, struct status *s)
{
    for (size_t i = 1; i <= SESSION_STATES; i++) {
        char series[128];
        snprintf(series, sizeof series, "glaux_sessions{state=\"%.*s\"}", STR_ARG(state_name(i)));
        s->sessions[i] = metrics_text_value(text, series);
    }
    s->calculations = metrics_text_value(text, "glaux_calculations_running");
    s->reserved_bytes = metrics_text_value(text, "glaux_pool_memory_reserved_bytes");
    s->room_bytes = metrics_text_value(text, "glaux_pool_memory_room_bytes");
    s->dpus = metrics_text_value(text, "glaux_pool_dpus");
    s->dpus_limit = metrics_text_value(text, "glaux_pool_dpus_limit");
    s->waiting = metrics_text_value(text, "glaux_deliveries_waiting");
    s->waiting_bytes = metrics_text_value(text, "glaux_deliveries_waiting_bytes");
    s->remotes = metrics_text_value(text, "glaux_remotes");
    s->remotes_away = metrics_text_value(text, "glaux_remotes_away");
    s->counted = true;
}

static int ask(const char *base, const char *path, struct buf *ret_body, struct err *err)
{
    char url[256];
    long status;
    snprintf(url, sizeof url, "%s%s", base, path);
    if (http_get(url, &status, ret_body, err) < 0)
        return -1;
    return status == 200 ? 0 : err_set(err, ERR_UNAVAILABLE, "%s answers with status %ld", url, status);
}

static void ask_server(struct status *s)
{
    CLEANUP_BUF struct buf body;
    buf_init(&body, METRICS_MAX);
    s->ready = ask(s->info.url, "/-/readyz", &body, &s->trouble) == 0;
    buf_clear(&body);
    if (ask(s->info.url, "/-/metrics", &body, &s->trouble) == 0)
        count(buf_str(&body), s);
}

static void add_row(struct table *t, const char *name, const char *value)
{
    table_add(t, (const char *[]){name, value});
}

static void describe_sessions(const struct status *s, char *ret, size_t size)
{
    size_t n = 0;
    ret[0] = '\0';
    for (size_t i = 1; i <= SESSION_STATES && n < size; i++)
        if (s->sessions[i] > 0)
            n += (size_t)snprintf(ret + n, size - n, "%s%lld %.*s", n ? ", " : "", (long long)s->sessions[i],
                                  STR_ARG(state_name(i)));
    if (n == 0)
        snprintf(ret, size, "none");
}

static void add_figures(const struct status *s, struct table *t)
{
    char text[256], reserved[WORDS_MAX], room[WORDS_MAX];
    describe_sessions(s, text, sizeof text);
    add_row(t, "sessions", text);
    snprintf(text, sizeof text, "%lld running", (long long)s->calculations);
    add_row(t, "calculations", text);
    words_bytes(s->reserved_bytes, reserved);
    words_bytes(s->room_bytes, room);
    snprintf(text, sizeof text, "%s of %s reserved", reserved, room);
    add_row(t, "memory", text);
    snprintf(text, sizeof text, "%lld of %lld in use", (long long)s->dpus, (long long)s->dpus_limit);
    add_row(t, "DPUs", text);
    if (s->remotes > 0) {
        snprintf(text, sizeof text, "%lld, %lld of them do not answer", (long long)s->remotes,
                 (long long)s->remotes_away);
        add_row(t, "remotes", text);
    }
    if (!s->waiting)
        return;
    words_bytes(s->waiting_bytes, room);
    snprintf(text, sizeof text, "%lld objects wait for buckets elsewhere, %s", (long long)s->waiting, room);
    add_row(t, "deliveries", text);
}

static void print_table(const struct invocation *v, const struct status *s)
{
    CLEANUP_TABLE struct table *t = table_new((const char *[]){"", "", NULL});
    char text[WORDS_MAX];
    add_row(t, "data folder", v->data);
    add_row(t, "server", !s->pid ? "not running" : s->ready ? "ready" : "running, but not ready");
    if (s->pid) {
        add_row(t, "url", s->info.url);
        snprintf(text, sizeof text, "data at port %u, tables at port %u", s->info.sessions_port,
                 s->info.metastore_port);
        add_row(t, "for sessions", text);
        snprintf(text, sizeof text, "%lld", (long long)(s->pid > 0 ? s->pid : s->info.pid));
        add_row(t, "pid", text);
        add_row(t, "version", s->info.version);
        words_duration(s->uptime_s, text);
        add_row(t, "uptime", text);
    }
    if (s->counted)
        add_figures(s, t);
    else if (s->pid)
        add_row(t, "trouble", s->trouble.text);
    table_print(t);
}

static void add_sessions_json(const struct status *s, struct jsonw *w)
{
    jsonw_key(w, STR("sessions"));
    jsonw_object(w);
    for (size_t i = 1; i <= SESSION_STATES; i++) {
        jsonw_key(w, state_name(i));
        jsonw_int(w, s->sessions[i]);
    }
    jsonw_end_object(w);
}

static void add_figures_json(const struct status *s, struct jsonw *w)
{
    add_sessions_json(s, w);
    jsonw_member_int(w, "calculations_running", s->calculations);
    jsonw_member_int(w, "memory_reserved_bytes", s->reserved_bytes);
    jsonw_member_int(w, "memory_room_bytes", s->room_bytes);
    jsonw_member_int(w, "dpus", s->dpus);
    jsonw_member_int(w, "dpus_limit", s->dpus_limit);
    jsonw_member_int(w, "deliveries_waiting", s->waiting);
    jsonw_member_int(w, "deliveries_waiting_bytes", s->waiting_bytes);
    jsonw_member_int(w, "remotes", s->remotes);
    jsonw_member_int(w, "remotes_away", s->remotes_away);
}

static void print_json(const struct invocation *v, const struct status *s)
{
    struct jsonw w;
    CLEANUP_BUF struct buf out;
    buf_init(&out, STATUS_OUTPUT_MAX);
    jsonw_init(&w, &out);
    jsonw_object(&w);
    jsonw_member_str(&w, "data", str_from(v->data));
    jsonw_member_bool(&w, "running", s->pid != 0);
    jsonw_member_bool(&w, "ready", s->ready);
    if (s->pid) {
        jsonw_member_str(&w, "url", str_from(s->info.url));
        jsonw_member_int(&w, "sessions_port", s->info.sessions_port);
        jsonw_member_int(&w, "metastore_port", s->info.metastore_port);
        jsonw_member_int(&w, "pid", s->pid > 0 ? s->pid : s->info.pid);
        jsonw_member_str(&w, "version", str_from(s->info.version));
        jsonw_member_int(&w, "uptime_seconds", s->uptime_s);
    }
    if (s->counted)
        add_figures_json(s, &w);
    jsonw_end_object(&w);
    buf_add_char(&out, '\n');
    invocation_print(&out);
}

int status_run(const struct invocation *v, struct err *err)
{
    struct status s = {0};
    if (invocation_server(v, &s.info, err) < 0)
        return EXIT_FAILED;
    s.pid = data_folder_owner(v->data);
    s.uptime_s = (clock_wall_ms(&clock_system) - s.info.started_ms) / 1000;
    if (s.pid)
        ask_server(&s);
    (v->args.json ? print_json : print_table)(v, &s);
    return s.ready ? EXIT_OK : EXIT_FAILED;
}
