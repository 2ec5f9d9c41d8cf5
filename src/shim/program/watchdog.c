/* Once a second: the memory of the process tree, against the session's limit. Resource limits do not contain
 * a JVM. */
#include "shim/program/shim.h"

#include "shim/program/tree.h"

#include <fcntl.h>

enum { TICK_MS = 1000, USAGE_EVERY_MS = 5000, VMSTAT_MAX = 16 * 1024, MIB = 1024 * 1024 };

/* How many processes the kernel has ended for lack of memory: a line of /proc/vmstat; -1 where it has none.
 */
static int64_t kernel_kills(void)
{
    char text[VMSTAT_MAX];
    CLEANUP_FD int fd = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    ssize_t n;
    while (fd >= 0 && size < sizeof text && (n = read(fd, text + size, sizeof text - size)) > 0)
        size += (size_t)n;
    struct str rest = str_of(text, size);
    while (rest.p) {
        struct str line = str_cut(&rest, '\n');
        uint64_t count;
        if (str_starts(line, STR("oom_kill ")) &&
            str_to_u64(str_sub(line, sizeof "oom_kill " - 1, line.n), &count))
            return (int64_t)count;
    }
    return -1;
}

static void sample_kernel(struct watchdog *w)
{
    int64_t now = kernel_kills();
    w->kernel_killed = now > w->kernel_kills;
    w->kernel_kills = now;
}

bool watchdog_kernel_killed(struct shim *s)
{
    struct watchdog *w = &s->watchdog;
    return w->kernel_killed || kernel_kills() > w->kernel_kills;
}

static void check_limit(struct shim *s, const struct tree *t)
{
    int64_t limit = s->spec->memory_bytes;
    if (limit <= 0 || s->group.bounds_memory || s->watchdog.rss_bytes <= limit)
        return;
    int64_t pss = tree_pss_bytes(t);
    if (pss > limit)
        ending_begin(s, CAUSE_MEMORY, 0,
                     "The driver used more memory (%lld MiB) than its limit of %lld MiB (engine.memory) and "
                     "was ended.",
                     (long long)pss / MIB, (long long)limit / MIB);
}

static void tell_usage(struct shim *s)
{
    int64_t now = shim_now_ms(s);
    if (now - s->watchdog.usage_sent_ms < USAGE_EVERY_MS)
        return;
    s->watchdog.usage_sent_ms = now;
    server_send_usage(s, s->watchdog.rss_bytes);
}

static void on_tick(struct timer *timer)
{
    struct shim *s = timer->ctx;
    if (ending_finished(s))
        return;
    CLEANUP_TREE struct tree t;
    tree_read(&t, getpid());
    s->watchdog.rss_bytes = tree_rss_bytes(&t);
    sample_kernel(&s->watchdog);
    check_limit(s, &t);
    tell_usage(s);
    timer_start(&s->reactor.timers, timer, TICK_MS, on_tick, s);
}

void watchdog_start(struct shim *s)
{
    s->watchdog.kernel_kills = kernel_kills();
    timer_start(&s->reactor.timers, &s->watchdog.timer, TICK_MS, on_tick, s);
}
