"""Tables as Athena's DDL makes them, with their data on s3://, in a session."""

from __future__ import annotations

import gzip

import pytest
from server import Server, Session

DATABASE = "hive_tables"


@pytest.fixture(scope="module", autouse=True)
def _database(session: Session) -> None:
    session.stdout(f"spark.sql('create database {DATABASE}'); spark.sql('use {DATABASE}')")


@pytest.mark.parametrize("form", ["parquet", "orc", "textfile", "avro", "sequencefile", "rcfile"])
def test_empty_tables_are_read_and_filled(session: Session, form: str) -> None:
    told = session.stdout(f"""
spark.sql("create table {form} (a int, b string) stored as {form}")
print(spark.table("{form}").count())
spark.sql("insert into {form} values (1, 'x')")
spark.sql("insert into {form} select a + 1, b from {form}")
spark.sql("create table {form}_as stored as {form} as select a, upper(b) b from {form}")
spark.sql("insert overwrite table {form} select 7, 'y'")
made = sorted(r[:] for r in spark.table("{form}_as").collect())
print(spark.table("{form}").collect()[0][:], made)
spark.sql("truncate table {form}")
print(spark.table("{form}").count())
spark.sql("drop table {form}")
spark.sql("create table {form} stored as {form} as select 1 a")
print(spark.table("{form}").count())
""")
    assert told == "0\n(7, 'y') [(1, 'X'), (2, 'X')]\n0\n1\n"


@pytest.mark.parametrize("form", ["parquet", "textfile"])
def test_empty_partitions_are_read(session: Session, form: str) -> None:
    told = session.stdout(f"""
spark.sql("create external table ex_{form} (a int) partitioned by (k int) stored as {form} "
          "location 's3a://glaux-data/hive/ex_{form}'")
print(spark.table("ex_{form}").count())
spark.sql("alter table ex_{form} add partition (k=1) partition (k=2)")
print(spark.table("ex_{form}").count())
spark.sql("insert into ex_{form} partition (k=2) values (4)")
print([r[:] for r in spark.table("ex_{form}").collect()])
""")
    assert told == "0\n0\n[(4, 2)]\n"


def test_buckets(session: Session) -> None:
    told = session.stdout("""
frame = spark.range(100).withColumnRenamed("id", "a")
frame.write.bucketBy(4, "a").sortBy("a").saveAsTable("bucketed")
frame.write.mode("append").bucketBy(4, "a").sortBy("a").saveAsTable("bucketed")
spark.conf.set("spark.sql.autoBroadcastJoinThreshold", -1)
joined = spark.sql("select count(*) from bucketed x join bucketed y on x.a = y.a")
print(joined.collect()[0][0], spark.table("bucketed").distinct().count())
""")
    assert told == "400 100\n"


LINES = """{"Id": 1, "name": "a", "at.where": "x", "in": {"b": [1, 2]}, "more": true}
{"id": 2, "NAME": null}
{"id": 3, "name": "c
"""

SERDES = ["org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe"]


@pytest.mark.parametrize("serde", SERDES)
def test_json(glaux: Server, session: Session, serde: str) -> None:
    table = serde.split(".")[1]
    good = "".join(LINES.splitlines(keepends=True)[:2])
    body = gzip.compress(good.encode())
    glaux.client("s3").put_object(Bucket="glaux-data", Key=f"hive/{table}/a.json.gz", Body=body)
    told = session.stdout(f"""
spark.sql('''create external table {table} (id int, name string, `in` struct<b: array<int>>)
             row format serde '{serde}' location 's3://glaux-data/hive/{table}/' ''')
print([r[:] for r in spark.table("{table}").orderBy("id").collect()])
spark.sql("insert into {table} values (4, 'd', named_struct('b', array(5)))")
print(spark.sql("select name, `in`.b[0] from {table} where id = 4").collect()[0][:])
""")
    assert told == "[(1, 'a', Row(b=[1, 2])), (2, None, None)]\n('d', 5)\n"


def test_json_as_athena_documents_it(glaux: Server, session: Session) -> None:
    """https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html"""
    glaux.client("s3").put_object(Bucket="glaux-data", Key="hive/odd/a.json", Body=LINES.encode())
    told = session.stdout("""
spark.sql('''create external table odd (id int, at_where string, known_as string)
             row format serde 'org.openx.data.jsonserde.JsonSerDe' with serdeproperties (
             'dots.in.keys'='true', 'ignore.malformed.json'='true', 'mapping.known_as'='name')
             location 's3://glaux-data/hive/odd/' ''')
print(sorted((r[:] for r in spark.table("odd").collect()), key=str))
spark.sql("alter table odd set serdeproperties ('ignore.malformed.json'='false')")
try:
    spark.table("odd").collect()
except Exception as e:
    print("SerDeException" in str(e))
""")
    assert told == "[(1, 'x', 'a'), (2, None, None), (None, None, None)]\nTrue\n"


def test_avro_files(session: Session) -> None:
    told = session.stdout("""
spark.range(9).write.format("avro").save("s3://glaux-data/hive/files.avro")
print(spark.read.format("avro").load("s3://glaux-data/hive/files.avro").count())
""")
    assert told == "9\n"
