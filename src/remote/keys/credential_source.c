#include "remote/keys/credential_source.h"

#include "base/file.h"
#include "base/log.h"
#include "remote/keys/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

enum {
    FILE_MAX = 1024 * 1024,
    FILE_AGE_MS = 60 * 1000,   /* a file is read again after this, as others renew it */
    MARGIN_MS = 5 * 60 * 1000, /* keys are renewed so long before they end */
    RETRY_MS = 10 * 1000,      /* between attempts to renew keys that are still valid */
    FAILED_MS = 1000,          /* after a failure, where there are no valid ones */
};

enum form { FORM_STATIC, FORM_FILE, FORM_COMMAND };

struct credential_source {
    struct loop *loop;
    const struct clock *clock;
    enum form form;
    char *what; /* path or command */
    char *profile;
    struct credentials now;
    bool known;
    int64_t asked_ms;  /* monotonic */
    int64_t got_ms;    /* monotonic */
    bool expired;      /* they were refused */
    int64_t failed_ms; /* monotonic, of the last attempt; 0: it went well */
    struct err failure;
    struct list waits;
    struct command *command;
    struct reading *reading;
};

/* On the pool; outlives its source. */
struct reading {
    struct credential_source *source; /* NULL: freed */
    char *path;
    char *profile;
    struct credentials got;
    struct err err;
    bool ok;
};

static const char *after(const char *form, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(form, prefix, n) == 0 && form[n] ? form + n : NULL;
}

int credential_source_check(const char *form, struct err *err)
{
    if (strcmp(form, "static") == 0 || after(form, "file:/") || after(form, "command:"))
        return 0;
    return err_set(err, ERR_INVALID_ARGUMENT, "is none of static, file:/PATH and command:PROGRAM");
}

struct credential_source *credential_source_new(struct loop *loop, const struct clock *clock,
                                                const char *form, const char *profile,
                                                const struct credentials *fixed)
{
    struct credential_source *s = mem_new(sizeof *s);
    *s = (struct credential_source){.loop = loop, .clock = clock, .profile = mem_strdup(profile)};
    list_init(&s->waits);
    if (after(form, "file:")) {
        s->form = FORM_FILE;
        s->what = mem_strdup(after(form, "file:"));
    } else if (after(form, "command:")) {
        s->form = FORM_COMMAND;
        s->what = mem_strdup(after(form, "command:"));
    } else {
        s->known = true;
        s->now = (struct credentials){mem_strdup(fixed->access_key_id), mem_strdup(fixed->secret),
                                      fixed->token ? mem_strdup(fixed->token) : NULL, 0};
    }
    return s;
}

void credential_source_free(struct credential_source *s)
{
    if (!s)
        return;
    if (s->command)
        command_cancel(s->command);
    if (s->reading)
        s->reading->source = NULL;
    credentials_done(&s->now);
    free(s->what);
    free(s->profile);
    free(s);
}

static void answer_all(struct credential_source *s, const struct credentials *c, const struct err *err)
{
    struct list waits;
    list_init(&waits);
    for (struct list *node; (node = list_first(&s->waits));) {
        list_remove(node);
        list_append(&waits, node);
    }
    for (struct list *node; (node = list_first(&waits));) {
        struct credential_wait *w = CONTAINER_OF(node, struct credential_wait, link);
        list_remove(node);
        w->fn(w, c, err);
    }
}

static bool valid(const struct credential_source *s, int64_t margin_ms)
{
    int64_t end_ms = s->now.expires_ms;
    return s->known && !s->expired && (!end_ms || clock_wall_ms(s->clock) + margin_ms < end_ms);
}

/* Keys that have ended when they come are none. */
static bool has_ended(const struct credential_source *s, struct credentials *got, struct err *err)
{
    if (!got || !got->expires_ms || clock_wall_ms(s->clock) < got->expires_ms)
        return false;
    credentials_done(got);
    err_set(err, ERR_UNAVAILABLE, "its keys have ended already");
    return true;
}

