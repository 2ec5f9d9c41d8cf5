/* Bodies made of files, and S3's rules for names. */
#include "fixture.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/utf8.h"

#include <fcntl.h>

#define MARK "[Glaux: the output is longer; it was cut here, at its limit]\n"

static void write_file(struct objects_fixture *o, struct str content, char ret_path[128])
{
    struct err err;
    snprintf(ret_path, 128, "%s/source", o->f->dir);
    assert_int_equal(file_write(AT_FDCWD, ret_path, content, false, &err), 0);
}

static struct str copy_noted(struct objects_fixture *o, struct str content, int64_t max_bytes, bool as_text,
                             bool truncated, struct str note)
{
    char path[128];
    write_file(o, content, path);
    struct body_answer a = {0};
    objects_body_from_file(
        o->objects,
        &(struct object_source){
            .path = path, .max_bytes = max_bytes, .as_text = as_text, .truncated = truncated, .note = note},
        on_body, &a);
    memset(path, 'x', sizeof path); /* it was copied */
    assert_non_null(body_wait(o, &a));
    int64_t size = object_body_info(a.body)->size;
    assert_int_equal(put_wait(o, STR("k"), a.body), ERR_NONE);
    struct str got = content_wait(o, STR("k"));
    assert_int_equal(got.n, size);
    return got;
}

static struct str copy(struct objects_fixture *o, struct str content, int64_t max_bytes, bool as_text,
                       bool truncated)
{
    return copy_noted(o, content, max_bytes, as_text, truncated, STR_NULL);
}

static void bytes_are_copied(void **state)
{
    struct objects_fixture *o = *state;
    struct str raw = STR("a\0\xFF\n");
    assert_true(str_eq(copy(o, raw, 100, false, false), raw));
    assert_true(str_eq(copy(o, raw, 4, false, false), raw));
    assert_true(str_eq(copy(o, raw, 3, false, true), str_sub(raw, 0, 3)));
    assert_str(copy(o, STR(""), 100, false, false), "");
}

