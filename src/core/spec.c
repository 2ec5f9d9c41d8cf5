#include "core/spec.h"

#include "model/model.h"

struct properties {
    struct runner_property *items;
    size_t count;
    size_t capacity;
    struct arena *arena;
};

static void add_all(struct properties *to, const struct athena_parameters_map *map)
{
    for (size_t i = 0; i < map->count && to->count < to->capacity; i++)
        if (str_starts(map->items[i].key, STR("spark.")))
            to->items[to->count++] = (struct runner_property){map->items[i].key, map->items[i].value};
}

static size_t count_all(const struct athena_engine_configuration *e)
{
    size_t n = e->spark_properties.count;
    for (size_t i = 0; i < e->classifications.count; i++)
        n += e->classifications.items[i].properties.count;
    return n;
}

static void collect(struct properties *to, const struct athena_engine_configuration *e)
{
    to->capacity = count_all(e);
    to->items = arena_array(to->arena, to->capacity, sizeof *to->items);
    add_all(to, &e->spark_properties);
    for (size_t i = 0; i < e->classifications.count; i++)
        if (str_is(e->classifications.items[i].name, "spark-defaults"))
            add_all(to, &e->classifications.items[i].properties);
}

int session_spec(const struct session *s, struct arena *a, struct runner_spec *ret, struct err *err)
{
    const struct core_config *config = s->core->p.config;
    struct athena_get_session_response detail = {0};
    struct properties properties = {.arena = a};
    if (model_decode_stored(&athena_shape_get_session_response, s->detail, a, &detail, err) < 0)
        return -1;
    if (detail.engine_configuration)
        collect(&properties, detail.engine_configuration);
    *ret = (struct runner_spec){
        .session_id = s->id,
        .workgroup = s->workgroup,
        .engine_version = s->engine_version,
        .description = s->description,
        .region = config->region,
        .account = config->account,
        .output_location =
            detail.session_configuration ? detail.session_configuration->working_directory : STR_NULL,
        .properties = properties.items,
        .property_count = properties.count,
        .created_ms = s->created_ms,
    };
    return 0;
}
