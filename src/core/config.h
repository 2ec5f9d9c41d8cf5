/* What the core is told at its start. Strings and tables outlive the core. */
#pragma once

#include "base/str.h"

struct core_config {
    struct str region;
    struct str account;
    struct str partition;        /* "aws" */
    struct str default_location; /* s3://... for workgroups that name none */
    int64_t memory_room_bytes;   /* for drivers on this machine */
    int64_t memory_per_session_bytes;
    int64_t session_dpus; /* most MaxConcurrentDpus of one session */
    int64_t account_dpus; /* DPUs of all live sessions */
    int64_t workgroups;   /* most of them */
    int64_t idle_timeout_default_ms;
    struct str expendable;       /* patterns of descriptions, joined by commas; empty: none */
    int64_t expendable_after_ms; /* where they have run nothing */
    int64_t session_start_ms;    /* longest CREATING + CREATED */
    int64_t session_longest_ms;  /* 0: no bound */
    int64_t calculation_longest_ms;
    int64_t cancel_ms; /* from the request to stop to the end of the code, then the session is ended */
    int64_t stop_grace_ms;
    int64_t verify_ms; /* after a restart, until a session's shim must have answered */
    int64_t retention_ms;
    bool purge_results;    /* objects of calculations go with their records */
    int64_t upload_ms;     /* multipart uploads that are not completed are kept so long */
    int64_t token_ms;      /* how long a client's token is remembered */
    int64_t invocation_ms; /* how long an invocation id counts as a retry */
    int64_t stdout_bytes;  /* bounds of the objects of a calculation */
    int64_t stderr_bytes;
    int64_t result_bytes;
};
