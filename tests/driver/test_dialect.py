"""Athena's DDL in Spark's words."""

import pytest
from glaux_driver.dialect import translate


def test_what_spark_knows_stays_as_it_is() -> None:
    ddl = (
        "CREATE EXTERNAL TABLE IF NOT EXISTS `db`.`t` (\n  `a` int COMMENT 'it''s', b string)\n"
        "PARTITIONED BY (p tinyint) -- why\nROW FORMAT SERDE 'x.Y' WITH SERDEPROPERTIES ('k'='v')\n"
        "LOCATION 's3://b/awsdatacatalog.x/' TBLPROPERTIES ('table_type'='EXTERNAL_TABLE')"
    )
    assert translate("CREATE_TABLE", ddl) == ddl
    assert translate("SHOW_TABLES", "SHOW TABLES IN d 'a*'") == "SHOW TABLES IN d 'a*'"


def test_names_of_views_may_stand_in_double_quotes() -> None:
    assert translate("DROP_VIEW", 'drop view if exists "d"."v""`"') == (
        'drop view if exists `d`.`v"```'
    )
    assert translate("CREATE_TABLE", 'create table t (a int comment "c")') == (
        'create table t (a int comment "c")'
    )


@pytest.mark.parametrize("name", ["awsdatacatalog.d.v", "`AwsDataCatalog`.`d`.`v`"])
def test_the_catalog_is_left_out(name: str) -> None:
    assert "awsdatacatalog" not in translate("DROP_TABLE", f"drop table {name}").lower()
    assert translate("DESCRIBE_TABLE", f"describe {name}").replace("`", "") == "describe d.v"


def test_a_dropped_table_goes_with_its_files() -> None:
    assert translate("DROP_TABLE", "drop table if exists t -- x") == (
        "drop table if exists t -- x\nPURGE"
    )


def test_iceberg_is_a_provider() -> None:
    ddl = (
        "CREATE TABLE d.t (a int, b decimal(3,2)) PARTITIONED BY (day(a)) LOCATION 's3://b/t'\n"
        "TBLPROPERTIES ('table_type' = 'iceberg')"
    )
    assert translate("CREATE_TABLE", ddl).startswith(
        "CREATE TABLE d.t (a int, b decimal(3,2)) USING iceberg PARTITIONED BY (day(a)) LOCATION"
    )


def test_iceberg_keeps_the_other_properties() -> None:
    only = translate(
        "CREATE_TABLE", "create table t (a int) tblproperties ('table_type'='ICEBERG')"
    )
    assert only == "create table t (a int) USING iceberg tblproperties ('format-version'='2')"
    first = translate(
        "CREATE_TABLE", "create table t (a int) tblproperties ('table_type'='ICEBERG','x'='1')"
    )
    assert first == "create table t (a int) USING iceberg tblproperties ('x'='1')"
    last = translate(
        "CREATE_TABLE", "create table t (a int) tblproperties ('x'='1','table_type'='ICEBERG')"
    )
    assert last == "create table t (a int) USING iceberg tblproperties ('x'='1')"


def test_an_unended_text_is_left_to_spark() -> None:
    assert translate("DROP_VIEW", "drop view 'x") == "drop view 'x"
    assert translate("DROP_VIEW", 'drop view "x') == 'drop view "x'
