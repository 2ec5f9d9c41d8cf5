/* The users that drivers run as: one for each live session, so that sessions cannot read each other's files.
 * All that runs under a session's user ends with the session; so the user must be no other session's, also of
 * no other server on the machine. A claim is a lock on a file of the id's name in UIDS_FOLDER. The lock
 * belongs to an open descriptor: the server takes it, the shim inherits it, and the kernel drops it with the
 * last of the two. The file's content is the claim's mark: the working folder of the session that has the
 * user, until what the session left is gone. A mark without a lock tells of a shim that was killed. These
 * calls block, and need root. */
#pragma once

#include "base/err.h"

#define UIDS_FOLDER "/run/glaux/uids"

/* Where the shim finds its session's claim. */
enum { UIDS_CLAIM_FD = 3 };

struct uids_range {
    uint32_t first;
    uint32_t count;
    uint32_t start; /* where the search starts: a user rests as long as possible before it serves again */
};

/* Makes the folder, where that is missing. */
int uids_prepare(struct err *err) MUST_CHECK;
/* A user that nobody has: the claim's descriptor, which the caller closes, and `*ret_uid`. What a killed
 * shim's session left under it is killed, and its working folder taken away. Ids with an account, or with
 * processes that no session left, are passed over. */
int uids_claim(const struct uids_range *r, const char *work_folder, uint32_t *ret_uid,
               struct err *err) MUST_CHECK;
/* Is the descriptor a claim on this user? */
bool uids_is_claim(int fd, uint32_t uid);
/* Nothing runs under the user any more: takes the working folder away from it, and wipes the mark. The claim
 * still holds. */
void uids_give_back(int claim, uint32_t uid, const char *work_folder);
/* The shim of the session with this working folder was killed: kills what it left under its user, and gives
 * that back. Not if it is a later session's by now. How many of shim and processes may still be ending: call
 * it again. */
unsigned uids_reclaim(uint32_t uid, const char *work_folder);
