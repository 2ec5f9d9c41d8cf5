#include "shim/program/shim.h"

#include "base/utf8.h"

#include <stdio.h>

/* Time for a driver that has said that it failed, or has closed its link, to end by itself. */
enum { LINK_END_GRACE_MS = 3000 };

static struct str clip(struct str s, size_t max)
{
    return s.n > max ? str_sub(s, 0, utf8_floor(str_sub(s, 0, max))) : s;
}

static void on_ready(struct shim *s, const json_t *frame)
{
    if (s->link_state != LINK_STARTING)
        return;
    s->link_state = LINK_READY;
    shim_copy_text(s->spark_version, INFO_MAX, json_member_str(frame, "spark_version"));
    shim_copy_text(s->app_id, INFO_MAX, json_member_str(frame, "app_id"));
    shim_copy_text(s->python_version, INFO_MAX, json_member_str(frame, "python_version"));
    server_send_ready(s);
}

static void on_failed(struct shim *s, const json_t *frame)
{
    struct str reason = json_member_str(frame, "reason");
    if (s->link_state != LINK_STARTING) {
        snprintf(s->ending.told, sizeof s->ending.told, "%.*s",
                 STR_ARG(clip(reason, sizeof s->ending.told - 1)));
        return;
    }
    if (reason.n == 0)
        reason = STR("The driver could not start, and did not say why.");
    s->link_state = LINK_FAILED;
    ending_begin(s, CAUSE_FAILED, LINK_END_GRACE_MS, "%.*s", STR_ARG(clip(reason, REASON_MAX - 1)));
}

/* Drivers speak only of the calculation that runs. */
static bool is_running(const struct shim *s, struct str id)
{
    return s->calcs.running && str_is(id, s->calcs.running->id);
}

static struct str known_state(struct str state)
{
    if (str_is(state, "COMPLETED"))
        return STR("COMPLETED");
    return str_is(state, "CANCELED") ? STR("CANCELED") : STR("FAILED");
}

static void on_done(struct shim *s, const json_t *frame)
{
    calc_finish(s, &(struct calc_end){
                       .state = known_state(json_member_str(frame, "state")),
                       .reason = clip(json_member_str(frame, "reason"), REASON_MAX),
                       .result_type = clip(json_member_str(frame, "result_type"), INFO_MAX),
                   });
}

static void on_frame(struct channel *c, const json_t *frame)
{
    struct shim *s = c->ctx;
    struct str kind = frame_kind(frame), id = json_member_str(frame, "id");
    if (str_is(kind, "ready"))
        on_ready(s, frame);
    else if (str_is(kind, "failed"))
        on_failed(s, frame);
    else if (str_is(kind, "started") && is_running(s, id))
        server_send_started(s, id);
    else if (str_is(kind, "progress") && is_running(s, id))
        server_send_progress(s, id, clip(json_member_str(frame, "text"), PROGRESS_MAX));
    else if (str_is(kind, "done") && is_running(s, id))
        on_done(s, frame);
}

static void on_ended(struct channel *c, const char *reason)
{
    struct shim *s = c->ctx;
    if (s->ending.driver_gone)
        return;
    if (reason)
        ending_begin(s, CAUSE_LINK, 0, "The driver broke the link to its shim: %s", reason);
    else
        ending_begin(s, CAUSE_LINK, LINK_END_GRACE_MS, "The driver closed the link to its shim.");
}

static const struct channel_events events = {.frame = on_frame, .ended = on_ended};

void link_init(struct shim *s)
{
    channel_init(&s->link, &s->reactor, &events, s);
}

void link_open(struct shim *s, int fd)
{
    channel_open(&s->link, fd);
}

bool link_send_run(struct shim *s, struct str id, struct str code, const int fds[CHANNEL_FDS])
{
    if (!channel_is_open(&s->link) || !channel_attach(&s->link, fds))
        return false;
    struct frame f;
    frame_open(&f, &s->link.out, "run");
    jsonw_member_str(&f.json, "id", id);
    jsonw_member_str(&f.json, "code", code);
    jsonw_member_int(&f.json, "result_max", s->spec->result_max_bytes);
    bool fits = frame_close(&f);
    if (!fits)
        channel_detach(&s->link);
    channel_flush(&s->link);
    return fits;
}

void link_send_cancel(struct shim *s, struct str id)
{
    if (!channel_is_open(&s->link))
        return;
    struct frame f;
    frame_open(&f, &s->link.out, "cancel");
    jsonw_member_str(&f.json, "id", id);
    if (!frame_close(&f))
        logfile_note(&s->log, "a cancellation was dropped: the driver does not read its link");
    channel_flush(&s->link);
}

void link_send_exit(struct shim *s)
{
    if (!channel_is_open(&s->link))
        return;
    struct frame f;
    frame_open(&f, &s->link.out, "exit");
    if (frame_close(&f))
        channel_flush(&s->link);
}
