/* deliver ENDPOINT KEY_ID SECRET BUCKET KEY FILE FOLDER: brings a file to another S3 by the code that
 * delivers results, with its store in the folder, and prints the seconds. */
#include "base/clock.h"
#include "remote/delivery/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

struct run {
    struct loop *loop;
    struct err err;
};

static void on_uploaded(void *ctx, struct str etag, const struct err *err)
{
    struct run *r = ctx;
    (void)etag;
    if (err)
        r->err = *err;
    loop_stop(r->loop);
}

static int fail(const char *text)
{
    fprintf(stderr, "deliver: %s\n", text);
    return 1;
}

static struct remote_config config_of(char **argv)
{
    return (struct remote_config){
        .name = "bench",
        .endpoint = argv[1],
        .region = "us-east-1",
        .buckets = argv[4],
        .path_style = "auto",
        .credentials = "static",
        .profile = "default",
        .access_key_id = argv[2],
        .secret = argv[3],
        .token = "",
        .ca_file = "",
        .connect_ms = 5000,
        .stall_ms = 30000,
        .total_ms = 600000,
        .connections = 32,
        .part_bytes = 8 << 20, /* the default of the settings, and of the AWS CLI */
    };
}

int main(int argc, char **argv)
{
    if (argc != 8)
        return fail("seven arguments are needed: ENDPOINT KEY_ID SECRET BUCKET KEY FILE FOLDER");
    struct run run = {.loop = loop_new()};
    struct remote_config config = config_of(argv);
    struct stat st;
    int fd = open(argv[6], O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return fail(strerror(errno));
    if (remote_config_check(&config, &run.err) < 0)
        return fail(run.err.text);
    struct remotes *remotes = remotes_new(run.loop, &clock_system);
    remotes_configure(remotes, &config, 1);
    struct store *store = store_open_sqlite(run.loop, argv[7], &run.err);
    if (!store)
        return fail(run.err.text);
    int64_t retry_ms = 1000;
    struct ledger *ledger = ledger_new(run.loop, store, remotes, &clock_system, &retry_ms);
    struct http_header type = {STR("Content-Type"), STR("text/plain")};
    uint64_t start = clock_nanos();
    (void)upload_start(remotes_find(remotes, str_from(argv[4])), ledger,
                       &(struct upload_target){str_from(argv[4]), str_from(argv[5]), &type, 1},
                       &(struct upload_source){.fd = fd, .size = st.st_size}, on_uploaded, &run);
    loop_run(run.loop);
    printf("%.3f\n", (double)(clock_nanos() - start) / 1e9);
    ledger_free(ledger);
    store_close(store);
    remotes_free(remotes);
    loop_free(run.loop);
    return run.err.code ? fail(run.err.text) : 0;
}
