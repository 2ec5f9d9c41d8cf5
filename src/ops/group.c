#include "ops/group.h"

/* As many as limits.workgroups allows are read together at the start of the server. */
enum { DETAIL_MAX = 32 * 1024 };

bool group_find(struct op_call *call, struct str name, struct workgroup_view *ret_view,
                struct athena_work_group_configuration *ret)
{
    struct err err;
    if (!workgroup_find(call->core, name, ret_view)) {
        op_refuse(call, "WorkGroup is not found.");
        return false;
    }
    *ret = (struct athena_work_group_configuration){0};
    if (model_decode_stored(&athena_shape_work_group_configuration, ret_view->detail, call->arena, ret,
                            &err) == 0)
        return true;
    err.code = ERR_INTERNAL;
    op_fail(call, &err);
    return false;
}

struct str group_spark_engine(const struct ops_config *config,
                              const struct athena_work_group_configuration *g)
{
    struct str effective = g->engine_version ? g->engine_version->effective_engine_version : STR_NULL;
    for (size_t i = 0; i < config->engine_version_count; i++)
        if (str_eq(config->engine_versions[i], effective))
            return config->engine_versions[i];
    return STR_NULL;
}

int group_detail(struct arena *a, const struct athena_work_group_configuration *g, struct str *ret,
                 struct err *err)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, DETAIL_MAX);
    model_encode(&athena_shape_work_group_configuration, g, &b);
    if (b.overflow)
        return err_set_detail(err, ERR_INVALID_REQUEST, "INVALID_INPUT",
                              "The WorkGroup's configuration has more than %d bytes in all.", DETAIL_MAX);
    *ret = arena_str(a, buf_str(&b));
    return 0;
}
