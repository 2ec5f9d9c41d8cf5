/* The access keys of a data folder: DIR/keys.json (mode 0600). Each change reads, edits and replaces the file
 * under a lock, so `glaux key` works beside a running server. Any thread; blocking. */
#pragma once

#include "base/err.h"

#include <stdint.h>

enum {
    KEY_ID_LEN = 20,
    KEY_SECRET_LEN = 40,
    KEY_USER_MAX = 64,
    KEY_DESCRIPTION_MAX = 256,
    KEY_FILE_KEYS_MAX = 1000
};

enum key_status { KEY_ACTIVE, KEY_DISABLED };

struct access_key {
    char id[KEY_ID_LEN + 1]; /* AKIA and 16 capitals or digits */
    char secret[KEY_SECRET_LEN + 1];
    char user[KEY_USER_MAX + 1]; /* IAM's alphabet: letters, digits and +=,.@_- */
    char description[KEY_DESCRIPTION_MAX + 1];
    enum key_status status;
    int64_t created_ms;
};

/* All keys of a file, in order of creation. */
struct key_list {
    struct access_key *items;
    size_t count;
};

/* Zeroes the secrets. */
void key_list_done(struct key_list *l);
#define CLEANUP_KEYS CLEANUP(key_list_done)

/* "Active" or "Inactive", as IAM says it. */
const char *key_status_name(enum key_status status);

/* An absent file is an empty list. A file that other users may read or write is refused. The caller frees
 * `*ret`; on failure it is empty. */
int key_file_load(const char *dir, struct key_list *ret, struct err *err) MUST_CHECK;
/* Makes a key, durable on return; `description` may be empty. `*ret` holds the secret: zero it after use. */
int key_file_create(const char *dir, const char *user, const char *description, int64_t now_ms,
                    struct access_key *ret, struct err *err) MUST_CHECK;
/* ERR_INVALID_ARGUMENT if there is no such key. Setting the status that a key has is no error. */
int key_file_set_status(const char *dir, const char *id, enum key_status status, struct err *err) MUST_CHECK;
int key_file_delete(const char *dir, const char *id, struct err *err) MUST_CHECK;
/* The oldest active key; the first one of all is made here, for the user "admin". The first start of a server
 * and `glaux env` take it. ERR_INVALID_ARGUMENT if there are keys but none is active. */
int key_file_ensure(const char *dir, int64_t now_ms, struct access_key *ret, struct err *err) MUST_CHECK;
