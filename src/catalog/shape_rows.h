/* Rows of shapes: F_TEXT(id, member) and the like describe the member of STRUCT, which the file defines. */
#pragma once

#include "catalog/shape.h"

#define SHAPE_ROW(id_, member_, ...)                                                                         \
    {                                                                                                        \
        .id = (id_), .offset = offsetof(SHAPE_OF, member_), .name = #member_, __VA_ARGS__                    \
    }
#define S_TEXT(id, member) SHAPE_ROW(id, member, .kind = SHAPE_TEXT)
#define S_BYTES(id, member) SHAPE_ROW(id, member, .kind = SHAPE_BYTES)
#define S_BOOL(id, member) SHAPE_ROW(id, member, .kind = SHAPE_BOOL)
#define S_I16(id, member) SHAPE_ROW(id, member, .kind = SHAPE_I16)
#define S_I32(id, member) SHAPE_ROW(id, member, .kind = SHAPE_I32)
#define S_I64(id, member) SHAPE_ROW(id, member, .kind = SHAPE_I64)
#define S_DOUBLE(id, member) SHAPE_ROW(id, member, .kind = SHAPE_DOUBLE)
#define S_MAYBE(kind_, id, member) SHAPE_ROW(id, member, .kind = kind_, .optional = true)
#define S_STRUCT(id, member, shape) SHAPE_ROW(id, member, .kind = SHAPE_STRUCT, .of = &(shape))
#define S_TEXTS(id, member) SHAPE_ROW(id, member, .kind = SHAPE_LIST, .element = SHAPE_TEXT)
#define S_I64S(id, member) SHAPE_ROW(id, member, .kind = SHAPE_LIST, .element = SHAPE_I64)
#define S_TEXT_LISTS(id, member) SHAPE_ROW(id, member, .kind = SHAPE_LIST, .element = SHAPE_LIST)
#define S_LIST(id, member, shape)                                                                            \
    SHAPE_ROW(id, member, .kind = SHAPE_LIST, .element = SHAPE_STRUCT, .of = &(shape))
#define S_MAP(id, member, shape) SHAPE_ROW(id, member, .kind = SHAPE_MAP, .of = &(shape))
#define S_PAIRS(id, member) S_MAP(id, member, catalog_pair_shape)

#define SHAPE_END(shape_, rows_)                                                                             \
    const struct shape shape_ = {                                                                            \
        .size = sizeof(SHAPE_OF), .count = sizeof(rows_) / sizeof((rows_)[0]), .fields = rows_};
