/* Java, the engine's Python environment, the driver, the shim, and which users drivers get. */
#include "cli/program.h"
#include "cli/report.h"
#include "shim/client.h"

#include <stdio.h>

enum { RUN_TIMEOUT_MS = 60000, OUTPUT_MAX = 16 * 1024, JAVA_WANTED = 17 };

#define SPARK_WANTED "3.5."
#define SET_UP "run the set-up again (make setup in a checkout)"

static struct str first_line(const struct buf *text)
{
    struct str rest = buf_str(text);
    return str_trim(str_cut(&rest, '\n'));
}

static struct str last_line(const struct buf *text)
{
    struct str rest = str_trim(buf_str(text)), line = STR("");
    while (rest.p)
        line = str_trim(str_cut(&rest, '\n'));
    return line;
}

/* `openjdk version "17.0.15" 2025-04-15`; "1.8.0" is 8. 0 if it is not found. */
static unsigned java_major(struct str text)
{
    uint64_t major = 0;
    str_cut(&text, '"');
    struct str version = str_cut(&text, '"');
    if (str_starts(version, STR("1.")))
        str_cut(&version, '.');
    struct str digits = str_cut(&version, '.');
    return str_to_u64(digits, &major) && major < 1000 ? (unsigned)major : 0;
}

void doctor_java(struct report *r)
{
    static const char mend[] =
        "install Java 17 (Debian: openjdk-17-jre-headless), or name its folder (engine.java_home)";
    CLEANUP_BUF struct buf text;
    struct err err;
    char java[4096];
    int status = 0;
    buf_init(&text, OUTPUT_MAX);
    snprintf(java, sizeof java, "%s/bin/java", r->paths.java_home);
    if (!r->paths.java_home[0]) {
        report_bad(r, FINDING_MISSING, "Java", mend, "there is no java on PATH, and JAVA_HOME is not set");
    } else if (program_run((char *[]){java, (char[]){"-version"}, NULL}, RUN_TIMEOUT_MS, &text, &status,
                           &err) < 0) {
        report_bad(r, FINDING_MISSING, "Java", mend, "%s", err.text);
    } else if (status != 0 || java_major(buf_str(&text)) < JAVA_WANTED) {
        report_bad(r, FINDING_MISSING, "Java", mend, "%s is not Java 17: %.*s", java,
                   STR_ARG(first_line(&text)));
    } else if (java_major(buf_str(&text)) > JAVA_WANTED) {
        report_bad(r, FINDING_WARN, "Java", mend,
                   "%s is later than Java 17, which Spark 3.5 is made for: %.*s", java,
                   STR_ARG(first_line(&text)));
    } else {
        report_ok(r, "Java", "%.*s in %s", STR_ARG(first_line(&text)), r->paths.java_home);
    }
}

static void look_at_interpreter(struct report *r)
{
    static char code[] = "import sys, py4j, IPython, pandas, pyarrow, pyspark\n"
                         "print(pyspark.__version__, sys.version.split()[0], sep='\\n')";
    CLEANUP_BUF struct buf text;
    struct err err;
    int status = 0;
    char *argv[] = {r->paths.interpreter, (char[]){"-I"}, (char[]){"-B"}, (char[]){"-c"}, code, NULL};
    buf_init(&text, OUTPUT_MAX);
    if (program_run(argv, RUN_TIMEOUT_MS, &text, &status, &err) < 0)
        report_bad(r, FINDING_MISSING, "engine", SET_UP ", or name the engine's Python (engine.interpreter)",
                   "%s", err.text);
    else if (status != 0)
        report_bad(r, FINDING_MISSING, "engine", SET_UP, "%s cannot import what sessions need: %.*s",
                   r->paths.interpreter, STR_ARG(last_line(&text)));
    else if (!str_starts(buf_str(&text), STR(SPARK_WANTED)))
        report_bad(r, FINDING_MISSING, "engine", SET_UP ", or name the engine's Python (engine.interpreter)",
                   "%s has PySpark %.*s, and 3.5 is needed", r->paths.interpreter,
                   STR_ARG(first_line(&text)));
    else
        report_ok(r, "engine", "PySpark %.*s, Python %.*s in %s", STR_ARG(first_line(&text)),
                  STR_ARG(last_line(&text)), r->paths.interpreter);
}

