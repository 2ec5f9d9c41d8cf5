/* The blobs on disk: DIR/blobs/ab/abcdef..., made in DIR/blobs/tmp. Calls block and are for any thread. Ids
 * of this run end in its tag, so who looks for leftovers of earlier runs never meets a body that is being
 * made. */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <dirent.h>

enum { BLOB_ID_LEN = 32, BLOB_FOLDERS = 256 };

struct blob_folder {
    char *path; /* DIR/blobs, for messages */
    int fd;
    int tmp_fd;
    char tag[9];
};

/* Makes what is missing and empties tmp. */
int blob_folder_open(struct blob_folder *f, const char *dir, struct err *err) MUST_CHECK;
void blob_folder_close(struct blob_folder *f);

void blob_id_new(const struct blob_folder *f, char ret[BLOB_ID_LEN + 1]);
bool blob_id_valid(struct str id);
bool blob_id_of_this_run(const struct blob_folder *f, struct str id);

/* A new file in tmp, open for writing; -1 on failure. */
int blob_create(const struct blob_folder *f, const char *id, struct err *err) MUST_CHECK;
/* Makes the file durable at its final place. On failure it is in tmp still, or gone. */
int blob_publish(const struct blob_folder *f, const char *id, int fd, struct err *err) MUST_CHECK;
/* Removes an unpublished file. */
void blob_discard(const struct blob_folder *f, const char *id);
/* For reading. */
int blob_open(const struct blob_folder *f, struct str id, struct err *err) MUST_CHECK;
/* True when it is gone, also if it was not there. Failures are logged. */
bool blob_remove(const struct blob_folder *f, struct str id);
/* Folder 0 to BLOB_FOLDERS - 1; NULL if it cannot be read. */
DIR *blob_subfolder_open(const struct blob_folder *f, unsigned number);
