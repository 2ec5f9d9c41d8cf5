/* The end of a calculation: its objects are made from the driver's output, then one commit shows the objects,
 * the session IDLE (or ended) and the calculation ended. What fails on the way (a full disk) is tried again
 * for a while; after that texts are shortened to what needs no file, and at last the calculation ends without
 * objects. One whose result is lost has not COMPLETED: it FAILED, and its reason says why. */
#include "core/internal.h"

#include "base/log.h"
#include "base/utf8.h"

#include <stdio.h>

enum {
    ATTEMPTS_MAX = 60,
    ATTEMPTS_CANCELED_MAX = 5,
    RETRY_MS = 1000,
    NOTE_MAX = 64 * 1024,
    EXIT_WAIT_MS = 10000,
    REASON_MAX = 1024,
};

#define STATE(x) ATHENA_CALCULATION_EXECUTION_STATE_##x

static const char empty_result[] = "{\"version\":1,\"outputs\":[]}";

static void make_bodies(struct calculation *c);
static void commit_end(struct calculation *c);

static void drop_bodies(struct calculation *c)
{
    calculation_deliver_stop(c);
    for (size_t i = 0; i < OUTPUTS; i++) {
        object_body_free(c->bodies[i]);
        c->bodies[i] = NULL;
    }
}

void calculation_outputs_clear(struct calculation *c)
{
    drop_bodies(c);
    for (size_t i = 0; i < OUTPUTS; i++) {
        text_set(&c->outputs[i].path, NULL);
        text_set(&c->outputs[i].write_error, NULL);
    }
}

static void on_retry(struct timer *t)
{
    make_bodies(t->ctx);
}

static void add_reason(struct calculation *c, const char *sentence)
{
    char text[2 * REASON_MAX];
    snprintf(text, sizeof text, "%s%s%s", c->outcome_reason ? c->outcome_reason : "",
             c->outcome_reason ? " " : "", sentence);
    text_set(&c->outcome_reason, text);
}

/* What the code has computed is lost. */
static void lose_result(struct calculation *c, const char *sentence)
{
    if (c->outcome == STATE(COMPLETED)) {
        c->outcome = STATE(FAILED);
        text_set(&c->outcome_reason, "The code ran to its end.");
    }
    add_reason(c, sentence);
}

/* The objects cannot be had: the calculation ends without them. */
static void give_results_up(struct calculation *c, const struct err *err)
{
    char text[REASON_MAX];
    c->without_results = true;
    snprintf(text, sizeof text, "The output could not be stored: %.500s", err->text);
    lose_result(c, text);
}

static bool is_patience_over(const struct calculation *c)
{
    return c->attempts >= (c->outcome == STATE(CANCELED) ? ATTEMPTS_CANCELED_MAX : ATTEMPTS_MAX);
}

/* True: smaller objects are to be tried. */
static bool shorten(struct calculation *c, const struct err *err)
{
    char text[REASON_MAX];
    if (err->code != ERR_NO_SPACE || c->shortened)
        return false;
    bool had_result = calculation_has_result(c);
    c->shortened = true;
    if (had_result && !calculation_has_result(c) && c->outcome != STATE(CANCELED)) {
        snprintf(text, sizeof text, "The result could not be stored: %.500s", err->text);
        lose_result(c, text);
    }
    return true;
}

/* A commit that failed is repeated until the store takes it: without results it would fail no less. */
static void try_again(struct calculation *c, const struct err *err, bool commit_failed)
{
    drop_bodies(c);
    c->attempts += !commit_failed;
    log_error("core", "the objects of a calculation could not be stored", F_STR("calculation_id", c->id),
              F_ERR(err), F_INT("attempt", c->attempts));
    if ((is_patience_over(c) || err->code == ERR_NO_SUCH_BUCKET) && !c->without_results && !shorten(c, err))
        give_results_up(c, err);
    timer_start(c->core->p.timers, &c->retry, RETRY_MS, on_retry, c);
}

/* Until its end is committed the calculation stays the session's own, so that no other one starts and nothing
 * is forgotten. A commit that fails is repeated with objects made anew; the end stays decided. */
static void on_end_committed(void *ctx, const struct err *err)
{
    struct calculation *c = ctx;
    struct session *s = c->session;
    if (c->core->detached)
        return;
    if (err) {
        try_again(c, err, true);
        return;
    }
    s->calculation = NULL;
    map_remove(&c->core->calculation_by_id, c->id);
    if (c->from_driver && s->driver)
        c->core->p.runner->ops->ack(s->driver, c->id);
    if (s->driver_exited && !session_state_ended(s->state))
        session_driver_gone(s);
    calculation_unref(c);
}