/* What came, or why nothing came: keys that are still valid go on serving. */
static void settle(struct credential_source *s, struct credentials *got, const struct err *cause)
{
    struct err ended;
    if (has_ended(s, got, &ended))
        cause = &ended;
    if (!cause) {
        s->failed_ms = 0;
        credentials_done(&s->now);
        s->now = *got;
        s->known = true;
        s->expired = false;
        s->got_ms = clock_mono_ms(s->clock);
        answer_all(s, &s->now, NULL);
        return;
    }
    s->failed_ms = clock_mono_ms(s->clock);
    err_set(&s->failure, ERR_UNAVAILABLE, "No credentials: %s %.200s: %.500s",
            s->form == FORM_FILE ? "the file" : "the command", s->form == FORM_FILE ? s->what : "",
            cause->text);
    log_error("remote", "credentials could not be renewed",
              F_CSTR("from", s->form == FORM_FILE ? s->what : "command"), F_CSTR("reason", cause->text));
    if (valid(s, 0))
        answer_all(s, &s->now, NULL);
    else
        answer_all(s, NULL, &s->failure);
}

static void on_command(void *ctx, struct str out, const struct err *err)
{
    struct credential_source *s = ctx;
    struct credentials got;
    struct err wrong;
    s->command = NULL;
    if (!err && credentials_parse_process(out, &got, &wrong) < 0)
        err = &wrong;
    settle(s, err ? NULL : &got, err);
}

/* Pool thread. */
static void read_file(void *ctx)
{
    struct reading *r = ctx;
    struct buf text;
    char place[PATH_MAX]; /* mounted secrets are links */
    buf_init(&text, FILE_MAX);
    if (!realpath(r->path, place))
        err_set_errno(&r->err, errno, "it cannot be read");
    else if (file_read(AT_FDCWD, place, &text, &r->err) == 0 &&
             credentials_parse_file(buf_str(&text), str_from(r->profile), &r->got, &r->err) == 0)
        r->ok = true;
    if (text.p)
        buf_wipe(&text);
    buf_done(&text);
}

static void file_was_read(void *ctx)
{
    struct reading *r = ctx;
    struct credential_source *s = r->source;
    if (!s) {
        credentials_done(&r->got);
    } else {
        s->reading = NULL;
        settle(s, r->ok ? &r->got : NULL, r->ok ? NULL : &r->err);
    }
    free(r->path);
    free(r->profile);
    free(r);
}

static void ask(struct credential_source *s)
{
    s->asked_ms = clock_mono_ms(s->clock);
    if (s->form == FORM_COMMAND) {
        s->command = command_start(s->loop, s->what, on_command, s);
        return;
    }
    struct reading *r = mem_new(sizeof *r);
    r->source = s;
    r->path = mem_strdup(s->what);
    r->profile = mem_strdup(s->profile);
    s->reading = r;
    loop_work(s->loop, read_file, file_was_read, r);
}

static bool wants_new(const struct credential_source *s)
{
    int64_t now = clock_mono_ms(s->clock);
    if (s->form == FORM_STATIC || s->command || s->reading)
        return false;
    if (!valid(s, 0))
        return !s->failed_ms || now - s->failed_ms >= FAILED_MS;
    bool old = s->form == FORM_FILE && now - s->got_ms > FILE_AGE_MS;
    return (old || !valid(s, MARGIN_MS)) && now - s->asked_ms > RETRY_MS;
}

void credential_source_get(struct credential_source *s, struct credential_wait *w)
{
    list_init(&w->link);
    bool usable = s->form == FORM_STATIC || valid(s, 0);
    bool asks = wants_new(s);
    if (!usable && !asks && !s->command && !s->reading) {
        w->fn(w, NULL, &s->failure);
        return;
    }
    if (!usable)
        list_append(&s->waits, &w->link);
    if (asks)
        ask(s);
    if (usable)
        w->fn(w, &s->now, NULL);
}

void credential_source_forget(struct credential_wait *w)
{
    list_remove(&w->link);
}

void credential_source_expire(struct credential_source *s)
{
    s->expired = true;
}

bool credential_source_doubt(struct credential_source *s)
{
    if (s->form == FORM_STATIC || clock_mono_ms(s->clock) - s->got_ms < RETRY_MS)
        return false;
    s->expired = true;
    return true;
}
