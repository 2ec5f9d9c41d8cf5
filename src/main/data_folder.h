/* The data folder: its mode, its lock, and server.json, which tells tools how to reach the server. */
#pragma once

#include "base/err.h"

/* Makes the folder (mode 0700) and takes its lock; returns the lock's descriptor. -1 if another server has it, or if
 * others may read the folder. Blocks. */
int data_folder_open(const char *dir, struct err *err) MUST_CHECK;

struct server_info {
    char url[128];
    char region[64];
    int64_t pid;
    uint16_t port;
};

/* server.json of the server that runs, or ran last. -1 if there is none. */
int data_folder_read_info(const char *dir, struct server_info *ret, struct err *err) MUST_CHECK;
int data_folder_write_info(const char *dir, const struct server_info *info, struct err *err) MUST_CHECK;
/* A server holds the lock now. */
bool data_folder_in_use(const char *dir);