static void settle_session(struct calculation *c)
{
    struct session *s = c->session;
    if (s->driver_exited && !session_state_ended(s->state))
        session_set_final(s);
    else if (s->state == ATHENA_SESSION_STATE_BUSY && !s->fail_reason && !c->driver_ended)
        session_set_state(s, ATHENA_SESSION_STATE_IDLE, NULL);
}

static void settle_calculation(struct calculation *c)
{
    enum athena_calculation_execution_state to = c->limit_reason ? STATE(FAILED) : c->outcome;
    const char *reason = c->limit_reason ? c->limit_reason : c->outcome_reason;
    if (to == STATE(COMPLETED))
        reason = NULL;
    if (calculation_state_ended(c->state)) {
        calculation_end_otherwise(c, to, reason);
        return;
    }
    if (to == STATE(CANCELED) && c->state != STATE(CANCELING) && c->state != STATE(RUNNING))
        calculation_set_state(c, STATE(CANCELING), NULL);
    if (to == STATE(COMPLETED) && !c->started_ms)
        c->started_ms = clock_wall_ms(c->core->p.clock);
    calculation_set_state(c, to, reason);
}

/* What the calculation has made, for the batch of its end. */
static void add_results(struct calculation *c, struct store_batch *batch)
{
    struct err err;
    if (session_is_own(c->session)) {
        calculation_add_own(c, batch);
        return;
    }
    if (!c->without_results && calculation_check_room(c, &err) < 0) {
        drop_bodies(c);
        give_results_up(c, &err);
    }
    if (!c->without_results)
        calculation_add_objects(c, batch);
    text_set(&c->result_type, c->without_results ? NULL : CALCULATION_RESULT_TYPE);
}

static void commit_end(struct calculation *c)
{
    struct store_batch *batch = store_batch_new(c->core->p.store);
    add_results(c, batch);
    settle_calculation(c);
    settle_session(c);
    session_commit(c->session, c, batch, on_end_committed, c);
}

/* An end that waits for its delivery holds the calculation as one that waits for its bodies does: it stays
 * the session's own. */
static void bodies_ready(struct calculation *c)
{
    if (!calculation_deliver(c, commit_end))
        commit_end(c);
}

static void bodies_done(struct calculation *c)
{
    struct err err;
    if (!c->bodies_error) {
        bodies_ready(c);
        return;
    }
    err_set(&err, c->bodies_error_code, "%s", c->bodies_error);
    text_set(&c->bodies_error, NULL);
    try_again(c, &err, false);
}

static void body_done(struct calculation *c, size_t i, struct object_body *body, const struct err *err)
{
    c->bodies[i] = body;
    if (err && !c->bodies_error) {
        text_set(&c->bodies_error, err->text);
        c->bodies_error_code = err->code;
    }
    if (--c->bodies_pending == 0 && !c->core->detached)
        bodies_done(c);
    calculation_unref(c);
}

static void on_stdout_body(void *ctx, struct object_body *body, const struct err *err)
{
    body_done(ctx, OUTPUT_STDOUT, body, err);
}

static void on_stderr_body(void *ctx, struct object_body *body, const struct err *err)
{
    body_done(ctx, OUTPUT_STDERR, body, err);
}

static void on_result_body(void *ctx, struct object_body *body, const struct err *err)
{
    body_done(ctx, OUTPUT_RESULT, body, err);
}

static object_body_fn *const body_fns[OUTPUTS] = {on_stdout_body, on_stderr_body, on_result_body};

/* What the driver could not tell, for stderr: the reason and the tail of the session's log. */
static void add_note(const struct calculation *c, struct buf *note)
{
    const struct session *s = c->session;
    buf_add_cstr(note, c->outcome_reason ? c->outcome_reason : "");
    buf_add_char(note, '\n');
    if (s->driver_exited && s->exit_log_tail) {
        buf_add_cstr(note, "The last lines of the session's log:\n");
        utf8_add_valid(note, str_from(s->exit_log_tail));
    }
}