static void text_is_made_valid(void **state)
{
    struct objects_fixture *o = *state;
    assert_str(copy(o, STR("gr\xC3\xBC\xC3\x9F\n"), 100, true, false), "gr\xC3\xBC\xC3\x9F\n");
    assert_str(copy(o, STR("a\xFF\xC3z"), 100, true, false), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
    assert_str(copy(o, STR("cut \xF0\x9F\x98"), 100, true, false),
               "cut \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_str(copy(o, STR(""), 100, true, false), "");
}

static void cut_text_says_so(void **state)
{
    struct objects_fixture *o = *state;
    assert_str(copy(o, STR("line\n"), 100, true, true), "line\n" MARK);
    assert_str(copy(o, STR("line"), 100, true, true), "line\n" MARK);
    assert_str(copy(o, STR(""), 100, true, true), MARK);
    assert_str(copy(o, STR("x\xF0\x9F\x98"), 100, true, true), "x\n" MARK);
    assert_str(copy(o, STR("x\xC3\xBCy"), 2, true, false), "x\n" MARK);
    assert_str(copy(o, STR("x\xC3\xBCy"), 3, true, false), "x\xC3\xBC\n" MARK);
    assert_str(copy(o, STR("x\xC3\xBCy"), 4, true, false), "x\xC3\xBCy");
    assert_str(copy(o, STR("xy"), 0, true, false), MARK);
}

static void full_disk_is_named_where_the_text_is_cut(void **state)
{
    struct objects_fixture *o = *state;
    char path[128], why[] = "No space left on device";
    struct body_answer a = {0};
    write_file(o, STR("x\xF0\x9F\x98"), path);
    objects_body_from_file(
        o->objects,
        &(struct object_source){
            .path = path, .max_bytes = 100, .as_text = true, .truncated = true, .write_error = str_from(why)},
        on_body, &a);
    memset(why, 'x', sizeof why - 1); /* it was copied */
    assert_non_null(body_wait(o, &a));
    assert_int_equal(put_wait(o, STR("k"), a.body), ERR_NONE);
    assert_str(
        content_wait(o, STR("k")),
        "x\n[Glaux: the output is longer; it was cut here, as the disk of the server's data folder did "
        "not take it: No space left on device]\n");
}

static void note_stands_on_lines_of_its_own(void **state)
{
    struct objects_fixture *o = *state;
    struct str note = STR("why\n");
    assert_str(copy_noted(o, STR("line\n"), 100, true, false, note), "line\nwhy\n");
    assert_str(copy_noted(o, STR("line"), 100, true, false, note), "line\nwhy\n");
    assert_str(copy_noted(o, STR(""), 100, true, false, note), "why\n");
    assert_str(copy_noted(o, STR("line"), 2, true, false, note), "li\n" MARK "why\n");
    assert_str(copy_noted(o, STR("raw"), 100, false, false, note), "raw");
}

static void long_text_keeps_its_characters(void **state)
{
    struct objects_fixture *o = *state;
    CLEANUP_BUF struct buf in;
    buf_init(&in, 4 * 1024 * 1024);
    for (int i = 0; in.n < 1000000; i++)
        buf_add_cstr(&in, i % 7 ? "\xE2\x82\xAC" : "x"); /* characters lie across every border of a piece */
    assert_true(str_eq(copy(o, buf_str(&in), INT64_MAX, true, false), buf_str(&in)));
    struct str cut = copy(o, buf_str(&in), 500000, true, false);
    assert_true(utf8_valid(cut));
    assert_true(str_ends(cut, STR(MARK)));
    assert_in_range(cut.n, 499998 + sizeof MARK - 1, 500001 + sizeof MARK - 1);

    buf_clear(&in);
    for (int i = 0; i < 300000; i++)
        buf_add_char(&in, '\x80');
    struct str replaced = copy(o, buf_str(&in), INT64_MAX, true, false);
    assert_int_equal(replaced.n, 900000);
    assert_true(utf8_valid(replaced));
}

static void missing_file_is_empty(void **state)
{
    struct objects_fixture *o = *state;
    struct body_answer a = {0};
    objects_body_from_file(o->objects, &(struct object_source){.path = "/nonexistent", .max_bytes = 10},
                           on_body, &a);
    assert_non_null(body_wait(o, &a));
    assert_int_equal(object_body_info(a.body)->size, 0);
    assert_string_equal(object_body_info(a.body)->etag, "d41d8cd98f00b204e9800998ecf8427e");
    object_body_free(a.body);
}

static void unreadable_file_is_told(void **state)
{
    struct objects_fixture *o = *state;
    struct body_answer a = {0};
    objects_body_from_file(o->objects,
                           &(struct object_source){.path = o->f->dir, .max_bytes = 10, .as_text = true},
                           on_body, &a);
    assert_null(body_wait(o, &a));
    assert_non_null(strstr(a.err.text, o->f->dir));
    assert_non_null(strstr(a.err.text, "Is a directory"));
}

/* --- Names --- */

static void bucket_names(void **state)
{
    (void)state;
    static const char *const good[] = {
        "abc",       "a-b",     "my.bucket.1",
        "123",       "a.b-c",   "1.2.3",
        "1.2.3.4.5", "1.2.3.x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    static const char *const bad[] = {"",
                                      "ab",
                                      "Abc",
                                      "a_b",
                                      "-ab",
                                      "ab-",
                                      ".ab",
                                      "ab.",
                                      "a..b",
                                      "a/b",
                                      "192.168.5.4",
                                      "1.2.3.400",
                                      "xn--abc",
                                      "sthree-x",
                                      "x-s3alias",
                                      "x--ol-s3",
                                      "\xC3\xA4\xC3\xA4",
                                      "a b",
                                      "-",
                                      "a\nb",
                                      "abc.mrap",
                                      "x--x-s3",
                                      "amzn-s3-demo-x",
                                      "x--table-s3",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        if (!bucket_name_valid(str_from(good[i])))
            fail_msg("%s is valid", good[i]);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (bucket_name_valid(str_from(bad[i])))
            fail_msg("%s is not valid", bad[i]);
}

static void object_keys(void **state)
{
    (void)state;
    char text[OBJECT_KEY_MAX + 2];
    struct err err;
    memset(text, 'k', sizeof text);
    assert_true(object_key_valid(str_of(text, OBJECT_KEY_MAX), &err));
    assert_false(object_key_valid(str_of(text, OBJECT_KEY_MAX + 1), &err));
    assert_int_equal(err.code, ERR_KEY_TOO_LONG);
    assert_true(object_key_valid(STR("../\n\0 \xF0\x9F\x98\x80//"), &err));
    assert_false(object_key_valid(STR(""), &err));
    assert_false(object_key_valid(STR("a\xFF"), &err));
    assert_int_equal(err.code, ERR_INVALID_URI);
}

#define WITH_OBJECTS(test) cmocka_unit_test_setup_teardown(test, objects_setup, objects_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_OBJECTS(bytes_are_copied),
        WITH_OBJECTS(text_is_made_valid),
        WITH_OBJECTS(cut_text_says_so),
        WITH_OBJECTS(full_disk_is_named_where_the_text_is_cut),
        WITH_OBJECTS(note_stands_on_lines_of_its_own),
        WITH_OBJECTS(long_text_keeps_its_characters),
        WITH_OBJECTS(missing_file_is_empty),
        WITH_OBJECTS(unreadable_file_is_told),
        cmocka_unit_test(bucket_names),
        cmocka_unit_test(object_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
