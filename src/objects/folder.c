#include "objects/folder.h"

#include "base/encode.h"
#include "base/log.h"
#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { SUBFOLDER_MAX = 8, PLACE_MAX = SUBFOLDER_MAX + BLOB_ID_LEN + 2 };

/* --- The folder --- */

static int make_folder(struct blob_folder *f, int parent, const char *name, struct err *err)
{
    if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
        return err_set_errno(err, errno, "cannot make the folder %s/%s", f->path, name);
    return 0;
}

static int open_folder(struct blob_folder *f, int parent, const char *name, struct err *err)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        err_set_errno(err, errno, "cannot open the folder %s", f->path);
    return fd;
}

static int make_subfolders(struct blob_folder *f, struct err *err)
{
    char name[SUBFOLDER_MAX];
    for (unsigned i = 0; i < BLOB_FOLDERS; i++) {
        snprintf(name, sizeof name, "%02x", i);
        if (make_folder(f, f->fd, name, err) < 0)
            return -1;
    }
    return fsync(f->fd) == 0 ? 0 : err_set_errno(err, errno, "cannot write the folder %s", f->path);
}

/* NULL if it cannot be read. */
static DIR *open_stream(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d)
        fd_close_p(&fd);
    return d;
}

/* What an interrupted write left. */
static void empty_tmp(const struct blob_folder *f)
{
    DIR *d = open_stream(f->tmp_fd, ".");
    for (struct dirent *e; d && (e = readdir(d));)
        if (blob_id_valid(str_from(e->d_name)))
            blob_discard(f, e->d_name);
    if (d)
        closedir(d);
}

int blob_folder_open(struct blob_folder *f, const char *dir, struct err *err)
{
    size_t n = strlen(dir) + sizeof "/blobs";
    *f = (struct blob_folder){.path = mem_new(n), .fd = -1, .tmp_fd = -1};
    snprintf(f->path, n, "%s/blobs", dir);
    unsigned char tag[4];
    random_bytes(tag, sizeof tag);
    hex_encode(tag, sizeof tag, f->tag);
    if (mkdir(f->path, 0700) < 0 && errno != EEXIST)
        return err_set_errno(err, errno, "cannot make the folder %s", f->path);
    if ((f->fd = open_folder(f, AT_FDCWD, f->path, err)) < 0 || make_folder(f, f->fd, "tmp", err) < 0 ||
        (f->tmp_fd = open_folder(f, f->fd, "tmp", err)) < 0 || make_subfolders(f, err) < 0)
        return -1;
    empty_tmp(f);
    return 0;
}

void blob_folder_close(struct blob_folder *f)
{
    fd_close_p(&f->fd);
    fd_close_p(&f->tmp_fd);
    free(f->path);
}

/* --- Ids and places --- */

void blob_id_new(const struct blob_folder *f, char ret[BLOB_ID_LEN + 1])
{
    unsigned char random[12];
    random_bytes(random, sizeof random);
    hex_encode(random, sizeof random, ret);
    memcpy(ret + 2 * sizeof random, f->tag, sizeof f->tag);
}

bool blob_id_valid(struct str id)
{
    if (id.n != BLOB_ID_LEN)
        return false;
    for (size_t i = 0; i < id.n; i++)
        if (!((id.p[i] >= '0' && id.p[i] <= '9') || (id.p[i] >= 'a' && id.p[i] <= 'f')))
            return false;
    return true;
}

bool blob_id_of_this_run(const struct blob_folder *f, struct str id)
{
    return str_ends(id, str_from(f->tag));
}

static void place_of(struct str id, char ret[PLACE_MAX])
{
    snprintf(ret, PLACE_MAX, "%.2s/%.*s", id.p, STR_ARG(id));
}

/* --- One blob --- */

int blob_create(const struct blob_folder *f, const char *id, struct err *err)
{
    int fd = openat(f->tmp_fd, id, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        err_set_errno(err, errno, "cannot store an object's body in %s", f->path);
    return fd;
}

static int sync_subfolder(const struct blob_folder *f, const char *id)
{
    char name[3] = {id[0], id[1], '\0'};
    CLEANUP_FD int fd = openat(f->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -1 : fsync(fd);
}

int blob_publish(const struct blob_folder *f, const char *id, int fd, struct err *err)
{
    char place[PLACE_MAX];
    place_of(str_from(id), place);
    if (fdatasync(fd) < 0 || renameat(f->tmp_fd, id, f->fd, place) < 0)
        return err_set_errno(err, errno, "cannot store an object's body in %s", f->path);
    if (sync_subfolder(f, id) == 0)
        return 0;
    err_set_errno(err, errno, "cannot store an object's body in %s", f->path);
    blob_remove(f, str_from(id));
    return -1;
}

void blob_discard(const struct blob_folder *f, const char *id)
{
    if (unlinkat(f->tmp_fd, id, 0) < 0 && errno != ENOENT)
        log_warn("objects", "cannot remove an unfinished body", F_CSTR("folder", f->path), F_CSTR("blob", id),
                 F_CSTR("error", strerror(errno)));
}

int blob_open(const struct blob_folder *f, struct str id, struct err *err)
{
    char place[PLACE_MAX];
    if (!blob_id_valid(id))
        return err_set(err, ERR_INTERNAL, "The index names a blob whose id is malformed.");
    place_of(id, place);
    int fd = openat(f->fd, place, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_set_errno(err, errno, "cannot read an object's body, %s/%s", f->path, place);
    return fd;
}

bool blob_remove(const struct blob_folder *f, struct str id)
{
    char place[PLACE_MAX];
    if (!blob_id_valid(id))
        return true;
    place_of(id, place);
    if (unlinkat(f->fd, place, 0) == 0 || errno == ENOENT)
        return true;
    log_warn("objects", "cannot remove a body that nothing names", F_CSTR("folder", f->path),
             F_STR("blob", id), F_CSTR("error", strerror(errno)));
    return false;
}

DIR *blob_subfolder_open(const struct blob_folder *f, unsigned number)
{
    char name[SUBFOLDER_MAX];
    snprintf(name, sizeof name, "%02x", number);
    return open_stream(f->fd, name);
}
