#include "aws/keys.h"

#include "base/log.h"
#include "base/map.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { LOOK_INTERVAL_MS = 1000 };

/* What tells one version of the file from another; all zero: there is no file. */
struct stamp {
    ino_t inode;
    off_t size;
    struct timespec modified;
};

struct keys {
    char *dir;
    char *path;
    const struct clock *clock;
    struct key_list list;
    struct map by_id; /* the list's items */
    struct stamp stamp;
    int64_t looked_ms; /* monotonic */
};

static struct stamp stamp_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return (struct stamp){0};
    return (struct stamp){st.st_ino, st.st_size, st.st_mtim};
}

static bool same(const struct stamp *a, const struct stamp *b)
{
    return a->inode == b->inode && a->size == b->size && a->modified.tv_sec == b->modified.tv_sec &&
           a->modified.tv_nsec == b->modified.tv_nsec;
}

int keys_reload(struct keys *k, struct err *err)
{
    struct key_list list;
    k->stamp = stamp_of(k->path); /* before the file is read: a change in between shows at the next look */
    k->looked_ms = clock_mono_ms(k->clock);
    if (key_file_load(k->dir, &list, err) < 0)
        return -1;
    map_done(&k->by_id);
    key_list_done(&k->list);
    k->list = list;
    map_init(&k->by_id);
    for (size_t i = 0; i < list.count; i++)
        map_put(&k->by_id, str_from(list.items[i].id), &list.items[i]);
    return 0;
}

/* Follows the file. Nobody waits for an answer here, so a file that cannot be read is told to the log, once a
 * version. */
static void look(struct keys *k)
{
    struct err err;
    struct stamp now = stamp_of(k->path);
    k->looked_ms = clock_mono_ms(k->clock);
    if (same(&now, &k->stamp))
        return;
    if (keys_reload(k, &err) < 0)
        log_error("aws", "access keys stay as they were", F_ERR(&err));
    else
        log_info("aws", "access keys read again", F_INT("keys", k->list.count));
}

struct keys *keys_open(const char *dir, const struct clock *clock, struct err *err)
{
    struct keys *k = mem_new(sizeof *k);
    k->dir = mem_strdup(dir);
    k->clock = clock;
    k->path = mem_new(strlen(dir) + sizeof "/keys.json");
    memcpy(k->path, dir, strlen(dir));
    memcpy(k->path + strlen(dir), "/keys.json", sizeof "/keys.json");
    map_init(&k->by_id);
    if (keys_reload(k, err) == 0)
        return k;
    keys_free(k);
    return NULL;
}

void keys_free(struct keys *k)
{
    if (!k)
        return;
    map_done(&k->by_id);
    key_list_done(&k->list);
    free(k->dir);
    free(k->path);
    free(k);
}

static const struct access_key *active(const struct keys *k, struct str id)
{
    const struct access_key *key = map_get(&k->by_id, id);
    return key && key->status == KEY_ACTIVE ? key : NULL;
}

static int unknown_key(enum sigv4_style style, struct err *err)
{
    return err_set(err, ERR_UNRECOGNIZED_CLIENT,
                   style == SIGV4_S3 ? "The AWS Access Key Id you provided does not exist in our records."
                                     : "The security token included in the request is invalid.");
}

const struct access_key *keys_find(struct keys *k, enum sigv4_style style, const struct sigv4_auth *auth,
                                   struct err *err)
{
    if (clock_mono_ms(k->clock) - k->looked_ms >= LOOK_INTERVAL_MS)
        look(k);
    const struct access_key *key = active(k, auth->access_key_id);
    if (!key) {
        look(k);
        key = active(k, auth->access_key_id);
    }
    if (!key)
        unknown_key(style, err);
    return key;
}
