"""Iceberg tables as Athena's users have them: by dbt's properties, both catalogs, statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from server import Server, Session, ready_session, wait_for

ICEBERG = "org.apache.iceberg"
CATALOG = "spark.sql.catalog"
# The first four are dbt-athena's.
PROPERTIES = {
    f"{CATALOG}.spark_catalog": f"{ICEBERG}.spark.SparkSessionCatalog",
    f"{CATALOG}.spark_catalog.catalog-impl": f"{ICEBERG}.aws.glue.GlueCatalog",
    f"{CATALOG}.spark_catalog.io-impl": f"{ICEBERG}.aws.s3.S3FileIO",
    "spark.sql.extensions": f"{ICEBERG}.spark.extensions.IcebergSparkSessionExtensions",
    f"{CATALOG}.by_glue": f"{ICEBERG}.spark.SparkCatalog",
    f"{CATALOG}.by_glue.catalog-impl": f"{ICEBERG}.aws.glue.GlueCatalog",
    f"{CATALOG}.by_hive": f"{ICEBERG}.spark.SparkCatalog",
    f"{CATALOG}.by_hive.type": "hive",
}


@pytest.fixture(scope="module")
def lake(glaux: Server) -> Iterator[Session]:
    one = ready_session(glaux, PROPERTIES)
    one.stdout("spark.sql(\"create database lake location 's3://glaux-data/lake'\")")
    yield one
    one.end()


def statement(server: Server, text: str) -> list[str]:
    """The lines that a statement of StartQueryExecution shows."""
    athena = server.client("athena")
    query = athena.start_query_execution(
        QueryString=text,
        QueryExecutionContext={"Database": "lake"},
        ResultConfiguration={"OutputLocation": "s3://glaux-results/lake/"},
    )["QueryExecutionId"]

    def ended() -> Any:
        status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        return status if status["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") else None

    status = wait_for(ended, 120)
    assert status["State"] == "SUCCEEDED", status
    rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    return [str(row["Data"][0].get("VarCharValue", "")).strip() for row in rows]


def files(server: Server, prefix: str) -> list[str]:
    """Keys of objects that are no markers of folders."""
    found = server.client("s3").list_objects_v2(Bucket="glaux-data", Prefix=prefix)
    return [item["Key"] for item in found.get("Contents", []) if not item["Key"].endswith("/")]


def test_a_tables_life(glaux: Server, lake: Session) -> None:
    read = lake.stdout(
        """
        spark.sql("create table lake.t (id bigint, name string) using iceberg "
                  "partitioned by (bucket(2, id))")
        spark.sql("insert into lake.t values (1, 'a'), (2, 'b'), (3, 'c')")
        spark.sql("merge into lake.t t using (select 2L id, 'B' name union all select 9L, 'z') s "
                  "on t.id = s.id when matched then update set name = s.name "
                  "when not matched then insert *")
        spark.sql("update lake.t set name = 'x' where id = 1")
        spark.sql("delete from lake.t where id = 3")
        print([tuple(r) for r in spark.table("lake.t").orderBy("id").collect()])
        first = spark.sql("select snapshot_id from lake.t.snapshots order by committed_at").first()
        print(spark.sql(f"select * from lake.t version as of {first[0]}").count())
        spark.range(5).createOrReplaceTempView("v")
        spark.sql("create table lake.c using iceberg location 's3://glaux-data/elsewhere/c/' "
                  "as select * from v")
        print(spark.table("by_hive.lake.c").count(), spark.table("by_glue.lake.c").count())
        """,
    )
    assert read.splitlines() == ["[(1, 'x'), (2, 'B'), (9, 'z')]", "3", "5 5"]
    table = glaux.client("glue").get_table(DatabaseName="lake", Name="t")["Table"]
    assert table["Parameters"]["table_type"] == "ICEBERG"
    assert table["StorageDescriptor"]["Location"] == "s3://glaux-data/lake/t"
    columns = glaux.client("athena").get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName="lake", TableName="t"
    )["TableMetadata"]["Columns"]
    assert [(c["Name"], c["Type"]) for c in columns] == [("id", "bigint"), ("name", "string")]

    statement(glaux, "alter table lake.c rename to `lake`.`d`")
    statement(glaux, "alter table d add columns (note string)")
    assert [line.split()[0] for line in statement(glaux, "describe d")] == ["id", "note"]
    statement(
        glaux,
        "create table e (a int) location 's3://glaux-data/lake/e' "
        "tblproperties ('table_type' = 'iceberg')",
    )
    assert lake.stdout("print(spark.table('lake.d').columns, spark.table('lake.e').count())") == (
        "['id', 'note'] 0\n"
    )
    assert files(glaux, "elsewhere/c/")
    assert files(glaux, "lake/t/")
    statement(glaux, "drop table d")
    lake.stdout("spark.sql('drop table lake.t purge')")
    assert statement(glaux, "show tables") == ["e"]
    assert files(glaux, "elsewhere/c/") == files(glaux, "lake/t/") == []


@pytest.mark.timeout(600)
def test_two_sessions_commit_at_the_same_time(glaux: Server, lake: Session) -> None:
    """No row is lost, and no commit fails, by one catalog or by both."""
    other = ready_session(glaux, PROPERTIES)
    try:
        for one, two in (("by_glue", "by_glue"), ("by_hive", "by_hive"), ("by_glue", "by_hive")):
            table = f"{one}.lake.w"
            lake.stdout(f"spark.sql('create or replace table {table} (id bigint) using iceberg')")
            insert = "for i in range(5): spark.sql(f'insert into {}.lake.w values ({{i}})')"
            started = [
                (session, session.start(insert.format(catalog)))
                for session, catalog in ((lake, one), (other, two))
            ]
            for session, calculation in started:
                session.output(calculation)
            count = f"print(sorted(r.id for r in spark.table('{table}').collect()))"
            assert other.stdout(count) == f"{sorted([*range(5)] * 2)}\n"
    finally:
        other.end()


def test_without_iceberg_a_table_is_known(glaux: Server, lake: Session) -> None:
    """A session that names no property of Iceberg's sees the table, and can drop it."""
    lake.stdout("spark.sql('create table lake.plain using iceberg as select 1 a')")
    one = ready_session(glaux, {})
    try:
        read = one.stdout(
            """
            print(dict(r[:2] for r in spark.sql("describe lake.plain").collect()))
            spark.sql("drop table lake.plain")
            print(spark.catalog.tableExists("lake.plain"))
            """,
        )
    finally:
        one.end()
    assert read.splitlines() == ["{'a': 'int'}", "False"]
