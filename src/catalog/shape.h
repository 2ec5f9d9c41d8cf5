/* Descriptions of the catalog's records, so that one reader and one writer a format serve them all: JSON (how
 * the database keeps them) here, Thrift in hive/. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonw.h"

enum shape_kind {
    SHAPE_BOOL,   /* bool */
    SHAPE_I16,    /* int32_t; Thrift has 16 bits */
    SHAPE_I32,    /* int32_t */
    SHAPE_I64,    /* int64_t */
    SHAPE_DOUBLE, /* double */
    SHAPE_TEXT,   /* struct str of UTF-8; absent has no bytes anywhere */
    SHAPE_BYTES,  /* struct str */
    SHAPE_STRUCT, /* a pointer, NULL: absent; as an element of a list the struct itself */
    SHAPE_LIST,   /* struct shape_list or a struct of the same layout */
    SHAPE_MAP,    /* a list of structs whose two fields are key and value */
};

/* Lists are typed structs of this layout. Absent and empty are one. */
struct shape_list {
    void *items;
    size_t count;
};

struct shape;

struct shape_field {
    int16_t id; /* Thrift's field id in Hive; 0: Hive has no such field */
    enum shape_kind kind;
    enum shape_kind element; /* of a SHAPE_LIST; SHAPE_LIST: a list of texts */
    bool optional; /* a scalar: the member is a pointer, NULL if absent; a list: not written when empty */
    size_t offset;
    const struct shape *of; /* of structs, of lists of structs, of maps */
    const char *name;       /* in JSON */
};

struct shape {
    size_t size;
    size_t count;
    const struct shape_field *fields;
};

/* Bytes of an element of the list. */
size_t shape_element_size(const struct shape_field *f);

/* The record as a JSON object; what is absent is left out. */
void shape_write_json(const struct shape *s, const void *record, struct jsonw *w);
/* Fills the record, which is zeroed before; strings are copied into the arena. Members that the shape does
 * not know are ignored. Fails with ERR_INTERNAL on what shape_write_json cannot have written. */
int shape_read_json(const struct shape *s, struct str text, struct arena *a, void *record,
                    struct err *err) MUST_CHECK;
