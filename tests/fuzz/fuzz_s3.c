/* What S3 clients send: the first byte chooses the parser, the rest is its text. Any bytes are refused or
 * understood. */
#include "fuzz.h"

#include "objects/s3/complete.h"
#include "objects/s3/delete_objects.h"
#include "objects/s3/list.h"
#include "objects/s3/meta.h"
#include "objects/s3/operation.h"
#include "objects/s3/range.h"
#include "objects/s3/tags.h"
#include "objects/s3/xml_read.h"

enum { TEXT_MAX_BYTES = 1 << 20, ARENA_BYTES = 32 << 20 };

static void fuzz_target(struct arena *a, struct str text)
{
    struct s3_target t;
    struct err err;
    if (s3_target_parse(a, text, &t, &err) < 0)
        return;
    REQUIRE((t.level == S3_SERVICE) == (t.bucket.p == NULL));
    REQUIRE((t.level == S3_OBJECT) == (t.key.n > 0));
}

static void fuzz_query(struct arena *a, struct str text)
{
    struct s3_query q;
    struct s3_list list;
    struct err err;
    if (s3_query_parse(a, text, &q, &err) < 0)
        return;
    const char *subresource;
    if (s3_subresource(&q, &subresource, &err) == 0)
        REQUIRE(!subresource || s3_query_get(&q, subresource).p);
    for (enum s3_list_kind kind = S3_LIST_V1; kind <= S3_LIST_UPLOADS; kind++)
        if (s3_list_parse(a, &q, kind, &list, &err) == 0)
            REQUIRE(list.max_keys >= 0 && list.max_keys <= 1000);
}

static void fuzz_range(struct arena *a, struct str text)
{
    static const uint64_t sizes[] = {0, 1, 100, UINT64_MAX};
    (void)a;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct byte_range r = range_parse(text, sizes[i]);
        if (r.kind == RANGE_PART)
            REQUIRE(r.length > 0 && r.offset < sizes[i] && r.length <= sizes[i] - r.offset);
        if (r.kind == RANGE_WHOLE)
            REQUIRE(r.offset == 0 && r.length == sizes[i]);
    }
}

static void fuzz_xml(struct arena *a, struct str text)
{
    struct err err;
    const struct xml_node *root = xml_read(a, text, &err);
    if (root)
        REQUIRE(root->name.n && root->text.p);
}

static void fuzz_complete(struct arena *a, struct str text)
{
    struct s3_checksum algorithm;
    struct s3_wanted wanted;
    struct err err;
    if (!s3_checksum_named(STR("CRC32"), &algorithm) ||
        s3_wanted_read(a, text, &algorithm, &wanted, &err) < 0)
        return;
    REQUIRE(wanted.count > 0 && wanted.count <= S3_PART_NUMBER_MAX);
    for (size_t i = 0; i < wanted.count; i++)
        REQUIRE(wanted.parts[i].number > (i ? wanted.parts[i - 1].number : 0));
}

static void fuzz_delete(struct arena *a, struct str text)
{
    struct s3_deletions wanted;
    struct err err;
    if (s3_deletions_read(a, text, &wanted, &err) < 0)
        return;
    REQUIRE(wanted.count > 0 && wanted.count <= S3_DELETE_KEYS_MAX);
    for (size_t i = 0; i < wanted.count; i++)
        REQUIRE(wanted.items[i].key.n > 0);
}

static void fuzz_tagging(struct arena *a, struct str text)
{
    struct str tags;
    struct err err;
    const struct xml_node *root = xml_read(a, text, &err);
    if (root && s3_tags_of_document(a, root, &tags, &err) == 0)
        REQUIRE(s3_tags_count(tags) <= S3_TAGS_MAX);
}

/* What the index keeps is read back whole or not at all. */
static void fuzz_kept(struct arena *a, struct str text)
{
    struct s3_part part;
    struct object_piece piece;
    (void)a;
    for (struct str rest = text; s3_parts_next(&rest, &part);)
        REQUIRE(rest.n < text.n);
    for (struct str rest = text; pieces_next(&rest, &piece);)
        REQUIRE(piece.blob_id.n > 0);
}

/* The HTTP parser lets only such names pass. */
static bool is_token(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~' || strchr("\"(),/:;<=>?@[\\]{}", name.p[i]))
            return false;
    return name.n > 0;
}

/* Lines "name: value". */
static void fuzz_headers(struct arena *a, struct str text)
{
    enum { HEADERS_MAX = 64 };
    struct http_header items[HEADERS_MAX];
    struct http_headers headers = {items, 0};
    struct s3_checksum checksum;
    struct str meta;
    struct err err;
    while (text.p && headers.count < HEADERS_MAX) {
        struct str value = str_cut(&text, '\n');
        struct str name = str_cut(&value, ':');
        if (is_token(name) && str_find(value, '\0') == SIZE_MAX)
            items[headers.count++] = (struct http_header){name, value.p ? str_trim(value) : STR("")};
    }
    if (s3_checksum_read(&headers, NULL, &checksum, &err) < 0 || s3_meta_check(&headers, &err) < 0)
        return;
    if (s3_meta_from_headers(a, &headers, &checksum, &meta, &err) == 0) {
        json_auto_t *again = json_parse(meta, &err);
        REQUIRE(again != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(struct arena *, struct str) = {
        ['t'] = fuzz_target, ['q'] = fuzz_query,   ['r'] = fuzz_range,
        ['x'] = fuzz_xml,    ['h'] = fuzz_headers, ['c'] = fuzz_complete,
        ['d'] = fuzz_delete, ['g'] = fuzz_tagging, ['k'] = fuzz_kept};
    if (size == 0 || size > TEXT_MAX_BYTES || data[0] >= ARRAY_SIZE(parsers) || !parsers[data[0]])
        return 0;
    CLEANUP_ARENA struct arena *a = arena_new(ARENA_BYTES);
    parsers[data[0]](a, str_of(data + 1, size - 1));
    return 0;
}
