/* The data folder, the server that may run on it, and the address that one would take. */
#include "cli/http_get.h"
#include "cli/report.h"
#include "cli/words.h"
#include "http/server.h"
#include "main/settings/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

enum { SPACE_NEEDED_MIB = 256, SPACE_ENOUGH_MIB = 4096, ANSWER_MAX = 4096 };

/* ---- The data folder ---- */

/* The nearest folder that is there. */
static void existing_parent(const char *path, char ret[4096])
{
    snprintf(ret, 4096, "%s", path);
    while (access(ret, F_OK) < 0 && strchr(ret + 1, '/'))
        *strrchr(ret, '/') = '\0';
    if (access(ret, F_OK) < 0)
        snprintf(ret, 4096, "/");
}

static void look_at_space(struct report *r, const char *folder)
{
    struct statvfs fs;
    char free_space[WORDS_MAX];
    if (statvfs(folder, &fs) < 0)
        return;
    int64_t bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
    words_bytes(bytes, free_space);
    if (bytes >> 20 >= SPACE_ENOUGH_MIB)
        report_ok(r, "disk", "%s free for %s", free_space, r->v->data);
    else
        report_bad(r, bytes >> 20 < SPACE_NEEDED_MIB ? FINDING_MISSING : FINDING_WARN, "disk",
                   "free some space, or name another folder (server.data)", "only %s free for %s", free_space,
                   r->v->data);
}

/* SQLite's write-ahead log lives in shared memory, which network file systems do not have. */
static void look_at_file_system(struct report *r, const char *folder)
{
    static const long network[] = {NFS_SUPER_MAGIC,        SMB_SUPER_MAGIC, (long)CIFS_SUPER_MAGIC,
                                   (long)SMB2_SUPER_MAGIC, V9FS_MAGIC,      CEPH_SUPER_MAGIC};
    struct statfs fs;
    if (statfs(folder, &fs) < 0)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(network); i++)
        if (fs.f_type == network[i])
            report_bad(r, FINDING_WARN, "file system", "name a folder on a local disk (server.data)",
                       "%s lies on a network file system, which the database cannot rely on", folder);
}

static void look_at_rights(struct report *r, const char *folder, const struct stat *st)
{
    if (!S_ISDIR(st->st_mode))
        report_bad(r, FINDING_MISSING, "data folder", "name another one (--data, server.data)",
                   "%s is not a folder", folder);
    else if (access(folder, R_OK | W_OK | X_OK) < 0)
        report_bad(r, FINDING_MISSING, "data folder",
                   "run as the user that owns it, or name another one (--data)",
                   "%s may not be used by this user (it belongs to user %u)", folder, st->st_uid);
    else if (st->st_mode & 077)
        report_bad(r, FINDING_WARN, "data folder", "glauxd makes it private at its start",
                   "%s can be reached by other users (mode %04o)", folder, st->st_mode & 07777);
    else
        report_ok(r, "data folder", "%s (mode %04o)", folder, st->st_mode & 07777);
}

void doctor_folder(struct report *r)
{
    char folder[4096];
    struct stat st;
    existing_parent(r->v->data, folder);
    if (stat(r->v->data, &st) == 0)
        look_at_rights(r, r->v->data, &st);
    else if (access(folder, W_OK | X_OK) == 0)
        report_ok(r, "data folder", "%s is not there; the first start makes it", r->v->data);
    else
        report_bad(r, FINDING_MISSING, "data folder", "name another one (--data), or run as a user that may",
                   "%s is not there, and this user cannot make it in %s", r->v->data, folder);
    look_at_space(r, folder);
    look_at_file_system(r, folder);
}

/* ---- The server, or its address ---- */

static void look_at_running(struct report *r)
{
    CLEANUP_BUF struct buf body;
    struct err err = {0};
    char url[256];
    long status = 0;
    buf_init(&body, ANSWER_MAX);
    snprintf(url, sizeof url, "%s/-/readyz", r->server.url);
    if (http_get(url, &status, &body, &err) == 0 && status == 200)
        report_ok(r, "server", "runs and is ready: %s (pid %lld)", r->server.url, (long long)r->server.pid);
    else
        report_bad(r, FINDING_WARN, "server", "look at its log; glaux stop ends it",
                   "runs (pid %lld), but is not ready: %s", (long long)r->server_pid,
                   err.text[0] ? err.text : r->server.url);
}

/* 0, or what bind(2) says. */
static int try_address(const struct address *a, uint16_t port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    const struct sockaddr *to = a->v6 ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
    int on = 1;
    inet_pton(a->v6 ? AF_INET6 : AF_INET, a->host, a->v6 ? (void *)&six.sin6_addr : (void *)&four.sin_addr);
    CLEANUP_FD int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, to, a->v6 ? sizeof six : sizeof four) < 0 || listen(fd, 1) < 0)
        return errno;
    return 0;
}

static void look_at_address(struct report *r)
{
    struct address a;
    struct err err;
    if (address_parse(r->v->settings.server_listen, &a, &err) < 0)
        return; /* the settings' finding says so */
    uint16_t port = a.port ? a.port : r->server.port;
    int failure = try_address(&a, port);
    if (failure == 0 && port)
        report_ok(r, "address", "%s port %u is free", a.host, port);
    else if (failure == 0)
        report_ok(r, "address", "any free port of %s", a.host);
    else if (failure == EADDRINUSE && !a.port)
        report_bad(r, FINDING_WARN, "address", "end the other program, or tell clients the new address",
                   "%s port %u of the last start is taken: the next start takes another one", a.host, port);
    else
        report_bad(r, FINDING_MISSING, "address",
                   "end the program that has it, or choose another one (server.listen)",
                   "%s port %u cannot be used: %s", a.host, port, strerror(failure));
}

static void look_at_certificate(struct report *r)
{
    const struct settings *s = &r->v->settings;
    struct err err;
    if (!s->tls_cert_file[0])
        return;
    struct http_tls *tls = http_tls_load(s->tls_cert_file, s->tls_key_file, &err);
    if (tls)
        report_ok(r, "TLS", "certificate %s", s->tls_cert_file);
    else
        report_bad(r, FINDING_MISSING, "TLS", "mend tls.cert_file and tls.key_file", "%s", err.text);
    http_tls_free(tls);
}

void doctor_server(struct report *r)
{
    struct err none; /* no server has run here */
    if (data_folder_read_info(r->v->data, &r->server, &none) < 0)
        r->server = (struct server_info){0};
    r->server_pid = data_folder_owner(r->v->data);
    if (r->server_pid)
        look_at_running(r);
    else
        look_at_address(r);
    look_at_certificate(r);
}
