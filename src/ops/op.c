#include "ops/op.h"

#include "ops/guard.h"

#include <stdarg.h>
#include <stdio.h>

struct str op_input_text(const struct op_call *call, const char *name)
{
    const struct model_shape *shape = call->operation->input;
    for (size_t i = 0; i < shape->member_count; i++)
        if (str_is(shape->members[i].name, name))
            return *(const struct str *)(const void *)((const char *)call->input + shape->members[i].offset);
    return STR_NULL;
}

void op_ok(struct op_call *call, const void *output)
{
    call->reply(call, output, NULL);
}

void op_fail(struct op_call *call, const struct err *err)
{
    call->reply(call, NULL, err);
}

void op_refuse(struct op_call *call, const char *fmt, ...)
{
    struct err err;
    char text[ERR_TEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    err_set_detail(&err, ERR_INVALID_REQUEST, "INVALID_INPUT", "%s", text);
    op_fail(call, &err);
}

void op_run(struct op_call *call)
{
    op_fn *fn = call->service->table[call->operation->id];
    struct err err;
    if (fn) {
        if (call->service->guarded && call->principal.session_id.p)
            guard_run(call, fn);
        else
            fn(call);
        return;
    }
    err_set(&err, ERR_INVALID_REQUEST, "The operation %.*s is not available on this server.",
            STR_ARG(call->operation->name));
    op_fail(call, &err);
}
