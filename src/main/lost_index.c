#include "main/lost_index.h"

#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_empty_or_missing(int folder, const char *name)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT;
    return S_ISREG(st.st_mode) && st.st_size == 0;
}

static DIR *open_folder(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (fd >= 0 && !dir)
        close(fd);
    return dir;
}

static bool is_name(const struct dirent *e)
{
    return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static bool has_entry(int parent, const char *name)
{
    DIR *dir = open_folder(parent, name);
    bool has = false;
    for (const struct dirent *e; dir && !has && (e = readdir(dir));)
        has = is_name(e);
    if (dir)
        closedir(dir);
    return has;
}

/* What lies in blobs/tmp was never an object's. */
static bool has_blob(int folder)
{
    DIR *blobs = open_folder(folder, "blobs");
    bool has = false;
    for (const struct dirent *e; blobs && !has && (e = readdir(blobs));)
        has = is_name(e) && strcmp(e->d_name, "tmp") != 0 && has_entry(dirfd(blobs), e->d_name);
    if (blobs)
        closedir(blobs);
    return has;
}

int lost_index_check(const char *dir, struct err *err)
{
    CLEANUP_FD int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return err_set_errno(err, errno, "cannot open the data folder %s", dir);
    if (!is_empty_or_missing(folder, "glaux.db") || !has_blob(folder))
        return 0;
    return err_set(
        err, ERR_INTERNAL,
        "%s/glaux.db is missing or empty, and %s/blobs has files of objects, which a start without it "
        "would remove: put glaux.db back from a backup, or move blobs away to begin anew",
        dir, dir);
}
