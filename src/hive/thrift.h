/* Thrift's binary protocol (TBinaryProtocol, strict and old headers, no framing): finding the end of a
 * message, reading and writing records by their shapes. Bytes from outside never do more than fail. */
#pragma once

#include "base/buf.h"
#include "catalog/shape.h"

enum thrift_type {
    THRIFT_STOP = 0,
    THRIFT_BOOL = 2,
    THRIFT_BYTE = 3,
    THRIFT_DOUBLE = 4,
    THRIFT_I16 = 6,
    THRIFT_I32 = 8,
    THRIFT_I64 = 10,
    THRIFT_STRING = 11,
    THRIFT_STRUCT = 12,
    THRIFT_MAP = 13,
    THRIFT_SET = 14,
    THRIFT_LIST = 15,
};

enum thrift_kind { THRIFT_CALL = 1, THRIFT_REPLY = 2, THRIFT_EXCEPTION = 3, THRIFT_ONEWAY = 4 };

/* TApplicationException's types that are used. */
enum { THRIFT_UNKNOWN_METHOD = 1, THRIFT_INTERNAL_ERROR = 6, THRIFT_UNSUPPORTED_CLIENT = 10 };

enum { THRIFT_DEPTH_MAX = 24, THRIFT_NAME_MAX = 128 };

/* --- The end of a message. Goes on where it stopped when more bytes have come. --- */

struct thrift_level {
    uint8_t kind; /* THRIFT_STRUCT, THRIFT_LIST, THRIFT_MAP */
    uint8_t key;
    uint8_t value;
    bool at_value; /* of a map */
    uint32_t left; /* elements of a list, entries of a map */
};

struct thrift_scan {
    size_t at; /* all before is understood */
    size_t depth;
    bool in_body;
    struct thrift_level levels[THRIFT_DEPTH_MAX];
};

enum thrift_found { THRIFT_MORE, THRIFT_WHOLE, THRIFT_BROKEN };

/* `bytes` are those of before and more. THRIFT_WHOLE: the message ends at `s->at`. */
enum thrift_found thrift_scan(struct thrift_scan *s, struct str bytes);

/* As which type a field of the kind is sent. */
enum thrift_type thrift_type_of(enum shape_kind kind);

/* --- Reading --- */

struct thrift_message {
    struct str name;
    uint8_t kind;
    int32_t sequence;
    struct str body; /* the arguments' struct */
};

/* Of a message that thrift_scan found whole. */
int thrift_message_read(struct str bytes, struct thrift_message *ret, struct err *err) MUST_CHECK;
/* Fills the record, which is zeroed before; strings are views into `bytes`, all else lies in the arena.
 * Fields that the shape does not know, or that have another type, are skipped. ERR_INVALID_REQUEST. */
int thrift_read(const struct shape *s, struct str bytes, struct arena *a, void *record,
                struct err *err) MUST_CHECK;

/* --- Writing. An overflow shows in the buffer. --- */

void thrift_write_head(struct buf *b, struct str name, enum thrift_kind kind, int32_t sequence);
void thrift_write_field(struct buf *b, enum thrift_type type, int16_t id);
void thrift_write_stop(struct buf *b);
void thrift_write_i32(struct buf *b, int32_t v);
void thrift_write_text(struct buf *b, struct str s);
/* A struct with its stop. Fields without an id are left out; so are absent texts, structs and optional
 * members. */
void thrift_write(const struct shape *s, const void *record, struct buf *b);
/* One member as a field of the given id (a method's result). */
void thrift_write_member(const struct shape_field *f, int16_t id, const void *record, struct buf *b);
