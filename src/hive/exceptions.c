/* Replies. Each method declares which exceptions it may throw, and under which field: the error takes the
 * class that says it best among those. Letters: n NoSuchObject, e AlreadyExists, i InvalidObject, o
 * InvalidOperation, m Meta, t UnknownTable, d UnknownDB, l NoSuchLock, p InvalidInput, s ConfigValSecurity,
 * and x, a, y of transactions. All have one field, the message. */
#include "hive/call.h"
#include "hive/thrift.h"

/* The letters that fit an error, the best first. */
static const char *letters_for(enum err_code code)
{
    if (code == ERR_CATALOG_MISSING)
        return "nltdiom";
    if (code == ERR_CATALOG_EXISTS)
        return "eiom";
    if (code == ERR_CATALOG_INVALID)
        return "ipmo";
    if (code == ERR_CATALOG_REFUSED)
        return "omi";
    return "m";
}

/* The field of the exception; 0: the method declares none that fits. */
static int16_t field_for(const struct hive_method *m, enum err_code code)
{
    for (const char *letter = letters_for(code); *letter; letter++)
        for (const char *p = m->exceptions; *p; p += 2)
            if (*p == *letter)
                return (int16_t)(p[1] - '0');
    return 0;
}

void hive_write_failure(struct str method, int32_t sequence, int32_t type, const char *text, struct buf *b)
{
    thrift_write_head(b, method, THRIFT_EXCEPTION, sequence);
    thrift_write_field(b, THRIFT_STRING, 1);
    thrift_write_text(b, str_from(text));
    thrift_write_field(b, THRIFT_I32, 2);
    thrift_write_i32(b, type);
    thrift_write_stop(b);
}

static void write_exception(const struct hive_method *m, int32_t sequence, const struct err *err,
                            struct buf *b)
{
    int16_t field = field_for(m, err->code);
    if (!field) {
        hive_write_failure(m->name, sequence, THRIFT_INTERNAL_ERROR, err->text, b);
        return;
    }
    thrift_write_head(b, m->name, THRIFT_REPLY, sequence);
    thrift_write_field(b, THRIFT_STRUCT, field);
    thrift_write_field(b, THRIFT_STRING, 1);
    thrift_write_text(b, str_from(err->text));
    thrift_write_stop(b);
    thrift_write_stop(b);
}

void hive_write_reply(const struct hive_method *m, int32_t sequence, const struct hive_result *result,
                      const struct err *err, struct buf *b)
{
    if (err) {
        write_exception(m, sequence, err, b);
        return;
    }
    thrift_write_head(b, m->name, THRIFT_REPLY, sequence);
    if (m->wrapped)
        thrift_write_field(b, THRIFT_STRUCT, 0);
    if (m->result->name)
        thrift_write_member(m->result, m->wrapped ? 1 : 0, result, b);
    if (m->wrapped)
        thrift_write_stop(b);
    thrift_write_stop(b);
}
