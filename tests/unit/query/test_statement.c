/* What a SQL text is, told by its first words. */
#include "base/mem.h"
#include "query/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_kind(const char *text, const char *type, const char *substatement, const char *cut)
{
    struct statement s;
    struct err err = {0};
    if (statement_read(str_from(text), &s, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    assert_string_equal(s.type, type);
    assert_string_equal(s.substatement, substatement);
    if (cut && !str_is(s.text, cut))
        fail_msg("%s became %.*s", text, STR_ARG(s.text));
}

static void assert_refused(const char *text, const char *detail)
{
    struct statement s;
    struct err err = {0};
    if (statement_read(str_from(text), &s, &err) == 0)
        fail_msg("%s was taken for %s", text, s.substatement);
    assert_int_equal(err.code, ERR_INVALID_REQUEST);
    assert_string_equal(err.detail, detail);
}

static void kinds_are_told(void **state)
{
    (void)state;
    assert_kind("create schema if not exists `s`", "DDL", "CREATE_DATABASE",
                "create schema if not exists `s`");
    assert_kind("CREATE DATABASE x", "DDL", "CREATE_DATABASE", NULL);
    assert_kind("Create External Table t (a int) LOCATION 's3://b/p'", "DDL", "CREATE_TABLE", NULL);
    assert_kind("create table t (a int)", "DDL", "CREATE_TABLE", NULL);
    assert_kind("drop table if exists t", "DDL", "DROP_TABLE", NULL);
    assert_kind("drop view v", "DDL", "DROP_VIEW", NULL);
    assert_kind("alter table t add partition (p=1)", "DDL", "ALTER_TABLE", NULL);
    assert_kind("MSCK REPAIR TABLE t", "DDL", "MSCK_REPAIR_TABLE", NULL);
    assert_kind("show tables in s 'a*'", "UTILITY", "SHOW_TABLES", NULL);
    assert_kind("show create table t", "UTILITY", "SHOW_CREATE_TABLE", NULL);
    assert_kind("desc t", "UTILITY", "DESCRIBE_TABLE", NULL);
    assert_kind("DESCRIBE EXTENDED t", "UTILITY", "DESCRIBE_TABLE", NULL);
}

static void comments_and_the_end_are_cut(void **state)
{
    (void)state;
    assert_kind("/* {\"app\": \"dbt\"; } */\n-- ;\n  drop table t ;\n -- done\n", "DDL", "DROP_TABLE",
                "drop table t");
    assert_kind("drop /* x */ table -- y\n t", "DDL", "DROP_TABLE", NULL);
    assert_kind("create table t (`select` int, b string comment 'a; select')", "DDL", "CREATE_TABLE", NULL);
    assert_kind("create table t (a int) comment 'it''s \\'; select'", "DDL", "CREATE_TABLE", NULL);
    assert_kind("create database d comment 'open", "DDL", "CREATE_DATABASE", NULL);
}

static void queries_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "select 1",
        "with a as (select 1) select * from a",
        "insert into t values (1)",
        "create table t as select 1",
        "create table t as (select 1)",
        "create table t as with a as (select 1) select 1",
        "create table t with (format = 'parquet') as select 1",
        "create table t as values (1)",
        "create table t as table x",
        "create table t table x",
        "create table t (select * from x)",
        "create table t as from x select a",
        "create or replace view v as select 1",
        "create function f as 'x'",
        "create temporary table t (a int)",
        "add jar 's3://b/x.jar'",
        "set a=b",
        "explain select 1",
        "unload (select 1) to 's3://b/p'",
        "show functions",
        "`drop` table t",
        "drop",
        "create",
        "(create table t (a int))",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_refused(texts[i], "INVALID_INPUT");
}

static void several_and_none_are_malformed(void **state)
{
    (void)state;
    assert_refused("drop table a; drop table b", "MALFORMED_QUERY");
    assert_refused("drop table a; select", "MALFORMED_QUERY");
    assert_refused("", "MALFORMED_QUERY");
    assert_refused(" \n-- nothing", "MALFORMED_QUERY");
    assert_refused("/* open", "MALFORMED_QUERY");
    assert_refused(";", "MALFORMED_QUERY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told),
        cmocka_unit_test(comments_and_the_end_are_cut),
        cmocka_unit_test(queries_are_refused),
        cmocka_unit_test(several_and_none_are_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
