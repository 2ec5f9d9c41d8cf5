#include "shim/frame.h"

static void put_length(char *to, size_t n)
{
    for (int i = 0; i < FRAME_HEADER_BYTES; i++)
        to[i] = (char)(n >> (8 * (FRAME_HEADER_BYTES - 1 - i)));
}

static size_t get_length(const char *from)
{
    size_t n = 0;
    for (int i = 0; i < FRAME_HEADER_BYTES; i++)
        n = n << 8 | (unsigned char)from[i];
    return n;
}

void frame_open(struct frame *f, struct buf *out, const char *kind)
{
    *f = (struct frame){.out = out, .at = out->n};
    buf_add(out, "\0\0\0\0", FRAME_HEADER_BYTES);
    jsonw_init(&f->json, out);
    jsonw_object(&f->json);
    jsonw_member_str(&f->json, "t", str_from(kind));
}

static bool close_at(struct buf *out, size_t at)
{
    if (out->overflow || out->n - at - FRAME_HEADER_BYTES > FRAME_BODY_MAX) {
        out->n = at;
        out->overflow = false;
        return false;
    }
    put_length(out->p + at, out->n - at - FRAME_HEADER_BYTES);
    return true;
}

bool frame_close(struct frame *f)
{
    jsonw_end_object(&f->json);
    return close_at(f->out, f->at);
}

bool frame_add(struct buf *out, struct str body)
{
    size_t at = out->n;
    buf_add(out, "\0\0\0\0", FRAME_HEADER_BYTES);
    buf_add_str(out, body);
    return close_at(out, at);
}

enum frame_state frame_first(struct str bytes, struct str *ret_body)
{
    if (bytes.n < FRAME_HEADER_BYTES)
        return FRAME_PART;
    size_t n = get_length(bytes.p);
    if (n == 0 || n > FRAME_BODY_MAX)
        return FRAME_BROKEN;
    if (bytes.n - FRAME_HEADER_BYTES < n)
        return FRAME_PART;
    *ret_body = str_of(bytes.p + FRAME_HEADER_BYTES, n);
    return FRAME_WHOLE;
}

json_t *frame_parse(struct str body, struct err *err)
{
    json_t *frame = json_parse(body, err);
    if (!frame)
        return NULL;
    if (json_is_object(frame) && frame_kind(frame).p)
        return frame;
    json_decref(frame);
    err_set(err, ERR_SERIALIZATION, "A frame is not an object with a kind.");
    return NULL;
}

struct str frame_kind(const json_t *frame)
{
    return json_member_str(frame, "t");
}
