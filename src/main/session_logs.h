/* The log of a session whose MonitoringConfiguration has S3 logging: objects at its location when it has
 * ended, delivered there where the location's bucket lives elsewhere. What a server did not get to is done by
 * the next one. Loop thread. */
#pragma once

#include "main/server.h"

/* After core_load. */
struct session_logs *session_logs_start(struct server *s);
/* Nothing is begun any more. */
void session_logs_stop(struct session_logs *l); /* NULL is allowed, as below */
/* When neither pool nor store will answer any more. */
void session_logs_free(struct session_logs *l);
