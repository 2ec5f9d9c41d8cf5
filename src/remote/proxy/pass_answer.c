/* A remote's answer on its way back to the client: an object's bytes as they come, all else when it is whole
 * and is known to be S3's. */
#include "remote/proxy/pass_private.h"

#include "base/log.h"
#include "objects/s3/operation.h"
#include "remote/proxy/answer.h"
#include "remote/proxy/proxy_head.h"
#include "remote/refusal.h"

/* --- As it comes --- */

/* The head of the answer is out, and what follows is not what it promised. */
static void break_off(struct pass *p)
{
    log_warn("remote", "an answer has another length than it said", F_CSTR("remote", p->remote->config.name));
    http_flow_break(TAKE(p->flow));
}

static void on_drained(void *ctx)
{
    struct pass *p = ctx;
    if (p->stream)
        stream_go_on(p->stream);
}

static void on_client_gone(void *ctx)
{
    struct pass *p = ctx;
    p->flow = NULL;
    pass_forget_request(p);
    pass_end_soon(p);
}

static const struct http_flow_events flow_events = {on_drained, on_client_gone};

static void begin_flow(struct pass *p)
{
    struct http_request *req = p->call->req;
    p->call->answered = true;
    p->flow_left = p->answer_bytes;
    p->flow = http_respond_flow(req, &p->answer, (uint64_t)p->answer_bytes, &flow_events, p);
    pass_forget_request(p);
}

/* --- The head --- */

static struct answer_to asked(const struct s3_call *call)
{
    const struct http_headers *headers = &call->req->headers;
    const struct s3_operation *operation = call->operation;
    const char *name = operation ? operation->name : "";
    bool is_head = str_is(call->req->method, "HEAD");
    return (struct answer_to){
        .reads = is_head || str_is(call->req->method, "GET"),
        .ranged = http_header(headers, "range").p || s3_query_get(&call->query, "partNumber").p,
        .conditional = http_header(headers, "if-none-match").p || http_header(headers, "if-modified-since").p,
        .stores = strcmp(name, "PutObject") == 0 || strcmp(name, "UploadPart") == 0,
        .restores = s3_query_get(&call->query, "restore").p != NULL,
    };
}

static void copy_head(struct pass *p, int status, const struct http_headers *headers)
{
    struct arena *a = p->call->req->arena;
    p->answer.status = status;
    for (size_t i = 0; i < headers->count; i++) {
        struct http_header h = headers->items[i];
        if (!proxy_answer_header(h.name))
            continue;
        if (p->answer.header_count + 2 >= ARRAY_SIZE(p->answer.headers)) {
            p->wrong = "it has too many headers";
            return;
        }
        http_add_header(&p->answer, arena_str(a, h.name), arena_str(a, h.value));
    }
}

/* The answer to a HEAD never says what is wrong with its keys or its time: where one of both may be, it is
 * sent again. */
static bool wants_repeat(const struct pass *p, const struct http_headers *headers)
{
    struct str date = http_header(headers, "date");
    if (!p->is_head || p->repeated || (p->status != 400 && p->status != 403))
        return false;
    if (remote_clock_is_off(p->remote, date))
        return remote_learn_clock(p->remote, date);
    return credential_source_doubt(p->remote->credentials);
}

static void repeat(struct pass *p)
{
    p->repeats = false;
    p->repeated = true;
    p->answer = (struct http_response){0};
    p->wrong = NULL;
    pass_send(p);
}

/* Another region than the settings', told in the head alone. */
static bool names_other_region(const struct pass *p, const struct http_headers *headers)
{
    struct str region = http_header(headers, "x-amz-bucket-region");
    return p->is_head && p->status == 400 && region.n && !str_is(region, p->remote->config.region);
}

void pass_on_head(void *ctx, int status, const struct http_headers *headers)
{
    struct pass *p = ctx;
    if (!p->call)
        return;
    p->status = status;
    p->repeats = wants_repeat(p, headers);
    if (p->repeats)
        return;
    struct answer_to to = asked(p->call);
    p->wrong = answer_wrong(&to, status, headers);
    p->answer_bytes = transfer_answer_length(headers);
    copy_head(p, status, headers);
    bool bare = p->is_head || status == 204 || status == 304;
    if (bare && p->answer_bytes < 0)
        p->answer_bytes = 0;
    p->collects = !to.reads || (status >= 300 && !bare) || p->answer_bytes < 0 || p->wrong ||
                  names_other_region(p, headers);
    if (!p->collects)
        begin_flow(p);
}

bool pass_on_data(void *ctx, struct str bytes)
{
    struct pass *p = ctx;
    if (p->collects) {
        buf_add_str(&p->collected, bytes);
        return true;
    }
    if (!p->flow)
        return true; /* nobody waits for it */
    if (!http_flow_ready(p->flow))
        return false;
    if ((int64_t)bytes.n > p->flow_left) {
        break_off(p);
        return true;
    }
    p->flow_left -= (int64_t)bytes.n;
    http_flow_add(p->flow, bytes);
    if (p->flow_left == 0)
        p->flow = NULL;
    return true;
}

/* --- A whole answer --- */

