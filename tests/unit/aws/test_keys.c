#include "aws/keys.h"
#include "aws/principal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

struct world {
    char dir[64];
    char file[96];
    struct clock_manual clock;
};

static int set_up(void **state)
{
    struct world *w = mem_new(sizeof *w);
    snprintf(w->dir, sizeof w->dir, "/tmp/glaux-keys-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->file, sizeof w->file, "%s/keys.json", w->dir);
    clock_manual_init(&w->clock, 1795415480868);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    unlink(w->file);
    rmdir(w->dir);
    free(w);
    return 0;
}

static void write_file(const struct world *w, const char *text)
{
    FILE *f = fopen(w->file, "w");
    assert_non_null(f);
    assert_int_equal(fputs(text, f) >= 0, 1);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(w->file, 0600), 0);
}

static const struct access_key *ask(struct keys *k, const char *id, struct err *err)
{
    struct sigv4_auth auth = {.access_key_id = str_from(id)};
    return keys_find(k, SIGV4_STANDARD, &auth, err);
}

static void test_create(void **state)
{
    struct world *w = *state;
    struct access_key key;
    struct err err;
    struct stat st;
    CLEANUP_KEYS struct key_list list = {0};
    assert_int_equal(key_file_create(w->dir, "alice", "for \"CI\"", 1234, &key, &err), 0);
    assert_int_equal(strlen(key.id), KEY_ID_LEN);
    assert_int_equal(strncmp(key.id, "AKIA", 4), 0);
    assert_int_equal(strlen(key.secret), KEY_SECRET_LEN);
    assert_int_equal(stat(w->file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(key_file_load(w->dir, &list, &err), 0);
    assert_int_equal(list.count, 1);
    assert_memory_equal(&list.items[0], &key, sizeof key);
    assert_string_equal(list.items[0].description, "for \"CI\"");
    assert_int_equal(list.items[0].created_ms, 1234);
}

static void test_bad_names(void **state)
{
    struct world *w = *state;
    struct access_key key;
    struct err err = {0};
    char longest[KEY_USER_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[KEY_USER_MAX + 1] = '\0';
    assert_int_equal(key_file_create(w->dir, "", "", 0, &key, &err), -1);
    assert_int_equal(key_file_create(w->dir, "a b", "", 0, &key, &err), -1);
    assert_int_equal(key_file_create(w->dir, longest, "", 0, &key, &err), -1);
    assert_int_equal(key_file_create(w->dir, "a", "two\nlines", 0, &key, &err), -1);
    assert_int_equal(err.code, ERR_INVALID_ARGUMENT);
    assert_int_equal(access(w->file, F_OK), -1);
}

static void test_status_and_delete(void **state)
{
    struct world *w = *state;
    struct access_key a;
    struct access_key b;
    struct err err;
    CLEANUP_KEYS struct key_list list = {0};
    assert_int_equal(key_file_create(w->dir, "a", "", 0, &a, &err), 0);
    assert_int_equal(key_file_create(w->dir, "b", "", 0, &b, &err), 0);
    assert_int_equal(key_file_set_status(w->dir, b.id, KEY_DISABLED, &err), 0);
    assert_int_equal(key_file_set_status(w->dir, b.id, KEY_DISABLED, &err), 0);
    assert_int_equal(key_file_delete(w->dir, a.id, &err), 0);
    assert_int_equal(key_file_delete(w->dir, a.id, &err), -1);
    assert_int_equal(err.code, ERR_INVALID_ARGUMENT);
    assert_int_equal(key_file_load(w->dir, &list, &err), 0);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0].user, "b");
    assert_int_equal(list.items[0].status, KEY_DISABLED);
}

static void test_ensure(void **state)
{
    struct world *w = *state;
    struct access_key first;
    struct access_key again;
    struct err err;
    assert_int_equal(key_file_ensure(w->dir, 7, &first, &err), 0);
    assert_string_equal(first.user, "admin");
    assert_int_equal(key_file_ensure(w->dir, 8, &again, &err), 0);
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(key_file_set_status(w->dir, first.id, KEY_DISABLED, &err), 0);
    assert_int_equal(key_file_ensure(w->dir, 9, &again, &err), -1);
    assert_non_null(strstr(err.text, "disabled"));
}

static const char short_secret[] =
    "{\"version\":1,\"keys\":[{\"id\":\"AKIAAAAAAAAAAAAAAAAA\",\"secret\":\"short\",\"user\":\"u\","
    "\"description\":\"\",\"status\":\"Active\",\"created_ms\":1}]}";

static void test_refused_files(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"version\":2,\"keys\":[]}",
        "{\"version\":1}",
        "{\"version\":1,\"keys\":[{}]}",
        short_secret,
    };
    struct world *w = *state;
    struct key_list list;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct err err = {0};
        write_file(w, texts[i]);
        assert_int_equal(key_file_load(w->dir, &list, &err), -1);
        assert_non_null(strstr(err.text, w->file));
    }
}

