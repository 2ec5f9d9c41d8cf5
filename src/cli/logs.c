/* glaux logs: a session's log, its older generation first, and what is added to it until the session ends. */
#include "cli/commands.h"
#include "shim/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>

enum { BLOCK_BYTES = 64 * 1024, OPEN_TRIES = 8, OLD = 0, NEW = 1 };

struct logs {
    int folder;
    int events;   /* inotify, or -1 */
    int files[2]; /* older generation, newer one; -1: there is none */
    char block[BLOCK_BYTES];
};

static void close_files(struct logs *l)
{
    for (int i = OLD; i <= NEW; i++) {
        fd_close_p(&l->files[i]);
        l->files[i] = -1;
    }
}

static void logs_close(struct logs *l)
{
    close_files(l);
    fd_close_p(&l->events);
    fd_close_p(&l->folder);
}

static int open_log(const struct logs *l, const char *name)
{
    return openat(l->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static bool same_file(int a, int b)
{
    struct stat one, other;
    return a >= 0 && b >= 0 && fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_ino == other.st_ino &&
           one.st_dev == other.st_dev;
}

/* The newer one first: if the log is turned over in between, it is seen twice and not missed. */
static void open_generations(struct logs *l)
{
    for (int i = 0; i < OPEN_TRIES; i++) {
        close_files(l);
        l->files[NEW] = open_log(l, LOG_FILE);
        l->files[OLD] = open_log(l, OLD_LOG_FILE);
        if (!same_file(l->files[OLD], l->files[NEW]))
            return;
    }
}

static int open_session(struct logs *l, const char *data, const char *id, struct err *err)
{
    char path[4096];
    if (!folder_id_valid(str_from(id)))
        return err_set(err, ERR_INVALID_ARGUMENT, "'%.128s' is no session's id", id);
    if ((size_t)snprintf(path, sizeof path, "%s/sessions/%s", data, id) >= sizeof path)
        return err_set(err, ERR_INVALID_ARGUMENT, "the data folder's name is too long");
    l->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->folder >= 0)
        return 0;
    if (errno != ENOENT)
        return err_set_errno(err, errno, "cannot open %s", path);
    return err_set(
        err, ERR_INVALID_ARGUMENT,
        "there is no log of session %s in %s: it was no session of this server, or it ended longer ago than "
        "logs are kept (retention.logs)",
        id, data);
}

/* Where the last `*lines` lines of the file's first `end` bytes begin, `*lines` at least 1; 0 and how many
 * are missing if it has fewer. A newline begins a line, if anything follows it. */
static off_t tail_begin(struct logs *l, int fd, off_t end, bool more_follows, int64_t *lines)
{
    off_t at = end;
    while (at > 0) {
        off_t from = at > BLOCK_BYTES ? at - BLOCK_BYTES : 0;
        ssize_t n = pread(fd, l->block, (size_t)(at - from), from);
        if (n <= 0)
            return at;
        for (ssize_t i = n - 1; i >= 0; i--)
            if (l->block[i] == '\n' && (more_follows || from + i + 1 < end) && --*lines == 0)
                return from + i + 1;
        at = from;
    }
    return 0;
}

static void skip_to_tail(struct logs *l, int64_t lines)
{
    struct stat st;
    bool more_follows = false;
    for (int i = NEW; i >= OLD; i--) {
        if (l->files[i] < 0 || fstat(l->files[i], &st) < 0)
            continue;
        off_t begin = lines > 0 ? tail_begin(l, l->files[i], st.st_size, more_follows, &lines) : st.st_size;
        lseek(l->files[i], begin, SEEK_SET);
        more_follows = more_follows || st.st_size > 0;
    }
}

/* From where it stands to its end. */
static int copy(struct logs *l, int fd, struct err *err)
{
    ssize_t n;
    while (fd >= 0 && (n = read(fd, l->block, sizeof l->block)) != 0) {
        if (n < 0)
            return err_set_errno(err, errno, "the log cannot be read");
        if (fwrite(l->block, 1, (size_t)n, stdout) != (size_t)n)
            return err_set_errno(err, errno, "the log cannot be written");
    }
    return 0;
}

/* After the turn-over of a log: the rest of the generation that was read, one that came and went meanwhile,
 * the new one. */
static int take_new_generation(struct logs *l, struct err *err)
{
    CLEANUP_FD int read_before = l->files[NEW];
    l->files[NEW] = -1;
    int rc = copy(l, read_before, err);
    open_generations(l);
    if (rc == 0 && !same_file(l->files[OLD], read_before))
        rc = copy(l, l->files[OLD], err);
    return rc < 0 ? -1 : copy(l, l->files[NEW], err);
}

static int copy_what_is_new(struct logs *l, struct err *err)
{
    CLEANUP_FD int now = open_log(l, LOG_FILE);
    if (now >= 0 && !same_file(now, l->files[NEW]))
        return take_new_generation(l, err);
    return copy(l, l->files[NEW], err);
}

static bool session_ended(const struct logs *l)
{
    return faccessat(l->folder, EXIT_FILE, F_OK, 0) == 0;
}

static int watch(struct logs *l, struct err *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", l->folder);
    l->events = inotify_init1(IN_CLOEXEC);
    if (l->events >= 0 &&
        inotify_add_watch(l->events, path, IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_DELETE_SELF) >= 0)
        return 0;
    return err_set_errno(err, errno, "the session's folder cannot be watched");
}

static int await_event(struct logs *l, struct err *err)
{
    fflush(stdout);
    if (read(l->events, l->block, sizeof l->block) > 0 || errno == EINTR)
        return 0;
    return err_set_errno(err, errno, "the session's folder cannot be watched");
}

static int follow(struct logs *l, struct err *err)
{
    for (;;) {
        bool ended = session_ended(l);
        if (copy_what_is_new(l, err) < 0)
            return -1;
        if (ended)
            return 0;
        if (await_event(l, err) < 0)
            return -1;
    }
}

static int print(struct logs *l, const struct arguments *a, struct err *err)
{
    if (a->follow && watch(l, err) < 0)
        return -1;
    open_generations(l);
    if (a->tail_lines >= 0)
        skip_to_tail(l, a->tail_lines);
    if (copy(l, l->files[OLD], err) < 0 || copy(l, l->files[NEW], err) < 0)
        return -1;
    return a->follow ? follow(l, err) : 0;
}

int logs_run(const struct invocation *v, struct err *err)
{
    CLEANUP(logs_close) struct logs l = {.folder = -1, .events = -1, .files = {-1, -1}};
    if (v->args.count != 1)
        return invocation_misused(err, "glaux logs wants the id of a session (glaux help logs)");
    if (open_session(&l, v->data, v->args.operands[0], err) < 0 || print(&l, &v->args, err) < 0)
        return EXIT_FAILED;
    return EXIT_OK;
}
