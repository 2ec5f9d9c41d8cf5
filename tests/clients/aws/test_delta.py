"""Delta tables, by the properties that Athena's pages give."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pytest
from server import Server, Session, ready_session

PROPERTIES = {
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.databricks.delta.snapshotPartitions": "2",  # 50 would be most of a small table's time
}
WRITERS = 2
COMMITS = 6


@pytest.fixture(scope="module")
def sessions(glaux: Server) -> Iterator[list[Session]]:
    several = [ready_session(glaux, PROPERTIES) for _ in range(WRITERS)]
    yield several
    for one in several:
        one.end()


@pytest.mark.timeout(600)
def test_a_tables_life(sessions: list[Session]) -> None:
    one, other = sessions
    one.stdout(
        """
        spark.sql("create database delta_db location 's3://glaux-data/delta_db'")
        spark.sql("create table delta_db.t (id bigint, name string) using delta")
        spark.sql("insert into delta_db.t values (1, 'a'), (2, 'b')")
        spark.sql("merge into delta_db.t t using (select 2L id, 'B' name union all "
                  "select 9L, 'z') s on t.id = s.id "
                  "when matched then update set * when not matched then insert *")
        """,
    )
    read = other.stdout(
        """
        print([tuple(r) for r in spark.table("delta_db.t").orderBy("id").collect()])
        print(spark.sql("select * from delta_db.t version as of 1").count())
        """,
    )
    assert read.splitlines() == ["[(1, 'a'), (2, 'B'), (9, 'z')]", "2"]


@pytest.mark.timeout(600)
def test_a_table_is_replaced(sessions: list[Session]) -> None:
    """Where Spark stages the new table, which Delta and Spark of a wrong pair cannot."""
    read = sessions[0].stdout(
        """
        spark.sql("create database replaced location 's3://glaux-data/replaced'")
        for n in 3, 5:
            rows = spark.range(n).withColumnRenamed("id", f"c{n}").write.format("delta")
            rows.mode("overwrite").option("overwriteSchema", True).saveAsTable("replaced.t")
        print(spark.table("replaced.t").columns, spark.table("replaced.t").count())
        spark.sql("create or replace table replaced.t using delta as select 1 a")
        print(spark.table("replaced.t").collect())
        """,
    )
    assert read.splitlines() == ["['c5'] 5", "[Row(a=1)]"]


@pytest.mark.timeout(600)
def test_sessions_commit_at_the_same_time(sessions: list[Session]) -> None:
    """No row is lost: a version of the log has one writer."""
    place = "s3://glaux-data/delta_path"
    sessions[0].stdout(f"spark.range(0).write.format('delta').save('{place}')")
    started = []
    for number, session in enumerate(sessions):
        first = number * COMMITS
        code = f"""
            for i in range({first}, {first + COMMITS}):
                spark.range(i, i + 1).write.format("delta").mode("append").save("{place}")
            """
        started.append((session, session.start(textwrap.dedent(code))))
    for session, calculation in started:
        session.output(calculation)
    read = sessions[0].stdout(
        f"""
        print(sorted(r.id for r in spark.read.format("delta").load("{place}").collect()))
        print(spark.sql("describe history delta.`{place}`").count())
        """,
    )
    rows = WRITERS * COMMITS
    assert read.splitlines() == [str([*range(rows)]), str(rows + 1)]
