#include "shim/uids.h"

#include "base/mem.h"
#include "shim/user.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define UIDS_PARENT "/run/glaux"

enum { NAME_BYTES = 16, ROUNDS = 150, ROUND_MS = 20 };

/* ---- The files ---- */

static int open_root_folder(const char *path, mode_t mode, struct err *err)
{
    struct stat st;
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        return err_set_errno(err, errno, "The folder %s for claims on users cannot be made", path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, errno, "The folder %s for claims on users cannot be opened", path);
    if (fstat(fd, &st) == 0 && st.st_uid == 0 && !(st.st_mode & 022))
        return fd;
    close(fd);
    return err_set(err, ERR_INTERNAL, "%s is not a folder that belongs to root alone.", path);
}

static int open_folder(struct err *err)
{
    CLEANUP_FD int parent = open_root_folder(UIDS_PARENT, 0755, err);
    return parent < 0 ? -1 : open_root_folder(UIDS_FOLDER, 0700, err);
}

int uids_prepare(struct err *err)
{
    CLEANUP_FD int folder = open_folder(err);
    return folder < 0 ? -1 : 0;
}

static int open_claim(int folder, uint32_t uid, int flags)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%u", uid);
    return openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

static int read_mark(int claim, char ret[PATH_MAX])
{
    ssize_t n = pread(claim, ret, PATH_MAX - 1, 0);
    ret[n > 0 ? n : 0] = '\0';
    return n < 0 ? -1 : 0;
}

static int write_mark(int claim, const char *work_folder)
{
    ssize_t n = (ssize_t)strlen(work_folder);
    if (n < PATH_MAX && pwrite(claim, work_folder, (size_t)n, 0) == n)
        return 0;
    (void)!ftruncate(claim, 0);
    return -1;
}

static bool has_mark(int claim, const char *work_folder)
{
    char mark[PATH_MAX];
    return read_mark(claim, mark) == 0 && strcmp(mark, work_folder) == 0;
}

/* The user's next session must not read what is in it. */
static void take_away(uint32_t uid, const char *work_folder)
{
    struct stat st;
    CLEANUP_FD int fd = open(work_folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == uid && fchown(fd, 0, 0) == 0)
        (void)fchmod(fd, 0700);
}

void uids_give_back(int claim, uint32_t uid, const char *work_folder)
{
    take_away(uid, work_folder);
    (void)!ftruncate(claim, 0);
}

bool uids_is_claim(int fd, uint32_t uid)
{
    char path[sizeof UIDS_FOLDER + NAME_BYTES];
    struct stat given, wanted;
    snprintf(path, sizeof path, UIDS_FOLDER "/%u", uid);
    return fstat(fd, &given) == 0 && lstat(path, &wanted) == 0 && given.st_dev == wanted.st_dev &&
           given.st_ino == wanted.st_ino;
}

/* ---- Claims ---- */

static bool end_user(uint32_t uid)
{
    for (int round = 0; round < ROUNDS; round++) {
        user_kill(uid);
        if (!user_is_running(uid))
            return true;
        nanosleep(&(struct timespec){.tv_nsec = ROUND_MS * 1000000L}, NULL);
    }
    return false;
}

/* With the lock: makes sure that nothing runs under the user, without harm to processes that are not ours. */
static bool clear_user(int claim, uint32_t uid)
{
    char mark[PATH_MAX];
    if (read_mark(claim, mark) != 0)
        return false;
    if (!mark[0])
        return !user_is_running(uid);
    if (!end_user(uid))
        return false;
    uids_give_back(claim, uid, mark);
    return true;
}

/* -1: this one is not to be had. */
static int claim_one(int folder, uint32_t uid, const char *work_folder)
{
    int claim = open_claim(folder, uid, O_CREAT);
    if (claim < 0)
        return -1;
    if (flock(claim, LOCK_EX | LOCK_NB) == 0 && !user_has_account(uid) && clear_user(claim, uid) &&
        write_mark(claim, work_folder) == 0)
        return claim;
    close(claim);
    return -1;
}

int uids_claim(const struct uids_range *r, const char *work_folder, uint32_t *ret_uid, struct err *err)
{
    CLEANUP_FD int folder = open_folder(err);
    if (folder < 0)
        return -1;
    for (uint32_t i = 0; i < r->count; i++) {
        uint32_t uid = r->first + (uint32_t)(((uint64_t)r->start + i) % r->count);
        int claim = claim_one(folder, uid, work_folder);
        if (claim < 0)
            continue;
        *ret_uid = uid;
        return claim;
    }
    return err_set(err, ERR_TOO_MANY_REQUESTS,
                   "None of the %u users for drivers is free: live sessions of this or another server have "
                   "them, or accounts and processes of the machine.",
                   r->count);
}

unsigned uids_reclaim(uint32_t uid, const char *work_folder)
{
    struct err err;
    CLEANUP_FD int folder = open_folder(&err);
    CLEANUP_FD int claim = folder < 0 ? -1 : open_claim(folder, uid, 0);
    if (claim < 0 || !has_mark(claim, work_folder))
        return 0;
    if (flock(claim, LOCK_EX | LOCK_NB) != 0)
        return 1;
    if (!has_mark(claim, work_folder))
        return 0;
    user_kill(uid);
    if (user_is_running(uid))
        return 1;
    uids_give_back(claim, uid, work_folder);
    return 0;
}
