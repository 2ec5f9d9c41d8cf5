/* What the driver has left of a calculation's output, as sources of its objects. Where the disk has no room
 * for files, texts are shortened and small results kept: they become rows of the store, which has a reserve.
 */
#include "core/internal.h"

#include <errno.h>

/* A row also where no byte of it is valid and each becomes three. */
enum { SHORT_TEXT_BYTES = 4 * 1024 };

void calculation_output_set(struct calculation_output *to, const struct driver_output *from,
                            int64_t max_bytes)
{
    text_set(&to->path, from->path);
    to->size = from->size;
    to->truncated = from->truncated;
    if (from->write_error.n)
        text_set_str(&to->write_error, from->write_error);
    to->max_bytes = max_bytes;
}

bool calculation_has_result(const struct calculation *c)
{
    const struct calculation_output *o = &c->outputs[OUTPUT_RESULT];
    return !c->driver_ended && !o->truncated && !(c->shortened && o->size > OBJECT_INLINE_MAX);
}

struct object_source calculation_source(const struct calculation *c, size_t i)
{
    const struct calculation_output *o = &c->outputs[i];
    struct object_source src = {.path = o->path,
                                .max_bytes = o->max_bytes,
                                .as_text = i != OUTPUT_RESULT,
                                .truncated = o->truncated,
                                .required = o->size > 0,
                                .write_error = str_from(o->write_error)};
    if (c->shortened && src.as_text && o->size > SHORT_TEXT_BYTES) {
        src.max_bytes = SHORT_TEXT_BYTES;
        src.write_error = str_from(strerror(ENOSPC));
    }
    return src;
}
