#include "main/data_folder.h"

#include "base/file.h"
#include "base/json.h"
#include "base/jsonw.h"
#include "base/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define LOCK_FILE "lock"

enum { INFO_MAX = 4096, PATH_TEXT_MAX = 4096 };

static int make_folders(const char *dir, struct err *err)
{
    char path[PATH_TEXT_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s", dir) >= sizeof path)
        return err_set(err, ERR_INVALID_ARGUMENT, "the data folder's name is too long");
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            return err_set_errno(err, errno, "cannot make the folder %s", path);
        *at = '/';
    }
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return err_set_errno(err, errno, "cannot make the data folder %s", path);
    return 0;
}

static int check_mode(const char *dir, struct err *err)
{
    struct stat st;
    if (stat(dir, &st) < 0)
        return err_set_errno(err, errno, "cannot look at the data folder %s", dir);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, ERR_INVALID_ARGUMENT, "the data folder %s is not a folder", dir);
    if (st.st_mode & 077 && chmod(dir, 0700) < 0)
        return err_set_errno(err, errno, "others may read the data folder %s, and its mode cannot be changed",
                             dir);
    return 0;
}

int data_folder_open(const char *dir, struct err *err)
{
    if (make_folders(dir, err) < 0 || check_mode(dir, err) < 0)
        return -1;
    CLEANUP_FD int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = folder < 0 ? -1 : lock_file_take(folder, LOCK_FILE);
    if (fd >= 0)
        return fd;
    if (errno == EAGAIN)
        return err_set(err, ERR_CONFLICT, "another glauxd uses the data folder %s", dir);
    return err_set_errno(err, errno, "cannot lock %s/" LOCK_FILE, dir);
}

pid_t data_folder_owner(const char *dir)
{
    CLEANUP_FD int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 ? 0 : lock_file_owner(folder, LOCK_FILE);
}

static uint16_t read_port(const json_t *root, const char *key)
{
    int64_t port = json_member_int(root, key, 0);
    return port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
}

int data_folder_read_info(const char *dir, struct server_info *ret, struct err *err)
{
    CLEANUP_FD int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP_BUF struct buf text;
    struct err cause;
    buf_init(&text, INFO_MAX);
    if (folder < 0)
        return err_set_errno(err, errno, "cannot open the data folder %s", dir);
    if (file_read(folder, "server.json", &text, err) < 0)
        return -1;
    json_auto_t *root = json_parse(buf_str(&text), &cause);
    errno = 0;
    if (!root)
        return err_set(err, ERR_INTERNAL, "%s/server.json: %s", dir, cause.text);
    *ret = (struct server_info){.pid = json_member_int(root, "pid", 0),
                                .started_ms = json_member_int(root, "started_ms", 0),
                                .port = read_port(root, "port"),
                                .sessions_port = read_port(root, "sessions_port"),
                                .metastore_port = read_port(root, "metastore_port")};
    snprintf(ret->url, sizeof ret->url, "%.*s", STR_ARG(json_member_str(root, "url")));
    snprintf(ret->region, sizeof ret->region, "%.*s", STR_ARG(json_member_str(root, "region")));
    snprintf(ret->version, sizeof ret->version, "%.*s", STR_ARG(json_member_str(root, "version")));
    return 0;
}

int data_folder_write_info(const char *dir, const struct server_info *info, struct err *err)
{
    CLEANUP_FD int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP_BUF struct buf text;
    struct jsonw w;
    buf_init(&text, INFO_MAX);
    jsonw_init(&w, &text);
    jsonw_object(&w);
    jsonw_member_str(&w, "url", str_from(info->url));
    jsonw_member_str(&w, "region", str_from(info->region));
    jsonw_member_int(&w, "port", info->port);
    jsonw_member_int(&w, "sessions_port", info->sessions_port);
    jsonw_member_int(&w, "metastore_port", info->metastore_port);
    jsonw_member_int(&w, "pid", info->pid);
    jsonw_member_str(&w, "version", str_from(info->version));
    jsonw_member_int(&w, "started_ms", info->started_ms);
    jsonw_end_object(&w);
    buf_add_char(&text, '\n');
    if (folder < 0)
        return err_set_errno(err, errno, "cannot open the data folder %s", dir);
    return file_write(folder, "server.json", buf_str(&text), false, err);
}
