/* A session's folder: the names in it, and its socket. A socket's address ends at 108 bytes while a data
 * folder's name may be longer: both sides go through /proc/self/fd. */
#pragma once

#include "base/err.h"

#define SPEC_FILE "spec.json"
#define SOCKET_FILE "sock"
#define LOCK_FILE "lock"
#define LOG_FILE "log"
#define OLD_LOG_FILE "log.1"
#define EXIT_FILE "exit.json"
#define CALC_FOLDER "calc"
#define DONE_FILE "done.json"

enum { FOLDER_ID_MAX = 128 };

/* A name that may be a session's or calculation's folder: letters, digits, '-' and '_', 1 to FOLDER_ID_MAX.
 */
bool folder_id_valid(struct str id);
/* A descriptor of the folder; the caller closes it. On failure errno tells as well, as with folder_connect.
 */
int folder_open(const char *path, struct err *err) MUST_CHECK;
/* Marks a folder as in use, by a lock that lives as long as the descriptor: the caller's, who closes it. The
 * sweep of a starting server leaves such folders (shim/sweep.h). -1 when somebody is about to remove it. */
int folder_hold(const char *path, struct err *err) MUST_CHECK;
/* A listening socket, non-blocking; an older one of the same name goes. */
int folder_listen(int folder, struct err *err) MUST_CHECK;
/* A connected socket, non-blocking; -1 when nobody listens. */
int folder_connect(int folder, struct err *err) MUST_CHECK;

/* Did errno tell that this process or the machine is out of something, so that a later try may go better? */
bool folder_out_of_means(int errno_value);

/* The shim's claim on its session (base/lock_file.h): the descriptor, which the shim keeps until it ends. */
int folder_claim(int folder, struct err *err) MUST_CHECK;
/* The shim that holds the claim, as lock_file_owner tells. */
pid_t folder_owner(int folder);