static void look_at_file(struct report *r, const char *subject, const char *path, int mode, const char *mend)
{
    if (access(path, mode) == 0)
        report_ok(r, subject, "%s", path);
    else
        report_bad(r, FINDING_MISSING, subject, mend, "%s is missing, or may not be used by this user", path);
}

void doctor_engine(struct report *r)
{
    char driver[4096], archive[4096];
    look_at_interpreter(r);
    snprintf(archive, sizeof archive, "%s/engines/spark-3.5/share/glaux/spark.jsa", r->paths.share);
    if (!r->v->settings.engine_interpreter[0] && access(archive, R_OK) < 0)
        report_bad(r, FINDING_WARN, "class archive", SET_UP,
                   "there is none, so that sessions start more slowly");
    snprintf(driver, sizeof driver, "%s/__main__.py", r->paths.driver);
    look_at_file(r, "driver", driver, R_OK, SET_UP ", or name the driver's folder (engine.driver)");
    look_at_file(r, "shim", r->paths.shim, X_OK,
                 "glaux-shim lies beside glauxd and glaux: build or install them together");
}

/* ---- Isolation ---- */

static struct shim_config probe_config(struct report *r)
{
    return (struct shim_config){
        .data_folder = r->paths.data,
        .work_root = r->paths.work_root,
        .interpreter = r->paths.interpreter,
        .driver_folder = r->paths.driver,
        .java_home = r->paths.java_home,
        .uid_first = (uint32_t)r->v->settings.isolation_uid_first,
        .uid_count = (uint32_t)r->v->settings.isolation_uid_count,
    };
}

/* The probe makes the work root; one that was not there goes again. */
static int probe(struct report *r, struct err *err)
{
    r->paths.work_root = paths_work_root(&r->v->settings, r->paths.data, true);
    struct shim_config config = probe_config(r);
    bool was_there = access(r->paths.work_root, F_OK) == 0;
    int rc = shim_isolation_probe(&config, err);
    if (!was_there)
        rmdir(r->paths.work_root);
    return rc;
}

static void look_at_users(struct report *r)
{
    static const char shared[] = "Code in a session can read and change what that user can.";
    const struct settings *s = &r->v->settings;
    struct err err;
    if (strcmp(s->isolation_mode, "none") == 0)
        report_bad(r, FINDING_WARN, "isolation", "set isolation.mode=auto, and run glauxd as root",
                   "The settings say that drivers run as the server's own user. %s", shared);
    else if (probe(r, &err) == 0)
        report_ok(r, "isolation", "each driver runs under a user of its own (%lld to %lld)",
                  (long long)s->isolation_uid_first,
                  (long long)(s->isolation_uid_first + s->isolation_uid_count - 1));
    else if (strcmp(s->isolation_mode, "uid") == 0)
        report_bad(r, FINDING_MISSING, "isolation", "mend that, or set isolation.mode=auto", "%s", err.text);
    else
        report_bad(r, FINDING_WARN, "isolation", "run glauxd as root where sessions of several people meet",
                   "%s %s", err.text, shared);
}

static void look_at_cgroup(struct report *r)
{
    const char *folder = r->v->settings.isolation_cgroup;
    char path[4096], line[512] = "";
    if (!folder[0]) {
        report_ok(r, "memory limit",
                  "a watchdog ends sessions that take more than engine.memory (no isolation.cgroup is set)");
        return;
    }
    snprintf(path, sizeof path, "%s/cgroup.controllers", folder);
    FILE *f = fopen(path, "re");
    bool found = f && fgets(line, sizeof line, f) && str_contains(str_from(line), STR("memory"));
    if (f)
        fclose(f);
    if (found && access(folder, W_OK) == 0)
        report_ok(r, "memory limit", "control groups below %s", folder);
    else
        report_bad(r, FINDING_MISSING, "memory limit",
                   "delegate a cgroup (version 2) with memory to it, or leave isolation.cgroup empty",
                   "%s is no cgroup with the memory controller that this user may write to", folder);
}

void doctor_isolation(struct report *r)
{
    look_at_users(r);
    look_at_cgroup(r);
}
