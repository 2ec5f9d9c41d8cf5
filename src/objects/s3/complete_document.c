#include "objects/s3/complete.h"

#include "objects/s3/conditional.h"
#include "objects/s3/xml_read.h"

static int read_part(struct arena *arena, const struct xml_node *node, const struct s3_checksum *algorithm,
                     struct s3_wanted_part *ret, struct err *err)
{
    const struct xml_node *number = xml_child(node, "PartNumber"), *etag = xml_child(node, "ETag");
    const struct xml_node *checksum = xml_child(node, arena_printf(arena, "Checksum%s", algorithm->name).p);
    if (!str_is(node->name, "Part") || !number || !etag)
        return xml_malformed(err);
    if (!str_to_i64(str_trim(number->text), &ret->number))
        return xml_malformed(err);
    if (ret->number < 1 || ret->number > S3_PART_NUMBER_MAX)
        return err_set(err, ERR_INVALID_ARGUMENT, "PartNumber must be >= 1 and <= %d", S3_PART_NUMBER_MAX);
    ret->etag = etag_unquote(str_trim(etag->text));
    ret->checksum = checksum ? str_trim(checksum->text) : STR_NULL;
    return 0;
}

static size_t count_children(const struct xml_node *node)
{
    size_t n = 0;
    for (const struct xml_node *child = node->first; child; child = child->next)
        n++;
    return n;
}

int s3_wanted_read(struct arena *arena, struct str document, const struct s3_checksum *algorithm,
                   struct s3_wanted *ret, struct err *err)
{
    const struct xml_node *root = xml_read(arena, document, err);
    if (!root)
        return -1;
    size_t count = count_children(root);
    if (!str_is(root->name, "CompleteMultipartUpload") || !count || count > S3_PART_NUMBER_MAX)
        return xml_malformed(err);
    *ret = (struct s3_wanted){.parts = arena_array(arena, count, sizeof *ret->parts)};
    for (const struct xml_node *node = root->first; node; node = node->next) {
        struct s3_wanted_part *part = &ret->parts[ret->count];
        if (read_part(arena, node, algorithm, part, err) < 0)
            return -1;
        if (ret->count && part->number <= part[-1].number)
            return err_set(err, ERR_INVALID_PART_ORDER,
                           "The list of parts was not in ascending order. Parts must be ordered by part "
                           "number.");
        ret->count++;
    }
    return 0;
}
