#include "main/paths.h"

#include "aws/digest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

static char *join(const char *folder, const char *name)
{
    size_t n = strlen(folder) + strlen(name) + 2;
    char *path = mem_new(n);
    snprintf(path, n, "%s/%s", folder, name);
    return path;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash)
        *(slash == path ? slash + 1 : slash) = '\0';
}

/* The folder of this program. */
static int program_folder(char ret[PATH_MAX], struct err *err)
{
    ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - 1);
    if (n < 0)
        return err_set_errno(err, errno, "the place of this program is not known");
    ret[n] = '\0';
    cut_last(ret);
    return 0;
}

/* build/share/glaux in a build folder, ../share/glaux in an installation. */
static char *share_folder(const char *programs)
{
    char *near = join(programs, "share/glaux");
    if (exists(near))
        return near;
    free(near);
    return join(programs, "../share/glaux");
}

char *paths_data(const char *given, struct err *err)
{
    char here[PATH_MAX];
    const char *home = getenv("XDG_DATA_HOME");
    if (given && given[0] == '/')
        return mem_strdup(given);
    if (given && given[0]) {
        if (!getcwd(here, sizeof here)) {
            err_set_errno(err, errno, "the current folder is not known");
            return NULL;
        }
        return join(here, given);
    }
    if (geteuid() == 0)
        return mem_strdup("/var/lib/glaux");
    if (home && home[0] == '/')
        return join(home, "glaux");
    home = getenv("HOME");
    if (home && home[0] == '/')
        return join(home, ".local/share/glaux");
    err_set(err, ERR_INVALID_ARGUMENT,
            "no data folder: neither --data nor server.data is given, and HOME is not set");
    return NULL;
}

/* JAVA_HOME, or where the java on PATH leads to. */
static char *find_java(void)
{
    const char *given = getenv("JAVA_HOME");
    const char *list = getenv("PATH");
    char real[PATH_MAX];
    if (given && given[0])
        return mem_strdup(given);
    for (struct str rest = str_from(list); rest.p;) {
        struct str folder = str_cut(&rest, ':');
        char java[PATH_MAX];
        snprintf(java, sizeof java, "%.*s/java", STR_ARG(folder));
        if (folder.n && access(java, X_OK) == 0 && realpath(java, real)) {
            cut_last(real);
            cut_last(real);
            return mem_strdup(real);
        }
    }
    return mem_strdup("");
}

/* Without links on the way to it: a driver's user may not be able to pass the folder of the programs. */
static char *engine_python(const char *share)
{
    char real[PATH_MAX];
    CLEANUP_FREE char *engine = join(share, "engines/spark-3.5");
    return join(realpath(engine, real) ? real : engine, "bin/python");
}

static char *given_or(const char *given, char *found)
{
    if (!given[0])
        return found;
    free(found);
    return mem_strdup(given);
}

char *paths_work_root(const struct settings *s, const char *data, bool isolated)
{
    char hex[SHA256_HEX_LEN + 1], root[64];
    if (s->isolation_work_root[0])
        return mem_strdup(s->isolation_work_root);
    if (!isolated)
        return join(data, "work");
    sha256_hex(str_from(data), hex);
    snprintf(root, sizeof root, "/var/tmp/glaux-%.12s", hex);
    return mem_strdup(root);
}

int paths_find(const struct settings *s, struct paths *ret, struct err *err)
{
    char programs[PATH_MAX];
    *ret = (struct paths){0};
    if (program_folder(programs, err) < 0)
        return -1;
    ret->data = paths_data(s->server_data, err);
    if (!ret->data)
        return -1;
    ret->share = share_folder(programs);
    ret->shim = join(programs, "glaux-shim");
    ret->interpreter = given_or(s->engine_interpreter, engine_python(ret->share));
    ret->driver = given_or(s->engine_driver, join(ret->share, "driver"));
    ret->java_home = given_or(s->engine_java_home, find_java());
    return 0;
}

void paths_done(struct paths *p)
{
    free(p->data);
    free(p->share);
    free(p->shim);
    free(p->interpreter);
    free(p->driver);
    free(p->java_home);
    free(p->work_root);
    *p = (struct paths){0};
}
