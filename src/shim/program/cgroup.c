#include "shim/program/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { EVENTS_MAX = 1024 };

void cgroup_init(struct cgroup *g)
{
    *g = (struct cgroup){.parent = -1, .folder = -1};
}

bool cgroup_exists(const struct cgroup *g)
{
    return g->folder >= 0;
}

static bool put(int folder, const char *name, const char *value)
{
    CLEANUP_FD int fd = openat(folder, name, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
}

/* All of the group ends together, as a session whose parts are missing is of no use. */
static bool bound_memory(const struct cgroup *g, int64_t bytes)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)bytes);
    if (bytes <= 0 || !put(g->folder, "memory.max", text))
        return false;
    put(g->folder, "memory.swap.max", "0");
    put(g->folder, "memory.oom.group", "1");
    return true;
}

int cgroup_make(struct cgroup *g, const char *root, const char *name, int64_t memory_bytes, struct err *err)
{
    cgroup_init(g);
    snprintf(g->name, sizeof g->name, "%s", name);
    g->parent = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (g->parent < 0 || (mkdirat(g->parent, name, 0755) != 0 && errno != EEXIST) ||
        (g->folder = openat(g->parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        return err_set_errno(err, errno, "A control group below %s cannot be made", root);
    g->bounds_memory = bound_memory(g, memory_bytes);
    return 0;
}

int cgroup_enter(const struct cgroup *g)
{
    return put(g->folder, "cgroup.procs", "0") ? 0 : -1;
}

bool cgroup_kill(const struct cgroup *g)
{
    return put(g->folder, "cgroup.kill", "1");
}

bool cgroup_ran_out(const struct cgroup *g)
{
    char text[EVENTS_MAX];
    CLEANUP_FD int fd = openat(g->folder, "memory.events", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
    struct str rest = str_of(text, n > 0 ? (size_t)n : 0);
    while (rest.p) {
        struct str line = str_cut(&rest, '\n');
        uint64_t count;
        if (str_starts(line, STR("oom_kill ")) &&
            str_to_u64(str_sub(line, sizeof "oom_kill " - 1, line.n), &count))
            return count > 0;
    }
    return false;
}

void cgroup_remove(struct cgroup *g)
{
    if (g->folder >= 0) {
        close(g->folder);
        unlinkat(g->parent, g->name, AT_REMOVEDIR);
    }
    if (g->parent >= 0)
        close(g->parent);
    cgroup_init(g);
}
