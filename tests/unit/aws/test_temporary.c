#include "aws/principal.h"
#include "aws/temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#define SESSION "dec786cc-0344-0e5a-f7b0-b0a3ea87430e"
#define OTHER "a2c1ebba-ad01-865f-ed2d-a142b7451f7e"

enum { NOW_MS = 1795415480, EXPIRES_MS = NOW_MS + 3600 };

struct world {
    char dir[64];
    char file[96];
    struct temporary_keys *keys;
};

static struct temporary_keys *open_keys(const struct world *w)
{
    struct err err;
    return temporary_keys_open(w->dir, &err);
}

static int set_up(void **state)
{
    struct world *w = mem_new(sizeof *w);
    snprintf(w->dir, sizeof w->dir, "/tmp/glaux-temporary-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->file, sizeof w->file, "%s/session.secret", w->dir);
    w->keys = open_keys(w);
    assert_non_null(w->keys);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    temporary_keys_free(w->keys);
    unlink(w->file);
    rmdir(w->dir);
    free(w);
    return 0;
}

static int find(struct temporary_keys *k, const struct temporary_credentials *c, int64_t now_ms,
                struct err *err)
{
    struct sigv4_auth auth = {.access_key_id = str_from(c->access_key_id),
                              .session_token = str_from(c->token)};
    struct temporary_credentials found;
    if (temporary_find(k, SIGV4_S3, &auth, now_ms, &found, err) < 0)
        return -1;
    assert_string_equal(found.session_id, SESSION);
    assert_string_equal(found.secret, c->secret);
    return 0;
}

static void test_issue_and_find(void **state)
{
    const struct world *w = *state;
    struct temporary_credentials c;
    struct err err;
    temporary_issue(w->keys, STR(SESSION), EXPIRES_MS, &c);
    assert_int_equal(strlen(c.access_key_id), TEMPORARY_ID_LEN);
    assert_memory_equal(c.access_key_id, "ASIA", 4);
    assert_int_equal(strlen(c.secret), TEMPORARY_SECRET_LEN);
    assert_int_equal(find(w->keys, &c, NOW_MS, &err), 0);
}

static void test_expiry(void **state)
{
    const struct world *w = *state;
    struct temporary_credentials c;
    struct err err = {0};
    temporary_issue(w->keys, STR(SESSION), EXPIRES_MS, &c);
    assert_int_equal(c.expires_ms, EXPIRES_MS / 1000 * 1000);
    assert_int_equal(find(w->keys, &c, c.expires_ms - 1, &err), 0);
    assert_int_equal(find(w->keys, &c, c.expires_ms, &err), -1);
    assert_int_equal(err.code, ERR_EXPIRED_TOKEN);
}

/* A token whose expiry or session was changed, a foreign access key, an empty token. */
static void test_forged(void **state)
{
    const struct world *w = *state;
    struct temporary_credentials mine, longer, other, c;
    struct err err = {0};
    temporary_issue(w->keys, STR(SESSION), EXPIRES_MS, &mine);
    temporary_issue(w->keys, STR(SESSION), EXPIRES_MS + 86400000, &longer);
    temporary_issue(w->keys, STR(OTHER), EXPIRES_MS, &other);
    c = mine;
    memcpy(c.access_key_id, longer.access_key_id, sizeof c.access_key_id);
    assert_int_equal(find(w->keys, &c, NOW_MS, &err), -1);
    assert_int_equal(err.code, ERR_INVALID_TOKEN);
    c = mine;
    char *expiry = strchr(strchr(c.token, '.') + 1, '.') + 1;
    *expiry = *expiry == '9' ? '8' : '9';
    assert_int_equal(find(w->keys, &c, NOW_MS, &err), -1);
    assert_int_equal(err.code, ERR_INVALID_TOKEN);
    c = other;
    memcpy(strchr(c.token, '.') + 1, SESSION, strlen(SESSION));
    assert_int_equal(find(w->keys, &c, NOW_MS, &err), -1);
    for (size_t i = 0; i < strlen(mine.token); i++) {
        c = mine;
        c.token[i] = '\0';
        assert_int_equal(find(w->keys, &c, NOW_MS, &err), -1);
        assert_int_equal(err.code, ERR_INVALID_TOKEN);
    }
}

static void test_secret_is_kept(void **state)
{
    const struct world *w = *state;
    struct temporary_credentials c;
    struct stat st;
    struct err err;
    temporary_issue(w->keys, STR(SESSION), EXPIRES_MS, &c);
    struct temporary_keys *again = open_keys(w);
    assert_non_null(again);
    assert_int_equal(find(again, &c, NOW_MS, &err), 0);
    temporary_keys_free(again);
    assert_int_equal(stat(w->file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(unlink(w->file), 0);
    struct temporary_keys *fresh = open_keys(w);
    assert_non_null(fresh);
    assert_int_equal(find(fresh, &c, NOW_MS, &err), -1);
    temporary_keys_free(fresh);
}

static void test_damaged_secret(void **state)
{
    const struct world *w = *state;
    FILE *f = fopen(w->file, "w");
    assert_non_null(f);
    fputs("0123", f);
    fclose(f);
    assert_null(open_keys(w));
}

static void test_ticket(void **state)
{
    const struct world *w = *state;
    char ticket[TEMPORARY_TOKEN_MAX], other[TEMPORARY_TOKEN_MAX];
    char id[UUID_TEXT_LEN + 1];
    temporary_ticket(w->keys, STR(SESSION), ticket);
    temporary_ticket(w->keys, STR(OTHER), other);
    assert_true(temporary_ticket_read(w->keys, str_from(ticket), id));
    assert_string_equal(id, SESSION);
    memcpy(other, SESSION, strlen(SESSION));
    assert_false(temporary_ticket_read(w->keys, str_from(other), id));
    assert_false(temporary_ticket_read(w->keys, STR(SESSION), id));
    assert_false(temporary_ticket_read(w->keys, STR_NULL, id));
    struct temporary_credentials c; /* a token is no ticket */
    temporary_issue(w->keys, STR(SESSION), 0, &c);
    char mixed[TEMPORARY_TOKEN_MAX];
    snprintf(mixed, sizeof mixed, SESSION ".%.100s", strrchr(c.token, '.') + 1);
    assert_false(temporary_ticket_read(w->keys, str_from(mixed), id));
}

static void test_principal(void **state)
{
    const struct world *w = *state;
    CLEANUP_ARENA struct arena *arena = arena_new(4096);
    struct temporary_credentials c;
    struct aws_principal p;
    temporary_issue(w->keys, STR(SESSION), EXPIRES_MS, &c);
    aws_principal_of_session(&c, STR("Role"), STR("spark"), STR("000000000000"), arena, &p);
    assert_true(str_is(p.arn, "arn:aws:sts::000000000000:assumed-role/Role/AthenaExecutor-" SESSION));
    assert_true(str_starts(p.user_id, STR("AROA")));
    assert_true(str_ends(p.user_id, STR(":AthenaExecutor-" SESSION)));
    assert_true(str_is(p.session_id, SESSION));
    assert_true(str_is(p.workgroup, "spark"));
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_issue_and_find), WITH_WORLD(test_expiry),         WITH_WORLD(test_forged),
        WITH_WORLD(test_secret_is_kept), WITH_WORLD(test_damaged_secret), WITH_WORLD(test_ticket),
        WITH_WORLD(test_principal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