static void test_open_to_others(void **state)
{
    struct world *w = *state;
    struct key_list list;
    struct err err;
    write_file(w, "{\"version\":1,\"keys\":[]}");
    assert_int_equal(key_file_load(w->dir, &list, &err), 0);
    key_list_done(&list);
    assert_int_equal(chmod(w->file, 0640), 0);
    assert_int_equal(key_file_load(w->dir, &list, &err), -1);
    assert_non_null(strstr(err.text, "chmod 600"));
}

/* Two processes that add keys at once lose none. */
static void test_lock(void **state)
{
    enum { EACH = 20 };
    struct world *w = *state;
    struct access_key key;
    struct err err;
    CLEANUP_KEYS struct key_list list = {0};
    pid_t child = fork();
    for (int i = 0; i < EACH; i++)
        if (key_file_create(w->dir, child ? "parent" : "child", "", 0, &key, &err) < 0)
            _exit(1);
    if (child == 0)
        _exit(0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(key_file_load(w->dir, &list, &err), 0);
    assert_int_equal(list.count, 2 * EACH);
}

static void test_find(void **state)
{
    struct world *w = *state;
    struct access_key key;
    struct err err;
    assert_int_equal(key_file_create(w->dir, "a", "", 0, &key, &err), 0);
    struct keys *k = keys_open(w->dir, &w->clock.clock, &err);
    assert_non_null(k);
    const struct access_key *found = ask(k, key.id, &err);
    assert_non_null(found);
    assert_string_equal(found->secret, key.secret);
    assert_null(ask(k, "AKIAAAAAAAAAAAAAAAAA", &err));
    assert_int_equal(err.code, ERR_UNRECOGNIZED_CLIENT);
    assert_null(ask(k, "", &err));
    keys_free(k);
}

/* Changes by another program: a new key at once, a disabled one after the next look. */
static void test_follows_file(void **state)
{
    struct world *w = *state;
    struct access_key key;
    struct err err;
    struct keys *k = keys_open(w->dir, &w->clock.clock, &err);
    assert_non_null(k);
    assert_int_equal(key_file_create(w->dir, "a", "", 0, &key, &err), 0);
    assert_non_null(ask(k, key.id, &err));
    assert_int_equal(key_file_set_status(w->dir, key.id, KEY_DISABLED, &err), 0);
    clock_manual_advance(&w->clock, 1000);
    assert_null(ask(k, key.id, &err));
    assert_int_equal(err.code, ERR_UNRECOGNIZED_CLIENT);
    assert_int_equal(key_file_set_status(w->dir, key.id, KEY_ACTIVE, &err), 0);
    assert_non_null(ask(k, key.id, &err));
    assert_int_equal(unlink(w->file), 0);
    clock_manual_advance(&w->clock, 1000);
    assert_null(ask(k, key.id, &err));
    keys_free(k);
}

/* A file broken by hand does not lock everybody out. */
static void test_broken_file_keeps_keys(void **state)
{
    struct world *w = *state;
    struct access_key key;
    struct err err;
    assert_int_equal(key_file_create(w->dir, "a", "", 0, &key, &err), 0);
    struct keys *k = keys_open(w->dir, &w->clock.clock, &err);
    assert_non_null(k);
    write_file(w, "{broken");
    clock_manual_advance(&w->clock, 1000);
    assert_non_null(ask(k, key.id, &err));
    assert_int_equal(keys_reload(k, &err), -1);
    assert_non_null(ask(k, key.id, &err));
    keys_free(k);
    assert_null(keys_open(w->dir, &w->clock.clock, &err));
}

static void test_principal(void **state)
{
    struct access_key key = {.id = "AKIAAAAAAAAAAAAAAAAA", .user = "alice"};
    CLEANUP_ARENA struct arena *arena = arena_new(4096);
    struct aws_principal p;
    struct aws_principal other;
    (void)state;
    aws_principal_of(&key, STR("000000000000"), arena, &p);
    aws_principal_of(&key, STR("000000000001"), arena, &other);
    assert_true(str_is(p.arn, "arn:aws:iam::000000000000:user/alice"));
    assert_int_equal(p.user_id.n, 21);
    assert_true(str_starts(p.user_id, STR("AIDA")));
    assert_false(str_eq(p.user_id, other.user_id));
    assert_null(p.session_id.p);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_create),
        WITH_WORLD(test_bad_names),
        WITH_WORLD(test_status_and_delete),
        WITH_WORLD(test_ensure),
        WITH_WORLD(test_refused_files),
        WITH_WORLD(test_open_to_others),
        WITH_WORLD(test_lock),
        WITH_WORLD(test_find),
        WITH_WORLD(test_follows_file),
        WITH_WORLD(test_broken_file_keeps_keys),
        cmocka_unit_test(test_principal),
    };
    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
