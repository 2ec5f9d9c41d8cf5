#include "base/log.h"

#include "base/json.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int fd;
static char text[100000];

static int set_up(void **state)
{
    (void)state;
    fd = memfd_create("log", MFD_CLOEXEC);
    log_set_fd(fd);
    log_setup(LOG_INFO, LOG_LOGFMT);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    log_set_fd(STDERR_FILENO);
    close(fd);
    return 0;
}

/* What was written since the last call, without its time. */
static const char *line(void)
{
    memset(text, 0, sizeof text);
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    assert_true(n >= 0);
    assert_int_equal(ftruncate(fd, 0), 0);
    lseek(fd, 0, SEEK_SET);
    const char *rest = strstr(text, "Z ");
    return rest ? rest + 2 : text;
}

static void a_line_has_its_fields(void **state)
{
    (void)state;
    log_info("http", "listening", F_CSTR("host", "::1"), F_INT("port", 80));
    assert_string_equal(line(), "level=info subject=http msg=listening host=::1 port=80\n");
    assert_true(str_starts(str_from(text), STR("time=20")));
    log_error("core", "no fields");
    assert_string_equal(line(), "level=error subject=core msg=\"no fields\"\n");
}

static void values_cannot_break_out(void **state)
{
    (void)state;
    log_warn("x", "m", F_CSTR("v", "a b"), F_CSTR("e", ""), F_CSTR("n", "l1\nlevel=error \"q\""),
             F_CSTR("q", "a=b"), F_CSTR("u", "\xC3\xA4\xFF"));
    assert_string_equal(line(),
                        "level=warn subject=x msg=m v=\"a b\" e=\"\" n=\"l1\\nlevel=error \\\"q\\\"\" "
                        "q=\"a=b\" u=\"\xC3\xA4\xEF\xBF\xBD\"\n");
}

static void json_lines_are_json(void **state)
{
    (void)state;
    log_setup(LOG_INFO, LOG_JSON);
    log_info("http", "a \"b\"", F_CSTR("host", "x\ny"), F_INT("port", -1));
    line();
    struct err err;
    json_auto_t *o = json_parse(str_trim(str_from(text)), &err);
    assert_non_null(o);
    assert_true(str_is(json_member_str(o, "msg"), "a \"b\""));
    assert_true(str_is(json_member_str(o, "level"), "info"));
    assert_true(str_is(json_member_str(o, "host"), "x\ny"));
    assert_int_equal(json_member_int(o, "port", 0), -1);
}

static void levels_below_the_least_are_left_out(void **state)
{
    (void)state;
    log_debug("x", "hidden");
    assert_string_equal(line(), "");
    log_setup(LOG_DEBUG, LOG_LOGFMT);
    log_debug("x", "shown");
    assert_non_null(strstr(line(), "shown"));
    log_setup(LOG_ERROR, LOG_LOGFMT);
    log_warn("x", "hidden");
    assert_false(log_enabled(LOG_WARN));
    assert_string_equal(line(), "");
}

static void long_values_are_cut(void **state)
{
    (void)state;
    static char value[20001];
    memset(value, 'v', sizeof value - 1);
    log_info("x", "m", F_CSTR("v", value), F_INT("after", 1));
    const char *l = line();
    assert_true(strlen(l) < 5000);
    assert_true(str_ends(str_from(l), STR("v after=1\n")));
}

static void too_many_long_values_leave_a_whole_line(void **state)
{
    (void)state;
    static char value[5001];
    memset(value, 1, sizeof value - 1); /* each byte becomes six */
    for (int format = 0; format < 2; format++) {
        log_setup(LOG_INFO, format ? LOG_JSON : LOG_LOGFMT);
        log_info("x", "kept", F_CSTR("a", value));
        line();
        assert_non_null(strstr(text, "kept"));
        assert_non_null(strstr(text, "cut"));
        assert_true(str_find(str_from(text), '\n') == strlen(text) - 1);
        struct err err;
        if (format) {
            json_auto_t *o = json_parse(str_trim(str_from(text)), &err);
            assert_non_null(o);
        }
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_line_has_its_fields), T(values_cannot_break_out),
        T(json_lines_are_json),   T(levels_below_the_least_are_left_out),
        T(long_values_are_cut),   T(too_many_long_values_leave_a_whole_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
