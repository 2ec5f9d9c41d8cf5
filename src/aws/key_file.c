#include "aws/key_file.h"

#include "base/file.h"
#include "base/json.h"
#include "base/jsonw.h"
#include "base/random.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { FILE_VERSION = 1, FILE_MAX_BYTES = 4 << 20, KEY_JSON_BYTES = 2048 };
static const char file_name[] = "keys.json";
static const char id_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char secret_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void key_list_done(struct key_list *l)
{
    if (l->items)
        explicit_bzero(l->items, l->count * sizeof *l->items);
    free(l->items);
    *l = (struct key_list){0};
}

const char *key_status_name(enum key_status status)
{
    return status == KEY_ACTIVE ? "Active" : "Inactive";
}

/* A buffer with secrets in it; memory that it outgrew is not zeroed, so callers reserve enough. */
static void secret_buf_done(struct buf *b)
{
    if (b->p)
        explicit_bzero(b->p, b->cap);
    buf_done(b);
}

static bool consists_of(struct str s, const char *alphabet)
{
    for (size_t i = 0; i < s.n; i++)
        if (!s.p[i] || !strchr(alphabet, s.p[i]))
            return false;
    return true;
}

static bool id_valid(struct str s)
{
    return s.n == KEY_ID_LEN && consists_of(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
}

static bool user_valid(struct str s)
{
    return s.n > 0 && s.n <= KEY_USER_MAX &&
           consists_of(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-");
}

static bool description_valid(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20)
            return false;
    return s.n <= KEY_DESCRIPTION_MAX && utf8_valid(s);
}

static void copy_text(char *ret, struct str s)
{
    if (s.n)
        memcpy(ret, s.p, s.n);
    ret[s.n] = '\0';
}

static bool read_key(const json_t *object, struct access_key *ret)
{
    struct str id = json_member_str(object, "id");
    struct str secret = json_member_str(object, "secret");
    struct str user = json_member_str(object, "user");
    struct str description = json_member_str(object, "description");
    struct str status = json_member_str(object, "status");
    bool active = str_is(status, key_status_name(KEY_ACTIVE));
    if (!id_valid(id) || secret.n != KEY_SECRET_LEN || !consists_of(secret, secret_alphabet) ||
        !user_valid(user) || !description_valid(description) ||
        !(active || str_is(status, key_status_name(KEY_DISABLED))))
        return false;
    copy_text(ret->id, id);
    copy_text(ret->secret, secret);
    copy_text(ret->user, user);
    copy_text(ret->description, description);
    ret->status = active ? KEY_ACTIVE : KEY_DISABLED;
    ret->created_ms = json_member_int(object, "created_ms", 0);
    return true;
}

static int read_keys(const char *dir, const json_t *root, struct key_list *ret, struct err *err)
{
    const json_t *keys = json_object_get(root, "keys");
    size_t count = json_array_size(keys);
    if (json_member_int(root, "version", 0) != FILE_VERSION || !json_is_array(keys) ||
        count > KEY_FILE_KEYS_MAX)
        return err_set(err, ERR_INTERNAL, "%s/%s is not a key file of this version of Glaux.", dir,
                       file_name);
    *ret = (struct key_list){mem_new_array(count, sizeof *ret->items), count};
    for (size_t i = 0; i < count; i++) {
        if (!read_key(json_array_get(keys, i), &ret->items[i])) {
            key_list_done(ret);
            return err_set(err, ERR_INTERNAL, "%s/%s: key number %zu is malformed.", dir, file_name, i + 1);
        }
    }
    return 0;
}

static int parse(const char *dir, struct str text, struct key_list *ret, struct err *err)
{
    struct err cause;
    json_auto_t *root = json_parse(text, &cause);
    if (!root)
        return err_set(err, ERR_INTERNAL, "%s/%s is malformed: %s", dir, file_name, cause.text);
    return read_keys(dir, root, ret, err);
}

static int load(int folder, const char *dir, struct key_list *ret, struct err *err)
{
    CLEANUP(secret_buf_done) struct buf text;
    struct stat st;
    buf_init(&text, FILE_MAX_BYTES);
    if (fstatat(folder, file_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : err_set_errno(err, errno, "%s/%s cannot be read", dir, file_name);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(err, ERR_INTERNAL,
                       "%s/%s may be read or written by other users; make it private: chmod 600 %s/%s", dir,
                       file_name, dir, file_name);
    if (st.st_size < FILE_MAX_BYTES)
        buf_reserve(&text, (size_t)st.st_size + 1);
    if (file_read(folder, file_name, &text, err) < 0)
        return -1;
    return parse(dir, buf_str(&text), ret, err);
}

static int open_folder(const char *dir, struct err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? err_set_errno(err, errno, "The data folder %s cannot be opened", dir) : fd;
}

int key_file_load(const char *dir, struct key_list *ret, struct err *err)
{
    CLEANUP_FD int folder = open_folder(dir, err);
    *ret = (struct key_list){0};
    return folder < 0 ? -1 : load(folder, dir, ret, err);
}

static void write_key(struct jsonw *w, const struct access_key *key)
{
    jsonw_object(w);
    jsonw_member_str(w, "id", str_from(key->id));
    jsonw_member_str(w, "secret", str_from(key->secret));
    jsonw_member_str(w, "user", str_from(key->user));
    jsonw_member_str(w, "description", str_from(key->description));
    jsonw_member_str(w, "status", str_from(key_status_name(key->status)));
    jsonw_member_int(w, "created_ms", key->created_ms);
    jsonw_end_object(w);
}

static int save(int folder, const struct key_list *list, struct err *err)
{
    CLEANUP(secret_buf_done) struct buf text;
    struct jsonw w;
    buf_init(&text, FILE_MAX_BYTES);
    buf_reserve(&text, (list->count + 1) * KEY_JSON_BYTES);
    jsonw_init(&w, &text);
    jsonw_object(&w);
    jsonw_member_int(&w, "version", FILE_VERSION);
    jsonw_key(&w, STR("keys"));
    jsonw_array(&w);
    for (size_t i = 0; i < list->count; i++)
        write_key(&w, &list->items[i]);
    jsonw_end_array(&w);
    jsonw_end_object(&w);
    buf_add_char(&text, '\n');
    REQUIRE(!text.overflow);
    return file_write(folder, file_name, buf_str(&text), true, err);
}

/* The folder, locked until it is closed: the file itself is replaced by each change, so it cannot carry the
 * lock. */
static int lock_folder(const char *dir, struct err *err)
{
    int folder = open_folder(dir, err);
    if (folder < 0 || flock(folder, LOCK_EX) == 0)
        return folder;
    err_set_errno(err, errno, "The data folder %s cannot be locked", dir);
    close(folder);
    return -1;
}

/* The locked folder, and what its file has. */
static int open_keys(const char *dir, struct key_list *ret, struct err *err)
{
    int folder = lock_folder(dir, err);
    if (folder < 0 || load(folder, dir, ret, err) == 0)
        return folder;
    close(folder);
    return -1;
}

static struct access_key *find(const struct key_list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_is(str_from(id), list->items[i].id))
            return &list->items[i];
    return NULL;
}

static int unknown_key(const char *id, struct err *err)
{
    return err_set(err, ERR_INVALID_ARGUMENT, "There is no access key %s; `glaux key list` shows them.", id);
}

/* A longer list with a fresh key at its end. The old memory held secrets, so it is zeroed, not grown. */
static struct access_key *append(struct key_list *list)
{
    struct key_list longer = {mem_new_array(list->count + 1, sizeof *list->items), list->count + 1};
    if (list->count)
        memcpy(longer.items, list->items, list->count * sizeof *list->items);
    key_list_done(list);
    *list = longer;
    return &list->items[list->count - 1];
}

static int add(int folder, struct key_list *list, const char *user, const char *description, int64_t now_ms,
               struct access_key *ret, struct err *err)
{
    if (list->count >= KEY_FILE_KEYS_MAX)
        return err_set(err, ERR_INVALID_ARGUMENT, "There are %d access keys already; delete one first.",
                       KEY_FILE_KEYS_MAX);
    struct access_key *key = append(list);
    copy_text(key->id, STR("AKIA"));
    random_text(key->id + 4, KEY_ID_LEN - 4, id_alphabet);
    random_text(key->secret, KEY_SECRET_LEN, secret_alphabet);
    copy_text(key->user, str_from(user));
    copy_text(key->description, str_from(description));
    key->created_ms = now_ms;
    if (save(folder, list, err) < 0)
        return -1;
    *ret = *key;
    return 0;
}

int key_file_create(const char *dir, const char *user, const char *description, int64_t now_ms,
                    struct access_key *ret, struct err *err)
{
    CLEANUP_KEYS struct key_list list = {0};
    if (!user_valid(str_from(user)))
        return err_set(err, ERR_INVALID_ARGUMENT,
                       "A user's name has 1 to %d letters, digits and characters of +=,.@_-", KEY_USER_MAX);
    if (!description_valid(str_from(description)))
        return err_set(err, ERR_INVALID_ARGUMENT, "A description is one line of at most %d bytes.",
                       KEY_DESCRIPTION_MAX);
    CLEANUP_FD int folder = open_keys(dir, &list, err);
    if (folder < 0)
        return -1;
    return add(folder, &list, user, description, now_ms, ret, err);
}

int key_file_set_status(const char *dir, const char *id, enum key_status status, struct err *err)
{
    CLEANUP_KEYS struct key_list list = {0};
    CLEANUP_FD int folder = open_keys(dir, &list, err);
    if (folder < 0)
        return -1;
    struct access_key *key = find(&list, id);
    if (!key)
        return unknown_key(id, err);
    key->status = status;
    return save(folder, &list, err);
}

static void remove_key(struct key_list *list, struct access_key *key)
{
    REQUIRE(list->count > 0);
    struct access_key *last = &list->items[--list->count];
    memmove(key, key + 1, (size_t)(last - key) * sizeof *key);
    explicit_bzero(last, sizeof *last);
}

int key_file_delete(const char *dir, const char *id, struct err *err)
{
    CLEANUP_KEYS struct key_list list = {0};
    CLEANUP_FD int folder = open_keys(dir, &list, err);
    if (folder < 0)
        return -1;
    struct access_key *key = find(&list, id);
    if (!key)
        return unknown_key(id, err);
    remove_key(&list, key);
    return save(folder, &list, err);
}

int key_file_ensure(const char *dir, int64_t now_ms, struct access_key *ret, struct err *err)
{
    CLEANUP_KEYS struct key_list list = {0};
    CLEANUP_FD int folder = open_keys(dir, &list, err);
    if (folder < 0)
        return -1;
    if (list.count == 0)
        return add(folder, &list, "admin", "first access key", now_ms, ret, err);
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].status == KEY_ACTIVE) {
            *ret = list.items[i];
            return 0;
        }
    }
    return err_set(err, ERR_INVALID_ARGUMENT,
                   "All access keys of %s are disabled; make one with `glaux key create`, or enable one.",
                   dir);
}
