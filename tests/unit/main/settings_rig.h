/* Settings that each test of a file has anew. */
#pragma once

#include "main/settings/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct settings settings;
static struct err refused; /* why the last value was */

static int set_up(void **state)
{
    (void)state;
    settings_init(&settings);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    settings_done(&settings);
    return 0;
}

static void accept(const char *name, const char *value)
{
    struct err err;
    assert_int_equal(settings_set(&settings, str_from(name), str_from(value), &err), 0);
}

static void refuse(const char *name, const char *value, const char *words)
{
    assert_int_equal(settings_set(&settings, str_from(name), str_from(value), &refused), -1);
    assert_int_equal(refused.code, ERR_INVALID_ARGUMENT);
    assert_true(str_contains(str_from(refused.text), str_from(words)));
}
