/* The data folder: its mode, its lock, and server.json, which tells tools how to reach the server. */
#pragma once

#include "base/err.h"

#include <sys/types.h>

/* Makes the folder (mode 0700) and takes its lock, a record lock that ends with the process; returns the
 * lock's descriptor. -1 if another server has it, or if others may read the folder. Blocks. */
int data_folder_open(const char *dir, struct err *err) MUST_CHECK;

struct server_info {
    char url[128];
    char region[64];
    char version[32];
    int64_t pid;
    int64_t started_ms; /* wall clock */
    uint16_t port;
    uint16_t sessions_port;
    uint16_t metastore_port;
};

/* server.json of the server that runs, or ran last. -1 if there is none. */
int data_folder_read_info(const char *dir, struct server_info *ret, struct err *err) MUST_CHECK;
int data_folder_write_info(const char *dir, const struct server_info *info, struct err *err) MUST_CHECK;
/* The server that holds the lock now, as lock_file_owner tells. */
pid_t data_folder_owner(const char *dir);
