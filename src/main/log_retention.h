/* Logs of ended sessions: kept for a time and within a space, the oldest go first. */
#pragma once

#include "main/server.h"

/* Looks now and then, off the loop. */
struct log_retention *log_retention_start(struct server *s);
void log_retention_stop(struct log_retention *r); /* NULL is allowed; before loop_free */
