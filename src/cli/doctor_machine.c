/* Memory, limits, the clock, and the AWS clients of this shell. */
#include "base/clock.h"
#include "base/timefmt.h"
#include "cli/aws_cli.h"
#include "cli/report.h"
#include "cli/words.h"
#include "main/machine.h"
#include "main/settings/address.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/timex.h>

enum { FILES_BESIDE_CONNECTIONS = 256 };
static const int64_t earliest_clock_ms = 1767225600000; /* 2026-01-01 */

/* A row of /proc/meminfo, in bytes; -1 if it is not there. */
static int64_t meminfo(const char *name)
{
    char line[256];
    int64_t kib = -1;
    FILE *f = fopen("/proc/meminfo", "re");
    while (f && kib < 0 && fgets(line, sizeof line, f)) {
        struct str rest = str_from(line);
        struct str key = str_cut(&rest, ':');
        rest = str_trim(rest);
        if (str_is(key, name))
            (void)str_to_i64(str_cut(&rest, ' '), &kib);
    }
    if (f)
        fclose(f);
    return kib < 0 ? -1 : kib * 1024;
}

static void look_at_room(struct report *r)
{
    const struct settings *s = &r->v->settings;
    int64_t room = s->limits_memory ? s->limits_memory : machine_memory_bytes() / 10 * 9;
    char room_text[WORDS_MAX], session_text[WORDS_MAX];
    words_bytes(room, room_text);
    words_bytes(s->engine_memory, session_text);
    if (room >= s->engine_memory)
        report_ok(r, "memory", "room for %lld sessions of %s in %s", (long long)(room / s->engine_memory),
                  session_text, room_text);
    else
        report_bad(r, FINDING_MISSING, "memory",
                   "lower engine.memory and engine.heap, or raise limits.memory",
                   "a session needs %s, and sessions may take %s", session_text, room_text);
}

static void look_at_free_memory(struct report *r)
{
    const struct settings *s = &r->v->settings;
    int64_t available = meminfo("MemAvailable");
    char now[WORDS_MAX], heap[WORDS_MAX], session[WORDS_MAX];
    words_bytes(available, now);
    words_bytes(s->engine_heap, heap);
    words_bytes(s->engine_memory, session);
    if (available >= 0 && available < s->engine_memory)
        report_bad(r, FINDING_WARN, "free memory", "end other programs before sessions start",
                   "%s are free now, less than the %s that a session may take", now, session);
    if (s->engine_heap > s->engine_memory / 4 * 3)
        report_bad(r, FINDING_WARN, "heap", "lower engine.heap, or raise engine.memory",
                   "Java's heap of %s leaves little of %s for Python and all else of a session", heap,
                   session);
}

void doctor_memory(struct report *r)
{
    look_at_room(r);
    look_at_free_memory(r);
}

static void look_at_open_files(struct report *r)
{
    const struct settings *s = &r->v->settings;
    struct rlimit files;
    int64_t wanted = s->http_max_connections + FILES_BESIDE_CONNECTIONS;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return;
    long long most = files.rlim_max > INT64_MAX ? INT64_MAX : (long long)files.rlim_max;
    if (most < wanted)
        report_bad(r, FINDING_WARN, "open files",
                   "raise the hard limit (ulimit -Hn, LimitNOFILE), or lower http.max_connections",
                   "at most %lld files may be open, and %lld connections want %lld", most,
                   (long long)s->http_max_connections, (long long)wanted);
    else
        report_ok(r, "open files", "up to %lld", most);
}

/* A signature of another machine is good for some minutes only. */
static void look_at_clock(struct report *r)
{
    struct timex t = {0};
    struct address a;
    struct err ignored;
    char now[TIME_TEXT_MAX];
    int64_t now_ms = clock_wall_ms(&clock_system);
    bool remote = address_parse(r->v->settings.server_listen, &a, &ignored) == 0 && !a.loopback;
    time_format_iso(now_ms, now);
    if (now_ms < earliest_clock_ms)
        report_bad(r, FINDING_MISSING, "clock", "set the clock", "it is %s, which cannot be", now);
    else if (remote && adjtimex(&t) == TIME_ERROR)
        report_bad(r, FINDING_WARN, "clock", "run a time service (Debian: systemd-timesyncd, chrony)",
                   "it is %s, but nothing keeps the clock right; signatures of other machines may be refused",
                   now);
    else
        report_ok(r, "clock", "%s", now);
}

void doctor_machine(struct report *r)
{
    look_at_open_files(r);
    look_at_clock(r);
}

static void look_at_aws_cli(struct report *r)
{
    struct aws_cli aws;
    struct err err;
    if (aws_cli_find(&aws, &err) < 0)
        report_bad(r, FINDING_WARN, "AWS CLI", AWS_CLI_ADVICE, "%s", err.text);
    else if (!aws.path)
        report_bad(r, FINDING_WARN, "AWS CLI",
                   "install one if you want to use it here, such as awscli from PyPI",
                   "there is no aws on PATH");
    else if (aws.too_old)
        report_bad(r, FINDING_WARN, "AWS CLI", AWS_CLI_ADVICE,
                   "%s is version %u.%u, which ignores AWS_ENDPOINT_URL and would talk to AWS itself",
                   aws.path, aws.major, aws.minor);
    else
        report_ok(r, "AWS CLI", "%s, version %u.%u", aws.path, aws.major, aws.minor);
    aws_cli_done(&aws);
}

static const char *variable(const char *lower, const char *upper)
{
    const char *value = getenv(lower);
    return value && value[0] ? value : getenv(upper);
}

static void look_at_proxy(struct report *r)
{
    const char *proxy = variable("http_proxy", "HTTP_PROXY");
    struct str without = str_from(variable("no_proxy", "NO_PROXY"));
    if (proxy && proxy[0] && !str_is(without, "*") && !str_contains(without, STR("127.0.0.1")))
        report_bad(r, FINDING_WARN, "proxy", "export NO_PROXY=127.0.0.1,localhost",
                   "AWS clients of this shell send requests to the proxy of HTTP_PROXY, which cannot reach "
                   "the loopback here");
}

void doctor_clients(struct report *r)
{
    look_at_aws_cli(r);
    look_at_proxy(r);
}
