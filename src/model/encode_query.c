/* Answers of the query protocol (STS), in XML. */
#include "model/slot.h"

#include "base/timefmt.h"
#include "base/xml.h"

static void add_element(struct buf *out, struct str name, const struct model_shape *shape, const void *slot);

static void open_tag(struct buf *out, struct str name)
{
    buf_printf(out, "<%.*s>", STR_ARG(name));
}

static void close_tag(struct buf *out, struct str name)
{
    buf_printf(out, "</%.*s>", STR_ARG(name));
}

static void add_members(struct buf *out, const struct model_shape *shape, const void *structure)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct model_member *member = &shape->members[i];
        const void *slot = slot_member(member, structure);
        if (!slot_absent(member->shape, slot))
            add_element(out, member->name, member->shape, slot);
    }
}

static void add_list(struct buf *out, const struct model_shape *shape, const struct model_items *list)
{
    for (size_t i = 0; i < list->count; i++)
        add_element(out, STR("member"), shape->item, slot_item(shape, list, i));
}

static void add_map(struct buf *out, const struct model_shape *shape, const struct model_items *map)
{
    for (size_t i = 0; i < map->count; i++) {
        open_tag(out, STR("entry"));
        add_element(out, STR("key"), shape->key, slot_key(shape, map, i));
        add_element(out, STR("value"), shape->item, slot_item(shape, map, i));
        close_tag(out, STR("entry"));
    }
}

static void add_time(struct buf *out, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    time_format_iso(ms, text);
    buf_add_cstr(out, text);
}

static void add_content(struct buf *out, const struct model_shape *shape, const void *slot)
{
    switch (shape->kind) {
    case MODEL_STRING: xml_escape(out, *(const struct str *)slot); break;
    case MODEL_ENUM: xml_escape(out, model_enum_name(shape, slot_enum(slot))); break;
    case MODEL_INTEGER:
    case MODEL_LONG: buf_printf(out, "%lld", (long long)((const struct model_int *)slot)->value); break;
    case MODEL_FLOAT64: buf_printf(out, "%.17g", ((const struct model_double *)slot)->value); break;
    case MODEL_BOOLEAN: buf_add_cstr(out, ((const struct model_bool *)slot)->value ? "true" : "false"); break;
    case MODEL_TIMESTAMP: add_time(out, ((const struct model_time *)slot)->ms); break;
    case MODEL_STRUCTURE: add_members(out, shape, slot); break;
    case MODEL_LIST: add_list(out, shape, slot); break;
    case MODEL_MAP: add_map(out, shape, slot); break;
    }
}

static void add_element(struct buf *out, struct str name, const struct model_shape *shape, const void *slot)
{
    open_tag(out, name);
    add_content(out, shape, slot);
    close_tag(out, name);
}

void model_encode_query(const struct model_service *service, const struct model_operation *operation,
                        const void *value, struct str request_id, struct buf *out)
{
    struct str name = operation->name;
    buf_printf(out, "<%.*sResponse xmlns=\"%.*s\">", STR_ARG(name), STR_ARG(service->xml_namespace));
    buf_printf(out, "<%.*sResult>", STR_ARG(name));
    add_members(out, operation->output, value);
    buf_printf(out, "</%.*sResult><ResponseMetadata>", STR_ARG(name));
    xml_element(out, "RequestId", request_id);
    buf_printf(out, "</ResponseMetadata></%.*sResponse>\n", STR_ARG(name));
}
