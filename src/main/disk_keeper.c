#include "main/disk_keeper.h"

#include "base/log.h"
#include "base/reserve.h"
#include "main/data_folder.h"

#include <stdio.h>

enum { EVERY_MS = 10 * 1000 };

struct disk_keeper {
    struct loop *loop;
    struct timer timer;
    char *folder;
    struct server_info info;
    bool told; /* server.json is written */
    bool filled;
    bool working;
    bool stopped;
};

static void take_info(struct server *s, struct server_info *ret)
{
    *ret = (struct server_info){
        .pid = getpid(),
        .version = GLAUX_VERSION,
        .started_ms = clock_wall_ms(&clock_system),
        .port = http_server_port(s->clients.http),
        .sessions_port = http_server_port(s->sessions.http),
        .metastore_port = hive_server_port(s->hive),
    };
    snprintf(ret->url, sizeof ret->url, "%s", s->clients.url);
    snprintf(ret->region, sizeof ret->region, "%s", s->settings.server_region);
}

/* At the start with the reserve's room, too: without the file nobody finds the server. */
static void write_at_start(struct disk_keeper *k)
{
    struct err err;
    bool failed;
    do
        failed = data_folder_write_info(k->folder, &k->info, &err) < 0;
    while (failed && err.code == ERR_NO_SPACE && reserve_take(k->folder));
    k->told = !failed;
    if (failed)
        log_warn("main", "server.json, by which tools find the server, cannot be written yet", F_ERR(&err));
}

static void work(void *ctx)
{
    struct disk_keeper *k = ctx;
    struct err none;
    if (!k->told)
        k->told = data_folder_write_info(k->folder, &k->info, &none) == 0;
    k->filled = reserve_fill(k->folder);
}

static void keeper_free(struct disk_keeper *k)
{
    free(k->folder);
    free(k);
}

static void on_time(struct timer *t);

static void done(void *ctx)
{
    struct disk_keeper *k = ctx;
    k->working = false;
    if (k->filled)
        log_info("main", "the data folder has its reserve for a full disk", F_CSTR("folder", k->folder));
    if (k->stopped)
        keeper_free(k);
    else
        timer_start(loop_timers(k->loop), &k->timer, EVERY_MS, on_time, k);
}

static void on_time(struct timer *t)
{
    struct disk_keeper *k = t->ctx;
    k->working = true;
    loop_work(k->loop, work, done, k);
}

struct disk_keeper *disk_keeper_start(struct server *s)
{
    struct disk_keeper *k = mem_new(sizeof *k);
    k->loop = s->loop;
    k->folder = mem_strdup(s->paths.data);
    take_info(s, &k->info);
    write_at_start(k);
    timer_start(loop_timers(s->loop), &k->timer, 0, on_time, k);
    return k;
}

void disk_keeper_stop(struct disk_keeper *k)
{
    if (!k)
        return;
    timer_stop(loop_timers(k->loop), &k->timer);
    k->stopped = true;
    if (!k->working)
        keeper_free(k);
}
