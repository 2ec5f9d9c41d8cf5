#include "shim/record.h"

#include "base/file.h"
#include "base/utf8.h"
#include "shim/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { RECORD_MAX_BYTES = 64 * 1024, PATH_BYTES = 64 + 2 * FOLDER_ID_MAX, LOG_READ_BYTES = 4 * LOG_TAIL_MAX };

static const struct {
    const char *name;
    enum driver_exit_kind kind;
} exit_kinds[] = {
    {"stopped", DRIVER_EXIT_STOPPED}, {"start_failed", DRIVER_EXIT_START_FAILED},
    {"exit", DRIVER_EXIT_CODE},       {"signal", DRIVER_EXIT_SIGNAL},
    {"memory", DRIVER_EXIT_MEMORY},   {"orphaned", DRIVER_EXIT_ORPHANED},
    {"lost", DRIVER_EXIT_LOST},
};

bool record_exit(const json_t *json, struct driver_exit *ret)
{
    struct str kind = json_member_str(json, "kind"), reason = json_member_str(json, "reason");
    for (size_t i = 0; i < ARRAY_SIZE(exit_kinds); i++) {
        if (!str_is(kind, exit_kinds[i].name) || !reason.p)
            continue;
        *ret = (struct driver_exit){.kind = exit_kinds[i].kind, .reason = reason};
        ret->code = (int)json_member_int(json, "code", 0);
        ret->signal = (int)json_member_int(json, "signal", 0);
        return true;
    }
    return false;
}

static struct driver_output output(const json_t *json, const char *name, const char *session_folder,
                                   struct str id, struct arena *a)
{
    const json_t *stream = json_object_get(json, name);
    return (struct driver_output){
        .path = arena_printf(a, "%s/" CALC_FOLDER "/%.*s/%s", session_folder, STR_ARG(id), name).p,
        .size = json_member_int(stream, "size", 0),
        .truncated = json_member_bool(stream, "truncated", false),
        .write_error = json_member_str(stream, "write_error"),
    };
}

bool record_done(const json_t *json, const char *session_folder, struct arena *a, struct driver_done *ret)
{
    struct str id = json_member_str(json, "id"), state = json_member_str(json, "state");
    if (!folder_id_valid(id) || !state.p)
        return false;
    *ret = (struct driver_done){
        .calculation_id = id,
        .state = state,
        .reason = json_member_str(json, "reason"),
        .result_type = json_member_str(json, "result_type"),
        .driver_ended = json_member_bool(json, "driver_ended", false),
        .out = output(json, "stdout", session_folder, id, a),
        .err = output(json, "stderr", session_folder, id, a),
        .result = output(json, "result", session_folder, id, a),
    };
    return true;
}

static json_t *load(int folder, const char *name)
{
    CLEANUP_BUF struct buf text;
    struct err err;
    buf_init(&text, RECORD_MAX_BYTES);
    return file_read(folder, name, &text, &err) == 0 ? json_parse(buf_str(&text), &err) : NULL;
}

json_t *record_load_exit(int folder)
{
    struct driver_exit e;
    json_t *json = load(folder, EXIT_FILE);
    if (json && record_exit(json, &e))
        return json;
    json_decref(json);
    return NULL;
}

static bool whole(int folder, const json_t *json, const char *id, const char *name)
{
    char path[PATH_BYTES];
    struct stat st;
    snprintf(path, sizeof path, CALC_FOLDER "/%s/%s", id, name);
    int64_t size = json_member_int(json_object_get(json, name), "size", 0);
    return size == 0 || (fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size >= size);
}

json_t *record_load_done(int folder, const char *id)
{
    char path[PATH_BYTES];
    if (!folder_id_valid(str_from(id)))
        return NULL;
    snprintf(path, sizeof path, CALC_FOLDER "/%s/" DONE_FILE, id);
    json_t *json = load(folder, path);
    if (json && str_is(json_member_str(json, "id"), id) && whole(folder, json, id, "stdout") &&
        whole(folder, json, id, "stderr") && whole(folder, json, id, "result"))
        return json;
    json_decref(json);
    return NULL;
}

/* The shim's own lines say what the exit's reason says already. */
static void keep_drivers_lines(struct str text, struct buf *ret)
{
    while (text.p && text.n > 0) {
        struct str line = str_cut(&text, '\n');
        if (str_contains(line, STR(" glaux-shim: ")))
            continue;
        utf8_add_valid(ret, line);
        buf_add_char(ret, '\n');
    }
}

/* Within the tail's bytes: behind the line that they cut, or, if that is the last, from a whole character on.
 */
static size_t tail_start(struct str text)
{
    if (text.n <= LOG_TAIL_MAX)
        return 0;
    size_t from = text.n - LOG_TAIL_MAX, end_of_line = str_find(str_sub(text, from, text.n), '\n');
    if (end_of_line != SIZE_MAX)
        return from + end_of_line + 1;
    while (from < text.n && ((unsigned char)text.p[from] & 0xC0) == 0x80)
        from++;
    return from;
}

/* Of a text without an end of line at its end. */
static struct str last_lines(struct str text)
{
    size_t start = tail_start(text), lines = 0;
    for (size_t i = text.n; i > start; i--)
        if (text.p[i - 1] == '\n' && ++lines == LOG_TAIL_LINES_MAX)
            return str_sub(text, i, text.n);
    return str_sub(text, start, text.n);
}

struct str record_log_tail(int folder, struct arena *a)
{
    CLEANUP_FD int fd = openat(folder, LOG_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (end <= 0)
        return STR("");
    char bytes[LOG_READ_BYTES];
    off_t from = end > LOG_READ_BYTES ? end - LOG_READ_BYTES : 0;
    ssize_t n = pread(fd, bytes, sizeof bytes, from);
    CLEANUP_BUF struct buf text;
    buf_init(&text, 4 * LOG_READ_BYTES);
    keep_drivers_lines(str_of(bytes, n > 0 ? (size_t)n : 0), &text);
    return arena_str(a, last_lines(str_trim(buf_str(&text))));
}
