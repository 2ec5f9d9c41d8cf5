#include "shim/program/tree.h"

#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

enum { FIRST_CAPACITY = 32, PROC_PATH_MAX = 64, STAT_MAX = 512, ROLLUP_MAX = 4096 };

/* One read of a small file of /proc; absent if it is not there. */
static struct str read_proc(const char *path, char *text, size_t size)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size);
    return n < 0 ? STR_NULL : str_of(text, (size_t)n);
}

static void add(struct tree *t, pid_t pid)
{
    bool power_of_two = (t->count & (t->count - 1)) == 0;
    if (t->count >= TREE_MAX)
        return;
    if (t->count == 0)
        t->pids = mem_grow(t->pids, FIRST_CAPACITY, sizeof *t->pids);
    else if (t->count >= FIRST_CAPACITY && power_of_two)
        t->pids = mem_grow(t->pids, t->count * 2, sizeof *t->pids);
    t->pids[t->count++] = pid;
}

static void add_list(struct tree *t, struct str list)
{
    while (list.p) {
        uint64_t pid;
        if (str_to_u64(str_trim(str_cut(&list, ' ')), &pid) && pid > 0 && pid <= INT32_MAX)
            add(t, (pid_t)pid);
    }
}

/* The children that one thread made. The list may be longer than one read; numbers are not cut then. */
static bool add_thread_children(struct tree *t, pid_t pid, const char *thread)
{
    char path[PROC_PATH_MAX], text[4096];
    snprintf(path, sizeof path, "/proc/%d/task/%s/children", (int)pid, thread);
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t kept = 0;
    for (ssize_t n; (n = read(fd, text + kept, sizeof text - kept)) > 0;) {
        struct str all = str_of(text, kept + (size_t)n);
        size_t whole = all.n;
        while (whole > 0 && all.p[whole - 1] != ' ')
            whole--;
        add_list(t, str_sub(all, 0, whole));
        kept = all.n - whole;
        memmove(text, text + whole, kept);
    }
    return true;
}

bool tree_children(pid_t pid, struct tree *t)
{
    char path[PROC_PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    if (!dir)
        return true; /* it has gone */
    size_t threads = 0, read_ones = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        threads++;
        read_ones += add_thread_children(t, pid, e->d_name);
    }
    closedir(dir);
    return threads == 0 || read_ones > 0;
}

/* /proc/PID/stat: "pid (name) state parent ..."; the name may hold anything, so the last ')' counts. */
static bool parse_parent(struct str stat, pid_t *ret)
{
    size_t at = stat.n;
    while (at > 0 && stat.p[at - 1] != ')')
        at--;
    struct str rest = str_trim(str_sub(stat, at, stat.n));
    str_cut(&rest, ' ');
    uint64_t parent;
    if (at == 0 || !str_to_u64(str_cut(&rest, ' '), &parent) || parent > INT32_MAX)
        return false;
    *ret = (pid_t)parent;
    return true;
}

void tree_children_by_scan(pid_t pid, struct tree *t)
{
    DIR *dir = opendir("/proc");
    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        uint64_t other;
        char path[PROC_PATH_MAX], text[STAT_MAX];
        pid_t parent;
        if (!str_to_u64(str_from(e->d_name), &other) || other > INT32_MAX)
            continue;
        snprintf(path, sizeof path, "/proc/%d/stat", (int)other);
        if (parse_parent(read_proc(path, text, sizeof text), &parent) && parent == pid)
            add(t, (pid_t)other);
    }
    closedir(dir);
}

void tree_read(struct tree *t, pid_t root)
{
    *t = (struct tree){0};
    bool quick = tree_children(root, t);
    if (!quick)
        tree_children_by_scan(root, t);
    for (size_t i = 0; i < t->count; i++) {
        if (quick)
            tree_children(t->pids[i], t);
        else
            tree_children_by_scan(t->pids[i], t);
    }
}

void tree_done(struct tree *t)
{
    free(t->pids);
    *t = (struct tree){0};
}

static int64_t rss_of(pid_t pid)
{
    char path[PROC_PATH_MAX], text[STAT_MAX];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    struct str rest = read_proc(path, text, sizeof text);
    str_cut(&rest, ' ');
    uint64_t pages;
    return str_to_u64(str_cut(&rest, ' '), &pages) ? (int64_t)pages * sysconf(_SC_PAGESIZE) : 0;
}

int64_t tree_rss_bytes(const struct tree *t)
{
    int64_t total = 0;
    for (size_t i = 0; i < t->count; i++)
        total += rss_of(t->pids[i]);
    return total;
}

/* smaps_rollup has a line "Pss:   123 kB". Where it cannot be read, resident memory stands for it. */
static int64_t pss_of(pid_t pid)
{
    char path[PROC_PATH_MAX], text[ROLLUP_MAX];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    struct str rest = read_proc(path, text, sizeof text);
    while (rest.p) {
        struct str line = str_cut(&rest, '\n');
        uint64_t kib;
        if (!str_starts(line, STR("Pss:")))
            continue;
        struct str number = str_trim(str_sub(line, 4, line.n));
        if (str_to_u64(str_cut(&number, ' '), &kib))
            return (int64_t)kib * 1024;
    }
    return rss_of(pid);
}

int64_t tree_pss_bytes(const struct tree *t)
{
    int64_t total = 0;
    for (size_t i = 0; i < t->count; i++)
        total += pss_of(t->pids[i]);
    return total;
}

void tree_signal(const struct tree *t, int signal)
{
    for (size_t i = 0; i < t->count; i++)
        kill(t->pids[i], signal);
}
