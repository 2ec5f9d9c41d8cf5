#include "model/model.h"

const struct model_operation *model_find_operation(const struct model_service *service, struct str name)
{
    size_t from = 0, to = service->operation_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct model_operation *operation = &service->operations[middle];
        int order = str_cmp(name, operation->name);
        if (order == 0)
            return operation;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

struct str model_enum_name(const struct model_shape *shape, unsigned value)
{
    return value < shape->value_count ? shape->values[value] : STR_NULL;
}

unsigned model_enum_value(const struct model_shape *shape, struct str name)
{
    for (unsigned i = 1; i < shape->value_count; i++) {
        if (str_eq(shape->values[i], name))
            return i;
    }
    return 0;
}
