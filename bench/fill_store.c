/* Fills a data folder with ended sessions, through the store itself, and prints their ids, one a line:
 *
 *   fill_store DIR COUNT
 *
 * No server may have the folder open. The sessions' times are spread over the last month. */
#include "base/clock.h"
#include "base/random.h"
#include "model/athena.gen.h"
#include "model/model.h"
#include "store/store.h"

#include <stdio.h>

enum { BATCH_SESSIONS = 1000, DETAIL_MAX_BYTES = 4096, RUN_MS = 600 * 1000 };

#define MONTH_MS (INT64_C(30) * 24 * 3600 * 1000)

struct filling {
    struct loop *loop;
    struct store *store;
    uint64_t count;
    uint64_t made;
    int64_t now_ms;
    bool failed;
};

/* What StartSession keeps of a session that asked for little. */
static void add_detail(struct buf *b, struct str id, struct str folder)
{
    struct athena_engine_configuration engine = {
        .coordinator_dpu_size = MODEL_INT(1),
        .max_concurrent_dpus = MODEL_INT(4),
        .default_executor_dpu_size = MODEL_INT(1),
    };
    struct athena_session_configuration configuration = {
        .execution_role = STR("arn:aws:iam::000000000000:role/glaux-spark"),
        .working_directory = folder,
        .idle_timeout_seconds = MODEL_INT(1200),
        .session_idle_timeout_in_minutes = MODEL_INT(20),
    };
    struct athena_get_session_response detail = {
        .session_id = id,
        .description = STR("A session of the past"),
        .work_group = STR("spark"),
        .engine_version = STR("PySpark engine version 3"),
        .engine_configuration = &engine,
        .session_configuration = &configuration,
    };
    model_encode(&athena_shape_get_session_response, &detail, b);
    REQUIRE(!b->overflow);
}

static void add_session(struct filling *f, struct store_batch *batch)
{
    char id[UUID_TEXT_LEN + 1];
    char folder[128];
    CLEANUP_BUF struct buf detail;
    random_uuid(id);
    snprintf(folder, sizeof folder, "s3://glaux-results/session/%s", id);
    buf_init(&detail, DETAIL_MAX_BYTES);
    add_detail(&detail, str_from(id), str_from(folder));
    int64_t created_ms = f->now_ms - MONTH_MS + MONTH_MS / (int64_t)f->count * (int64_t)f->made;
    int64_t ended_ms = created_ms + RUN_MS;
    store_put_session(batch, &(struct session_record){
                                 .id = str_from(id),
                                 .workgroup = STR("spark"),
                                 .description = STR("A session of the past"),
                                 .engine_version = STR("PySpark engine version 3"),
                                 .principal = STR("AKIAIOSFODNN7EXAMPLE"),
                                 .detail = buf_str(&detail),
                                 .state = STR("TERMINATED"),
                                 .reason = STR("Session was terminated per request"),
                                 .end_kind = STR("request"),
                                 .idle_timeout_ms = 1200 * 1000,
                                 .created_ms = created_ms,
                                 .ready_ms = created_ms + 3000,
                                 .modified_ms = ended_ms,
                                 .ended_ms = ended_ms,
                                 .dpu_ms = RUN_MS - 3000,
                                 .max_dpus = 4,
                             });
    f->made++;
    puts(id);
}

static void fill_next(struct filling *f);

static void on_committed(void *ctx, const struct err *err)
{
    struct filling *f = ctx;
    if (err)
        fprintf(stderr, "fill_store: %s\n", err->text);
    f->failed = err;
    if (err || f->made == f->count)
        loop_stop(f->loop);
    else
        fill_next(f);
}

static void fill_next(struct filling *f)
{
    struct store_batch *batch = store_batch_new(f->store);
    for (int i = 0; i < BATCH_SESSIONS && f->made < f->count; i++)
        add_session(f, batch);
    store_commit(f->store, batch, on_committed, f);
}

static int fill(const char *dir, uint64_t count)
{
    struct err err;
    struct filling f = {.loop = loop_new(), .count = count, .now_ms = clock_wall_ms(&clock_system)};
    f.store = store_open_sqlite(f.loop, dir, &err);
    if (f.store) {
        fill_next(&f);
        loop_run(f.loop);
    } else {
        fprintf(stderr, "fill_store: %s\n", err.text);
    }
    bool filled = f.store && !f.failed;
    store_close(f.store);
    loop_free(f.loop);
    return filled ? 0 : 1;
}

int main(int argc, char **argv)
{
    uint64_t count = 0;
    if (argc != 3 || !str_to_u64(str_from(argv[2]), &count) || count == 0 || count > 10 * 1000 * 1000) {
        fputs("usage: fill_store DIR COUNT (1 to 10000000)\n", stderr);
        return 2;
    }
    return fill(argv[1], count);
}