static void respond(struct pass *p)
{
    struct http_request *req = p->call->req;
    p->answer.body = buf_str(&p->collected);
    p->call->answered = true;
    http_respond(req, &p->answer);
    pass_end_well(p);
}

/* --- What is wrong between this server and the remote is not the client's --- */

/* What the next request does differently for it; false: nothing. */
static bool learn(const struct pass *p, enum refusal_kind kind, const struct http_headers *headers)
{
    if (kind == REFUSAL_SKEWED)
        return remote_learn_clock(p->remote, http_header(headers, "date"));
    if (kind == REFUSAL_EXPIRED)
        credential_source_expire(p->remote->credentials);
    return kind == REFUSAL_EXPIRED;
}

static bool is_ours(const struct pass *p, const struct http_headers *headers)
{
    struct str body = buf_str(&p->collected);
    bool redirected = p->status == 301 || p->status == 307;
    return (redirected && refusal_region(p->status, headers, body).n) || names_other_region(p, headers) ||
           refusal_is_of_keys(refusal_element(body, "Code"));
}

static void refuse_for_us(struct pass *p, const struct http_headers *headers)
{
    struct err why, err;
    int status = names_other_region(p, headers) ? 301 : p->status; /* as to what is no HEAD */
    enum refusal_kind kind = refusal_read(status, headers, buf_str(&p->collected), p->bucket, &why);
    bool again = learn(p, kind, headers);
    err_set(&err, again ? ERR_UNAVAILABLE : ERR_ACCESS_DENIED,
            "The store of the bucket (remote %s) refused this server: %.500s", p->remote->config.name,
            why.text);
    log_warn("remote", "a request was refused for what this server sent with it",
             F_CSTR("remote", p->remote->config.name), F_CSTR("reason", why.text));
    pass_end_failed(p, &err);
}

/* --- What is none of S3's --- */

static void refuse_answer(struct pass *p, const char *why)
{
    struct err err;
    err_set(&err, ERR_UNAVAILABLE,
            "The answer of the bucket's store (remote %s, status %d) cannot be passed on: %s.",
            p->remote->config.name, p->status, why);
    log_warn("remote", "an answer was not passed on", F_CSTR("remote", p->remote->config.name),
             F_INT("status", p->status), F_CSTR("reason", why));
    pass_end_failed(p, &err);
}

/* A refusal without a word. What its status says of the object is believed. */
static void refuse_in_words(struct pass *p)
{
    struct err why, err;
    (void)refusal_read(p->status, &(struct http_headers){0}, STR(""), p->bucket, &why);
    err_set(&err, why.code,
            "The store of the bucket (remote %s) refused this with status %d and gave no reason.",
            p->remote->config.name, p->status);
    pass_end_failed(p, &err);
}

static void answer_refusal(struct pass *p)
{
    struct str body = str_trim(buf_str(&p->collected));
    if (p->is_head || refusal_is_told(body)) {
        respond(p);
    } else if (!body.n && p->status < 500 && p->call->target.level == S3_OBJECT) {
        refuse_in_words(p);
    } else {
        refuse_answer(p, "it is no error of S3's");
    }
}

/* --- Which of these --- */

static void on_overtaken(void *ctx, const struct err *err)
{
    struct pass *p = ctx;
    if (err)
        pass_end_failed(p, err);
    else
        respond(p);
}

static void answer_success(struct pass *p)
{
    const struct s3_operation *operation = p->call->operation;
    bool reads = str_is(p->call->req->method, "GET");
    const char *lacks = answer_lacks(operation ? operation->name : "", buf_str(&p->collected));
    if (p->body && !proxy_body_ended(p->body)) {
        refuse_answer(p, "it came before the end of the body");
    } else if (!reads && refusal_is_told(buf_str(&p->collected))) {
        p->answer.status = 500; /* S3 did not know yet; this server does */
        respond(p);
    } else if (lacks) {
        refuse_answer(p, lacks);
    } else if (p->overtaken) {
        deliveries_overtake(TAKE(p->overtaken), on_overtaken, p);
    } else {
        respond(p);
    }
}

static void answer_collected(struct pass *p)
{
    struct http_headers headers = {p->answer.headers, p->answer.header_count};
    if (p->status >= 300 && is_ours(p, &headers))
        refuse_for_us(p, &headers);
    else if (p->wrong)
        refuse_answer(p, p->wrong);
    else if (p->collected.overflow)
        refuse_answer(p, "it is too long");
    else if (p->status >= 400)
        answer_refusal(p);
    else
        answer_success(p);
}

void pass_on_done(void *ctx, const struct err *err)
{
    struct pass *p = ctx;
    struct err own;
    p->stream = NULL;
    if (timer_active(&p->later))
        return; /* its end is decided already */
    if (err) {
        err_set(&own, ERR_UNAVAILABLE, "The store of the bucket (remote %s) cannot be reached: %.500s",
                p->remote->config.name, err->text);
        if (p->flow)
            log_warn("remote", "an answer was broken off", F_CSTR("remote", p->remote->config.name),
                     F_ERR(err));
        pass_end_failed(p, &own);
    } else if (p->repeats) {
        repeat(p);
    } else if (p->collects) {
        answer_collected(p);
    } else {
        if (p->flow)
            break_off(p);
        pass_end_well(p);
    }
}
