/* Sessions, as the operations see them. */
#pragma once

#include "core/core.h"

/* Why a session ends, as `end_kind` keeps it. */
#define SESSION_END_REQUEST "request"
#define SESSION_END_IDLE "idle"
#define SESSION_END_LIMIT "limit"
#define SESSION_END_START "start"
#define SESSION_END_CRASH "crash"
#define SESSION_END_MEMORY "memory"
#define SESSION_END_CANCEL "cancel"
#define SESSION_END_LOST "lost"
#define SESSION_END_SERVER "server"

struct core_tag {
    struct str key;
    struct str value;
};

struct session_request {
    struct str id;        /* a new UUID */
    struct str workgroup; /* exists, is enabled and a Spark one */
    struct str description;
    struct str engine_version;
    struct str principal;
    struct str detail; /* JSON of athena_get_session_response's unchanging members; id and working directory
                          are added */
    struct str output_location; /* s3://..., the session's folder */
    struct str execution_role;  /* ARN; absent: the workgroup has none */
    int64_t idle_timeout_ms;
    int64_t max_dpus;
    const struct core_tag *tags;
    size_t tag_count;
    const struct token_record *tokens; /* resource_id is filled in */
    size_t token_count;
};

/* To be called right before a session is started: ends sessions that are expendable where there is no room
 * otherwise. Errors: limits of DPUs (TooManyRequests), no room on the machine; then nothing was ended. */
int session_make_room(struct core *c, int64_t max_dpus, struct err *err) MUST_CHECK;

typedef void session_state_fn(void *ctx, struct str id, enum athena_session_state state,
                              const struct err *err);
/* Answers after the commit. */
void session_start(struct core *c, const struct session_request *r, session_state_fn *fn, void *ctx);
/* ERR_INVALID_REQUEST for an unknown id. */
void session_terminate(struct core *c, struct str id, session_state_fn *fn, void *ctx);

/* A session as readers see it; `record` is the committed version with what time changes filled in. */
typedef void session_view_fn(void *ctx, const struct session_record *record, const struct err *err);
void session_get(struct core *c, struct str id, session_view_fn *fn, void *ctx);
/* Newest first. No state in `q`: the active ones. */
void session_list(struct core *c, const struct store_list *q, store_sessions_fn *fn, void *ctx);

/* For whom the code of a session acts. Views that are valid until the next turn. */
struct session_owner {
    struct str workgroup;
    struct str execution_role;
    struct str output_location; /* the session's folder */
};
/* False: no such session, or it is ending or has ended. */
bool session_owner_of(const struct core *c, struct str id, struct session_owner *ret);

/* The committed version of a live session of the group, whichever; false if it has none. A view, valid until
 * the next turn. */
bool session_any_in(const struct core *c, struct str workgroup, struct session_record *ret);
/* Live sessions of the group. */
size_t session_count_in(const struct core *c, struct str workgroup);
/* Ends the group's live sessions (not waited for). */
void session_end_in(struct core *c, struct str workgroup);
