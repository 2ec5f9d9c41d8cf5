#include "http/head.h"

static const struct http_refusal fine = {0, NULL};

static struct http_refusal bad(const char *reason)
{
    return (struct http_refusal){400, reason};
}

static struct str part(struct str head, struct http_span span)
{
    return str_sub(head, span.at, (size_t)span.at + span.n);
}

static void copy_head(const struct http_parser *p, struct http_request *req)
{
    struct str head = arena_str(req->arena, p->head);
    struct http_header *items = arena_array(req->arena, p->field_count, sizeof *items);
    for (size_t i = 0; i < p->field_count; i++) {
        items[i].name = part(head, p->fields[i].name);
        items[i].value = str_trim(part(head, p->fields[i].value));
    }
    req->headers = (struct http_headers){items, p->field_count};
    req->method = http_parser_method(p);
    req->target = part(head, p->target);
}

/* "http://host:port/path" as a proxy's client sends it (RFC 9112, 3.2.2): the authority stands for the Host
 * header. */
static bool cut_authority(struct http_request *req, struct str *path)
{
    struct str rest = *path;
    if (str_eq_nocase(str_sub(rest, 0, 7), STR("http://")))
        rest = str_sub(rest, 7, rest.n);
    else if (str_eq_nocase(str_sub(rest, 0, 8), STR("https://")))
        rest = str_sub(rest, 8, rest.n);
    else
        return false;
    size_t end = 0;
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
        end++;
    req->host = str_sub(rest, 0, end);
    *path = str_sub(rest, end, rest.n);
    if (path->n == 0 || path->p[0] != '/')
        req->path = STR("/");
    return end > 0;
}

static struct http_refusal split_target(struct http_request *req)
{
    struct str path = req->target;
    bool star = str_is(path, "*") && str_is(req->method, "OPTIONS");
    req->path = STR_NULL;
    if (str_find(path, '#') != SIZE_MAX)
        return bad("The request's target holds a fragment.");
    if (!star && !str_starts(path, STR("/")) && !cut_authority(req, &path))
        return bad("The request's target is malformed.");
    size_t mark = str_find(path, '?');
    if (!req->path.p)
        req->path = str_sub(path, 0, mark);
    req->query = mark == SIZE_MAX ? STR_NULL : str_sub(path, mark + 1, path.n);
    return fine;
}

/* Characters of a host name, an address literal and a port. */
static bool host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~:[]%!$&'()*+;=", c));
}

static struct http_refusal check_host(struct http_request *req, bool http_1_0)
{
    size_t count = http_header_count(&req->headers, "host");
    if (count > 1)
        return bad("The request has more than one Host header.");
    if (count == 0 && !http_1_0)
        return bad("The request has no Host header.");
    struct str host = http_header(&req->headers, "host");
    for (size_t i = 0; i < host.n; i++)
        if (!host_char(host.p[i]))
            return bad("The request's Host header is malformed.");
    req->host = host;
    return fine;
}

static struct http_refusal check_framing(const struct http_parser *p, struct http_request *req, bool http_1_0)
{
    struct str coding = http_header(&req->headers, "transfer-encoding");
    req->content_length = p->ll.flags & F_CONTENT_LENGTH ? (int64_t)p->ll.content_length : -1;
    if (req->content_length < -1 || (p->ll.flags & F_CONTENT_LENGTH && req->content_length == -1))
        return (struct http_refusal){413, "The request's body is too long."};
    if (!coding.p) {
        req->has_body = req->content_length > 0;
        return fine;
    }
    if (http_1_0)
        return bad("HTTP/1.0 has no Transfer-Encoding.");
    if (req->content_length >= 0)
        return bad("The request has both Content-Length and Transfer-Encoding.");
    if (http_header_count(&req->headers, "transfer-encoding") > 1)
        return bad("The request has more than one Transfer-Encoding header.");
    if (!str_eq_nocase(coding, STR("chunked")))
        return (struct http_refusal){501, "The server knows no Transfer-Encoding but chunked."};
    req->chunked = req->has_body = true;
    return fine;
}

static struct http_refusal check_expect(const struct http_request *req, struct http_framing *f)
{
    struct str expect = http_header(&req->headers, "expect");
    if (!expect.p || f->http_1_0)
        return fine;
    if (!str_eq_nocase(expect, STR("100-continue")))
        return (struct http_refusal){417, "The server knows no expectation but 100-continue."};
    f->expects_continue = req->has_body;
    return fine;
}

struct http_refusal http_head_take(const struct http_parser *p, struct http_request *req,
                                   struct http_framing *ret)
{
    *ret = (struct http_framing){
        .http_1_0 = p->ll.http_minor == 0,
        .keep_alive = llhttp_should_keep_alive(&p->ll),
    };
    copy_head(p, req);
    struct http_refusal r = check_host(req, ret->http_1_0);
    if (!r.status)
        r = split_target(req);
    if (!r.status)
        r = check_framing(p, req, ret->http_1_0);
    if (!r.status)
        r = check_expect(req, ret);
    return r;
}
