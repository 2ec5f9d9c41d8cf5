#include "base/buf.h"
#include "fixture.h"
#include "objects/s3/xml_read.h"

static const struct xml_node *reads(struct arena *a, const char *text)
{
    struct err err = {0};
    const struct xml_node *root = xml_read(a, str_from(text), &err);
    assert_string_equal(err.text, "");
    assert_non_null(root);
    return root;
}

static void fails(struct arena *a, const char *text)
{
    struct err err = {0};
    assert_null(xml_read(a, str_from(text), &err));
    assert_int_equal(err.code, ERR_SERIALIZATION);
}

static void what_clients_send(void **state)
{
    const struct xml_node *root =
        reads(*state, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n"
                      "  <LocationConstraint>eu-west-1</LocationConstraint>\n"
                      "  <Tags><Tag/><Tag></Tag></Tags>\n"
                      "</CreateBucketConfiguration>\n");
    assert_str(root->name, "CreateBucketConfiguration");
    assert_str(root->text, "");
    assert_str(xml_child(root, "LocationConstraint")->text, "eu-west-1");
    const struct xml_node *tags = xml_child(root, "Tags");
    assert_str(tags->first->name, "Tag");
    assert_str(tags->first->next->name, "Tag");
    assert_null(tags->first->next->next);
    assert_null(xml_child(root, "Bucket"));
}

static void entities(void **state)
{
    const struct xml_node *root =
        reads(*state, "<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#xE4;&#x20AC;&#128512;</a>");
    assert_str(root->text, "<>&\"'AB\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
    assert_str(reads(*state, "<a>&#1;&#x1F;&#xFFFE;&#13;</a>")->text, "\x01\x1f\xef\xbf\xbe\r");
}

static void text_is_kept_as_it_is(void **state)
{
    assert_str(reads(*state, "<a> b\n c </a>")->text, " b\n c ");
    assert_str(reads(*state, "<a>x<![CDATA[<&>]]>y</a>")->text, "x<&>y");
    assert_str(reads(*state, "<a>x<!-- no -->y<?no ?>z</a>")->text, "xyz");
}

static void prefixes_and_attributes_are_cut_off(void **state)
{
    const struct xml_node *root = reads(*state, "<s3:a xmlns:s3='x' b = \">\"><s3:c d=''/></s3:a >");
    assert_str(root->name, "a");
    assert_str(root->first->name, "c");
}

static void malformed(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "x",
        "<a>",
        "<a></b>",
        "<a><b></a></b>",
        "<a/><b/>",
        "<a/>x",
        "<a",
        "<a b></a>",
        "<a b=c></a>",
        "<a b='></a>",
        "<a>&x;</a>",
        "<a>&#0;</a>",
        "<a>&</a>",
        "<a>&#xD800;</a>",
        "<a>&#x110000;</a>",
        "<a>&#;</a>",
        "< a/>",
        "<a></ a>",
        "<a><!-- </a>",
        "<a>\xff</a>",
        "<a>\x01</a>",
        "<a><![CDATA[\x1f]]></a>",
        "<a>\xef\xbf\xbe</a>",
        "<a>&#99999999;</a>",
        "<a><![CDATA[</a>",
        "</a>",
        "<>x</>",
        "<a><</a>",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        fails(*state, bad[i]);
}

static void document_types_are_refused(void **state)
{
    fails(*state, "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>");
    fails(*state, "<a><!DOCTYPE b></a>");
}

static void nested(struct arena *a, unsigned depth, bool good)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 1024);
    for (unsigned i = 0; i < depth; i++)
        buf_add_cstr(&text, "<a>");
    for (unsigned i = 0; i < depth; i++)
        buf_add_cstr(&text, "</a>");
    buf_add_char(&text, '\0');
    if (good)
        reads(a, text.p);
    else
        fails(a, text.p);
}

static void depth_is_bounded(void **state)
{
    nested(*state, XML_READ_DEPTH_MAX, true);
    nested(*state, XML_READ_DEPTH_MAX + 1, false);
}

/* The most that a document of 1 MiB can ask of the arena. */
static void number_of_elements_is_bounded(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new(XML_READ_ARENA_BYTES);
    CLEANUP_BUF struct buf text;
    struct err err;
    buf_init(&text, 1 << 20);
    buf_add_cstr(&text, "<a>");
    for (unsigned i = 0; i < 200000; i++)
        buf_add_cstr(&text, "<b/>");
    buf_add_cstr(&text, "</a>");
    assert_false(text.overflow);
    assert_null(xml_read(a, buf_str(&text), &err));
}

static void a_long_text_fits_the_arena(void **state)
{
    (void)state;
    CLEANUP_ARENA struct arena *a = arena_new(XML_READ_ARENA_BYTES);
    CLEANUP_BUF struct buf text;
    struct err err;
    buf_init(&text, 1 << 20);
    buf_add_cstr(&text, "<a>");
    memset(buf_reserve(&text, 1000000), 'x', 1000000);
    text.n += 1000000;
    buf_add_cstr(&text, "</a>");
    const struct xml_node *root = xml_read(a, buf_str(&text), &err);
    assert_non_null(root);
    assert_int_equal(root->text.n, 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        S3_TEST(what_clients_send),
        S3_TEST(entities),
        S3_TEST(text_is_kept_as_it_is),
        S3_TEST(prefixes_and_attributes_are_cut_off),
        S3_TEST(malformed),
        S3_TEST(document_types_are_refused),
        S3_TEST(depth_is_bounded),
        S3_TEST(number_of_elements_is_bounded),
        S3_TEST(a_long_text_fits_the_arena),
    };
    return cmocka_run_group_tests_name("s3 xml_read", tests, NULL, NULL);
}
