/* The service model: tables generated from api/<service>.json describe every operation and shape, and a few
 * functions decode, validate, encode, copy and compare by them. The generated header model/<service>.gen.h
 * has a C type for each shape:
 *
 *   string      struct str                        p == NULL: absent
 *   enum        enum <service>_<shape>            0: absent
 *   integer     struct model_int                  long the same
 *   double      struct model_double
 *   boolean     struct model_bool
 *   timestamp   struct model_time
 *   structure   struct <service>_<shape>          a member points to it, NULL: absent; an item is it
 *   list        { T *items; count; present; }
 *   map         { E *items; count; present; }     an entry E is { struct str key; T value; }
 *
 * A value that is zeroed is absent throughout. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/jsonw.h"
#include "base/str.h"

struct model_int {
    int64_t value;
    bool present;
};

struct model_double {
    double value;
    bool present;
};

struct model_bool {
    bool value;
    bool present;
};

struct model_time {
    int64_t ms; /* since the epoch, UTC */
    bool present;
};

#define MODEL_INT(value_) ((struct model_int){.value = (value_), .present = true})
#define MODEL_DOUBLE(value_) ((struct model_double){.value = (value_), .present = true})
#define MODEL_BOOL(value_) ((struct model_bool){.value = (value_), .present = true})
#define MODEL_TIME(ms_) ((struct model_time){.ms = (ms_), .present = true})

enum model_kind {
    MODEL_STRING,
    MODEL_ENUM,
    MODEL_INTEGER, /* 32 bits on the wire */
    MODEL_LONG,
    MODEL_FLOAT64,
    MODEL_BOOLEAN,
    MODEL_TIMESTAMP,
    MODEL_STRUCTURE,
    MODEL_LIST,
    MODEL_MAP,
};

/* A bound that a shape does not have. */
#define MODEL_NO_MIN INT64_MIN
#define MODEL_NO_MAX INT64_MAX

struct model_pattern;

struct model_shape {
    struct str name;
    enum model_kind kind;
    size_t size; /* of the C value */
    /* Of the value of a number, of the code points of a string, of the items of a list or map. */
    int64_t min;
    int64_t max;
    struct model_pattern *pattern;
    const struct str *values; /* of an enum; [0] is absent */
    size_t value_count;
    const struct model_member *members; /* of a structure, in the model's order */
    size_t member_count;
    const struct model_shape *key;  /* of a map */
    const struct model_shape *item; /* of a list, or a map's values */
    size_t item_size;               /* distance of two items; a map's item is its entry */
    size_t item_offset;             /* of the value in the item */
};

struct model_member {
    struct str name;
    struct str place; /* as AWS names it in sentences: lower camel case */
    const struct model_shape *shape;
    size_t offset;
    bool required;
    bool token; /* an idempotency token, which SDKs fill by themselves */
};

struct model_operation {
    struct str name;
    int id; /* enum <service>_op; the index in its service as well */
    const struct model_shape *input;
    const struct model_shape *output;
    const struct str *errors;
    size_t error_count;
    struct str paging; /* output member that holds the page of a list; absent: the operation does not page */
    bool built;        /* this version serves it */
};

enum model_protocol { MODEL_JSON, MODEL_QUERY };

struct model_service {
    struct str name; /* as in the scope of a signature */
    struct str version;
    enum model_protocol protocol;
    struct str target;        /* what stands before the dot in X-Amz-Target; absent for the query protocol */
    struct str xml_namespace; /* of the query protocol's answers */
    const struct model_operation *operations; /* sorted by name */
    size_t operation_count;
};

/* NULL for a name that the service does not have. Names are case-sensitive, as on AWS. */
const struct model_operation *model_find_operation(const struct model_service *service, struct str name);

/* Name of an enum's value, absent for 0 and for numbers that are none. */
struct str model_enum_name(const struct model_shape *shape, unsigned value);
/* 0 if the enum has no such name. */
unsigned model_enum_value(const struct model_shape *shape, struct str name);

/* Decodes the JSON object `json` (empty text counts as {}) into `ret`, which has shape->size bytes, and
 * validates it. Strings and lists are copied into the arena. Members that the model does not know are
 * ignored; null is absent, and null items of lists and maps are dropped. Entries of maps are sorted by key.
 * ERR_SERIALIZATION for what is no JSON or of another type; ERR_INVALID_REQUEST with AWS's sentence that
 * names every violation; ERR_TOO_LARGE if it has too many values or takes more than half of
 * the room in the arena; the other half is for what follows. `*ret` is undefined after a failure.
 * Any thread. */
int model_decode(const struct model_shape *shape, struct str json, struct arena *a, void *ret,
                 struct err *err) MUST_CHECK;
/* The same for what the server itself stored: types are checked, bounds are not, and a value that its enum no
 * longer has is absent. */
int model_decode_stored(const struct model_shape *shape, struct str json, struct arena *a, void *ret,
                        struct err *err) MUST_CHECK;
/* Checks required members, bounds, patterns and enums of a structure; fails as model_decode does. */
int model_validate(const struct model_shape *shape, const void *value, struct err *err) MUST_CHECK;

/* Appends the structure as a JSON object: absent members are left out, members come in the model's order,
 * timestamps are epoch seconds with three decimals. Equal values give equal text. Overflow shows in the
 * buffer. */
void model_encode(const struct model_shape *shape, const void *value, struct buf *out);

/* The whole answer of the query protocol: XML with the values, and the request's id. Absent members are left
 * out; timestamps are ISO 8601. */
void model_encode_query(const struct model_service *service, const struct model_operation *operation,
                        const void *value, struct str request_id, struct buf *out);
