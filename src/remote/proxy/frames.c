#include "remote/proxy/frames.h"

#include "base/mem.h"

#include <stdio.h>

enum { CHUNK_BYTES = 256 * 1024 };

static int64_t chunk_of(int64_t to_come)
{
    return to_come < CHUNK_BYTES ? to_come : CHUNK_BYTES;
}

static int head_text(char *to, size_t max, int64_t chunk)
{
    return snprintf(to, max, "%llx\r\n", (unsigned long long)chunk);
}

void frames_begin(struct frames *f, int64_t content_bytes, const char *name)
{
    *f = (struct frames){.name = name, .to_come = content_bytes};
}

int64_t frames_length(int64_t content_bytes, const char *name, size_t value_bytes)
{
    char text[32];
    int64_t whole = content_bytes / CHUNK_BYTES, rest = content_bytes % CHUNK_BYTES;
    int64_t total = whole * (head_text(text, sizeof text, CHUNK_BYTES) + CHUNK_BYTES + 2);
    if (rest)
        total += head_text(text, sizeof text, rest) + rest + 2;
    return total + (int64_t)(strlen("0\r\n") + strlen(name) + 1 + value_bytes + strlen("\r\n\r\n"));
}

static void set_text(struct frames *f, int n)
{
    REQUIRE(n > 0 && (size_t)n < sizeof f->text);
    f->text_bytes = (size_t)n;
    f->text_read = 0;
}

/* The framing that comes next; false: none, as the content or the trailer is missing. */
static bool next_text(struct frames *f, struct str value)
{
    if (f->in_chunk || f->ended)
        return false;
    if (f->to_come) {
        f->in_chunk = chunk_of(f->to_come);
        f->to_come -= f->in_chunk;
        set_text(f, head_text(f->text, sizeof f->text, f->in_chunk));
        return true;
    }
    if (!value.p)
        return false;
    f->ended = true;
    set_text(f, snprintf(f->text, sizeof f->text, "0\r\n%s:%.*s\r\n\r\n", f->name, STR_ARG(value)));
    return true;
}

static size_t read_text(struct frames *f, char *to, size_t max)
{
    size_t left = f->text_bytes - f->text_read, n = left < max ? left : max;
    memcpy(to, f->text + f->text_read, n);
    f->text_read += n;
    return n;
}

static size_t read_content(struct frames *f, char *to, size_t max, frames_source_fn *source, void *ctx)
{
    size_t most = (uint64_t)f->in_chunk < max ? (size_t)f->in_chunk : max;
    size_t n = most ? source(ctx, to, most) : 0;
    f->in_chunk -= (int64_t)n;
    if (n && !f->in_chunk)
        set_text(f, snprintf(f->text, sizeof f->text, "\r\n"));
    return n;
}

size_t frames_read(struct frames *f, char *to, size_t max, struct str value, frames_source_fn *source,
                   void *ctx)
{
    size_t done = 0;
    while (done < max) {
        if (f->text_read < f->text_bytes) {
            done += read_text(f, to + done, max - done);
        } else if (f->in_chunk) {
            size_t n = read_content(f, to + done, max - done, source, ctx);
            if (!n)
                break;
            done += n;
        } else if (!next_text(f, value)) {
            break;
        }
    }
    return done;
}

bool frames_ended(const struct frames *f)
{
    return f->ended && f->text_read == f->text_bytes;
}