static void make_note_bodies(struct calculation *c)
{
    CLEANUP_BUF struct buf note;
    buf_init(&note, NOTE_MAX);
    add_note(c, &note);
    struct str texts[OUTPUTS] = {STR(""), buf_str(&note), str_from(empty_result)};
    struct err err = {0};
    for (size_t i = 0; i < OUTPUTS; i++)
        if (!err.code)
            c->bodies[i] = objects_body_from_bytes(c->core->p.objects, texts[i], &err);
    if (err.code)
        try_again(c, &err, false);
    else
        bodies_ready(c);
}

static void make_empty_result(struct calculation *c)
{
    struct err err;
    struct object_body *body = objects_body_from_bytes(c->core->p.objects, str_from(empty_result), &err);
    body_done(c, OUTPUT_RESULT, body, body ? NULL : &err);
}

/* The output of a driver that died is what came until then; its result is none. */
static void make_file_bodies(struct calculation *c)
{
    CLEANUP_BUF struct buf note;
    buf_init(&note, NOTE_MAX);
    if (c->driver_ended)
        add_note(c, &note);
    c->bodies_pending = OUTPUTS;
    for (size_t i = 0; i < OUTPUTS; i++) {
        struct object_source src = calculation_source(c, i);
        if (i == OUTPUT_STDERR)
            src.note = buf_str(&note);
        calculation_ref(c);
        if (i == OUTPUT_RESULT && !calculation_has_result(c))
            make_empty_result(c);
        else
            objects_body_from_file(c->core->p.objects, &src, body_fns[i], c);
    }
}

static void make_bodies(struct calculation *c)
{
    if (c->core->detached)
        return;
    if (c->without_results)
        commit_end(c);
    else if (session_is_own(c->session))
        calculation_read_own(c, commit_end);
    else if (c->outputs[OUTPUT_STDOUT].path)
        make_file_bodies(c);
    else
        make_note_bodies(c);
}

static void on_exit_overdue(struct timer *t)
{
    struct calculation *c = t->ctx;
    c->wait_for_exit = false;
    make_bodies(c);
}

/* One that its limit has cut was told so in the output; the driver bounds it by itself. */
static void judge_result(struct calculation *c)
{
    char text[REASON_MAX];
    const char *why = c->outputs[OUTPUT_RESULT].write_error;
    if (!why || c->outcome == STATE(CANCELED)) /* nobody waits for that one */
        return;
    snprintf(
        text, sizeof text,
        "The result could not be stored, as the disk of the server's data folder did not take it: %.200s. "
        "Make room there, and run the code again.",
        why);
    lose_result(c, text);
}

void calculation_driver_done(struct calculation *c, const struct driver_done *d)
{
    const struct core_config *config = c->core->p.config;
    enum athena_calculation_execution_state outcome = calculation_state_from(d->state);
    c->outcome = calculation_state_ended(outcome) ? outcome : STATE(FAILED);
    if (d->driver_ended && c->state == STATE(CANCELING))
        c->outcome = STATE(CANCELED);
    c->from_driver = true;
    c->driver_ended = d->driver_ended;
    c->wait_for_exit = d->driver_ended && !c->session->driver_exited;
    if (d->reason.n)
        text_set_str(&c->outcome_reason,
                     str_sub(d->reason, 0, utf8_floor(str_sub(d->reason, 0, REASON_MAX - 1))));
    if (c->outcome == STATE(CANCELED) && !c->outcome_reason)
        text_set(&c->outcome_reason, c->reason);
    calculation_output_set(&c->outputs[OUTPUT_STDOUT], &d->out, config->stdout_bytes);
    calculation_output_set(&c->outputs[OUTPUT_STDERR], &d->err, config->stderr_bytes);
    calculation_output_set(&c->outputs[OUTPUT_RESULT], &d->result, config->result_bytes);
    if (!c->driver_ended)
        judge_result(c);
    calculation_set_deadline(c);
    if (c->wait_for_exit)
        timer_start(c->core->p.timers, &c->retry, EXIT_WAIT_MS, on_exit_overdue, c);
    else
        make_bodies(c);
}

void calculation_finish(struct calculation *c, enum athena_calculation_execution_state outcome,
                        const char *reason)
{
    c->outcome = outcome;
    text_set(&c->outcome_reason, reason);
    c->without_results = outcome == STATE(CANCELED);
    calculation_set_deadline(c);
    make_bodies(c);
}

void calculation_exit_known(struct calculation *c)
{
    if (!c->wait_for_exit)
        return;
    c->wait_for_exit = false;
    timer_stop(c->core->p.timers, &c->retry);
    make_bodies(c);
}
