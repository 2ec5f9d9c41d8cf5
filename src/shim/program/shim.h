/* The state of one glaux-shim, and what its parts ask of each other. */
#pragma once

#include "base/jsonw.h"
#include "base/list.h"
#include "loop/timers.h"
#include "shim/folder.h"
#include "shim/program/channel.h"
#include "shim/program/logfile.h"
#include "shim/program/process.h"
#include "shim/program/spool.h"
#include "shim/spec.h"

enum {
    REASON_MAX = 2048,   /* what a driver may say of an end */
    PROGRESS_MAX = 1024, /* ... of its progress */
    INFO_MAX = 256,      /* ... of itself: a version, an id */
    UNACKED_MAX = 64,    /* ended calculations that no server has acknowledged */
    ACKED_MAX = 64,      /* ids that are remembered after that */
    OLD_PIPES_MAX = 16,  /* output pipes that background processes still hold */
};

enum stream { STREAM_OUT, STREAM_ERR, STREAM_RESULT, STREAM_MAX };

struct calc {
    struct list node; /* of `ended`; alone while it runs */
    char id[FOLDER_ID_MAX + 1];
    int folder; /* closed once its record is a file */
    struct spool streams[STREAM_MAX];
    struct buf done; /* body of its frame `done`, once it has ended */
    struct jsonw done_json;
    bool finishing; /* it has ended, and its streams wait for room on the disk */
};

struct calcs {
    struct calc *running;
    struct list ended; /* until acknowledged */
    size_t ended_count;
    char acked[ACKED_MAX][FOLDER_ID_MAX + 1];
    size_t acked_next;
    struct watch old_pipes[OLD_PIPES_MAX];
    size_t old_pipe_next;
};

enum link_state { LINK_STARTING, LINK_READY, LINK_FAILED };

/* Why the driver ends, where its own exit status does not say it. The first cause stays. */
enum cause { CAUSE_NONE, CAUSE_STOPPED, CAUSE_FAILED, CAUSE_MEMORY, CAUSE_ORPHANED, CAUSE_LINK };

enum stage { STAGE_RUNNING, STAGE_ASKED, STAGE_TERMINATED, STAGE_KILLED, STAGE_FINISHED };

struct ending {
    enum cause cause;
    enum stage stage;
    char reason[REASON_MAX];
    char told[REASON_MAX - 64]; /* by the driver, when it had been ready: why it ends by itself; "" */
    int64_t terminate_ms, kill_ms, give_up_ms; /* monotonic */
    struct timer timer;
    bool driver_gone;
    bool survived; /* processes that the kernel could not end */
    bool forced;   /* it did not end in time: the shim sent signals */
    int wait_status;
    struct buf record; /* body of the frame `exited` */
    bool recorded;     /* ... which is a file */
};

struct server {
    struct watch listener;
    struct channel channel;
    bool greeted;
    struct timer orphan;
};

struct watchdog {
    struct timer timer;
    int64_t rss_bytes;
    int64_t usage_sent_ms;
    int64_t kernel_kills; /* of processes for lack of memory, since the machine started */
    bool kernel_killed;   /* ... and one more lately */
};

struct shim {
    struct reactor reactor;
    int folder;
    struct arena *arena;
    struct shim_spec *spec;
    int user_claim; /* on the driver's user, for as long as this process lives */
    struct logfile log;
    struct watch signals;
    struct watch log_pipe;
    struct process process;
    struct cgroup group;
    struct channel link;
    enum link_state link_state;
    char spark_version[INFO_MAX], app_id[INFO_MAX], python_version[INFO_MAX];
    struct calcs calcs;
    struct ending ending;
    struct server server;
    struct watchdog watchdog;
};

int64_t shim_now_ms(const struct shim *s);
/* A text of a frame into a field, cut at a character border; absent becomes empty. */
void shim_copy_text(char *to, size_t size, struct str text);
/* A watch_fn of the shim's: what comes through the pipe goes to the log, until its other end is closed. */
void shim_log_pipe(struct watch *w, uint32_t events);

/* link.c: the driver's frames. */
void link_init(struct shim *s);
void link_open(struct shim *s, int fd);
bool link_send_run(struct shim *s, struct str id, struct str code, const int fds[CHANNEL_FDS]);
void link_send_cancel(struct shim *s, struct str id);
void link_send_exit(struct shim *s);

/* calc.c: calculations. */
struct calc_end {
    struct str state;
    struct str reason;
    struct str result_type;
    bool driver_ended;
};
void calc_init(struct shim *s);
void calc_run(struct shim *s, struct str id, struct str code);
void calc_cancel(struct shim *s, struct str id);
/* The running one has ended. It stays the running one while its output waits for room on a full disk. */
void calc_finish(struct shim *s, const struct calc_end *end);
/* Its output waits for room no longer, now and later; a calculation that is finishing has ended then. */
void calc_hurry(struct shim *s);
void calc_ack(struct shim *s, struct str id);
void calc_resend(struct shim *s);
/* Writes the records that a full disk did not take before. False: some are still missing. */
bool calc_save_all(struct shim *s);

/* server.c: the connection of glauxd. Sends are dropped while there is none. */
int server_open(struct shim *s, struct err *err) MUST_CHECK;
void server_send_ready(struct shim *s);
void server_send_started(struct shim *s, struct str id);
void server_send_progress(struct shim *s, struct str id, struct str text);
void server_send_usage(struct shim *s, int64_t rss_bytes);
/* A body that was encoded before: `done`, `exited`. */
void server_send_body(struct shim *s, struct str body);
bool server_connected(const struct shim *s);
/* The driver has ended and no server is expected: the shim ends. */
void server_await_none(struct shim *s);

/* ending.c: how the driver and its process tree end. */
void ending_init(struct shim *s);
/* The end after `grace_ms` at the latest; again with a shorter grace brings it forward. */
void ending_begin(struct shim *s, enum cause cause, int64_t grace_ms, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Children have ended. */
void ending_reap(struct shim *s);
/* The driver never ran. */
void ending_not_started(struct shim *s, const char *reason);
bool ending_finished(const struct shim *s);
/* The records of the session's end are files: the shim may go without a server. Writes what is missing. */
bool ending_recorded(struct shim *s);

/* watchdog.c: memory of the process tree. Idle as to limits where the session's control group bounds it. */
void watchdog_start(struct shim *s);
/* Looks once more at the kernel's counter of kills: the driver was killed just now. */
bool watchdog_kernel_killed(struct shim *s);
