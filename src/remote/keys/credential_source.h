/* Where a remote's keys come from, and when they are asked for again. A file is read and a command run off
 * the loop; while new keys are on their way the old ones serve as long as they are valid. Loop thread. */
#pragma once

#include "base/clock.h"
#include "base/list.h"
#include "loop/loop.h"
#include "remote/keys/credentials.h"

struct credential_source;

/* `form` is "static", "file:PATH" or "command:PROGRAM". `fixed` is copied, for "static". */
struct credential_source *credential_source_new(struct loop *loop, const struct clock *clock,
                                                const char *form, const char *profile,
                                                const struct credentials *fixed);
/* Nobody waits for an answer; what runs is ended. */
void credential_source_free(struct credential_source *s);
/* Whether a form is one. */
int credential_source_check(const char *form, struct err *err) MUST_CHECK;

struct credential_wait {
    struct list link;
    /* `c` is valid during the call. May be called before credential_source_get returns. */
    void (*fn)(struct credential_wait *w, const struct credentials *c, const struct err *err);
};
void credential_source_get(struct credential_source *s, struct credential_wait *w);
/* Of a wait that has not been answered. */
void credential_source_forget(struct credential_wait *w);
/* They were refused: the next get asks anew. */
void credential_source_expire(struct credential_source *s);
/* An answer may mean that, and does not say: the same for keys that were got a while ago. False: they are
 * new, or static. */
bool credential_source_doubt(struct credential_source *s);
