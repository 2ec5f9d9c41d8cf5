#include "shim/program/logfile.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/timefmt.h"
#include "shim/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

enum { NOTE_MAX_BYTES = 2048 };

static int open_file(int folder)
{
    return openat(folder, LOG_FILE, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int logfile_open(struct logfile *l, int folder, int64_t max_bytes, struct err *err)
{
    *l = (struct logfile){.folder = folder, .fd = open_file(folder), .generation_max = max_bytes / 2};
    struct stat st;
    if (l->fd < 0 || fstat(l->fd, &st) != 0)
        return err_set_errno(err, errno, "The session's log cannot be opened");
    l->size = st.st_size;
    return 0;
}

static void turn_over(struct logfile *l)
{
    if (renameat(l->folder, LOG_FILE, l->folder, OLD_LOG_FILE) != 0 && ftruncate(l->fd, 0) != 0)
        return;
    int fd = open_file(l->folder);
    if (fd < 0)
        return;
    close(l->fd);
    l->fd = fd;
    l->size = 0;
}

/* What is left of the text. */
static struct str append(struct logfile *l, struct str text)
{
    while (text.n > 0) {
        if (l->size >= l->generation_max)
            turn_over(l);
        if (l->size >= l->generation_max)
            break;
        size_t room = (size_t)(l->generation_max - l->size);
        ssize_t n = write(l->fd, text.p, text.n < room ? text.n : room);
        if (n <= 0)
            break;
        l->size += n;
        text = str_sub(text, (size_t)n, text.n);
    }
    return text;
}

/* False: the disk is still full. */
static bool tell_loss(struct logfile *l)
{
    char line[128];
    if (l->lost == 0)
        return true;
    int n = snprintf(line, sizeof line, "\n... %lld bytes of the log were lost: the disk was full\n",
                     (long long)l->lost);
    struct str rest = append(l, str_of(line, (size_t)n));
    if (rest.n == (size_t)n)
        return false;
    l->lost = 0;
    return true;
}

void logfile_write(struct logfile *l, struct str text)
{
    struct str rest = tell_loss(l) ? append(l, text) : text;
    l->lost += (int64_t)rest.n;
}

void logfile_note(struct logfile *l, const char *fmt, ...)
{
    char time[TIME_TEXT_MAX], text[NOTE_MAX_BYTES];
    time_format_iso(clock_wall_ms(&clock_system), time);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    CLEANUP_BUF struct buf line;
    buf_init(&line, NOTE_MAX_BYTES + 128);
    buf_printf(&line, "%s glaux-shim: %s\n", time, text);
    logfile_write(l, buf_str(&line));
}
