#include "cli/invocation.h"

#include "main/paths.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

extern char **environ;

static int load_settings(struct invocation *v, struct err *err)
{
    if (v->args.config && settings_load_file(&v->settings, v->args.config, err) < 0)
        return -1;
    if (settings_load_environment(&v->settings, environ, err) < 0)
        return -1;
    return v->args.data ? settings_set(&v->settings, STR("server.data"), str_from(v->args.data), err) : 0;
}

int invocation_begin(struct invocation *v, struct err *err)
{
    settings_init(&v->settings);
    if (load_settings(v, err) < 0)
        return -1;
    v->data = paths_data(v->settings.server_data, err);
    return v->data ? 0 : -1;
}

void invocation_end(struct invocation *v)
{
    settings_done(&v->settings);
    free(v->data);
}

int invocation_failed(struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    err_setv(err, ERR_INTERNAL, fmt, ap);
    va_end(ap);
    return EXIT_FAILED;
}

int invocation_misused(struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    err_setv(err, ERR_INVALID_ARGUMENT, fmt, ap);
    va_end(ap);
    return EXIT_USAGE;
}

int invocation_server(const struct invocation *v, struct server_info *ret, struct err *err)
{
    errno = 0;
    if (data_folder_read_info(v->data, ret, err) == 0)
        return 0;
    if (errno == ENOENT)
        err_set(err, ERR_INVALID_ARGUMENT,
                "no server has run on the data folder %s; start one: glauxd --data %s", v->data, v->data);
    return -1;
}

void invocation_warn(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("glaux: warning: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

void invocation_print(const struct buf *out)
{
    fwrite(out->p ? out->p : "", 1, out->n, stdout);
}
