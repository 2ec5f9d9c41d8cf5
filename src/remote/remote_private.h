/* Between the files of this folder. */
#pragma once

#include "remote/keys/credential_source.h"
#include "remote/remote.h"
#include "remote/transport/http_client.h"

struct remotes {
    struct loop *loop;
    const struct clock *clock;
    struct remote **at;
    size_t count;
    struct list all; /* with those that the settings name no more and that still work */
};

/* Something under way at a remote. When the server ends, what has not ended by then is failed. */
struct remote_work {
    struct list link;
    void (*fail)(struct remote_work *w, const struct err *err); /* ends it, and takes it out of the list */
};

struct remote {
    unsigned refs;    /* the registry's, and requests under way */
    struct list link; /* the registry's `all` */
    struct list work;
    struct loop *loop;
    const struct clock *clock;
    struct remote_config config; /* strings are the remote's */
    const char *scheme;          /* "http", "https" */
    char *authority;             /* host[:port], as Host has it */
    bool path_style;
    struct http_client *client;
    struct credential_source *credentials;
    int64_t skew_ms;       /* its clock is so far before ours */
    int64_t away_since_ms; /* 0: it answers */
    struct err away;       /* why it does not, the last time */
};

struct remote *remote_ref(struct remote *r);
void remote_unref(struct remote *r);
/* A Date of the remote's. Off: by more than a minute from the clock that requests are signed by. */
bool remote_clock_is_off(const struct remote *r, struct str date);
/* Requests are signed by it from now on; false: it is no date. */
bool remote_learn_clock(struct remote *r, struct str date);
/* A request was answered, or was not (5xx counts as not). */
void remote_note_answer(struct remote *r);
void remote_note_silence(struct remote *r, const char *why);
