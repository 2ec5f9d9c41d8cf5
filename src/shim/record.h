/* What a shim writes down of ends, as the core's events want it. */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "shim/runner.h"

enum { LOG_TAIL_MAX = 4096, LOG_TAIL_LINES_MAX = 20 };

/* `json` is the frame or the file; the texts are its own, the paths lie in the arena. False if it is not of
 * the form. */
bool record_done(const json_t *json, const char *session_folder, struct arena *a, struct driver_done *ret);
bool record_exit(const json_t *json, struct driver_exit *ret);
/* exit.json of the folder, done.json of a calculation; NULL when missing, broken, or (done) when an output
 * file is shorter than it tells. The caller owns the reference. Blocks. */
json_t *record_load_exit(int folder);
json_t *record_load_done(int folder, const char *calculation_id);
/* The last lines of the driver's in the session's log, at most LOG_TAIL_LINES_MAX and LOG_TAIL_MAX bytes, as
 * valid UTF-8; empty if there are none. Blocks. */
struct str record_log_tail(int folder, struct arena *a);
