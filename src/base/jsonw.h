/* Writes JSON into a bounded buffer, with commas where they belong. Strings are written as valid UTF-8;
 * invalid bytes become U+FFFD. An overflow shows in the buffer. */
#pragma once

#include "base/buf.h"

enum { JSONW_DEPTH_MAX = 64 };

struct jsonw {
    struct buf *out;
    unsigned depth;
    bool after_key;
    bool not_first[JSONW_DEPTH_MAX];
};

void jsonw_init(struct jsonw *w, struct buf *out);
void jsonw_object(struct jsonw *w);
void jsonw_end_object(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_end_array(struct jsonw *w);
void jsonw_key(struct jsonw *w, struct str key);
void jsonw_str(struct jsonw *w, struct str value);
void jsonw_int(struct jsonw *w, int64_t value);
/* The shortest text that reads back as the same value; null for what is no number. */
void jsonw_double(struct jsonw *w, double value);
void jsonw_bool(struct jsonw *w, bool value);
void jsonw_null(struct jsonw *w);
/* Milliseconds since the epoch as seconds with three decimals: AWS JSON's timestamp. */
void jsonw_time_ms(struct jsonw *w, int64_t ms);

void jsonw_member_str(struct jsonw *w, const char *key, struct str value);
void jsonw_member_int(struct jsonw *w, const char *key, int64_t value);
void jsonw_member_bool(struct jsonw *w, const char *key, bool value);

/* One string with its quotes, outside any writer. */
void jsonw_escape(struct buf *out, struct str s);
