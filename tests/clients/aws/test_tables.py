"""Tables that outlive their session, through Spark's own Hive client."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from server import Server, Session, ready_session


@pytest.fixture
def place(tmp_path: Path) -> str:
    """Where drivers, whatever their user, may put files."""
    for folder in [tmp_path, *tmp_path.parents[:2]]:
        folder.chmod(0o755)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables").chmod(0o777)
    return f"file:{tmp_path}/tables"


def session_of(server: Server, **properties: str) -> Session:
    """A session on the catalog, also where the engine has no S3A and would not use it by itself."""
    port = json.loads((server.data / "server.json").read_text())["metastore_port"]
    hive = {
        "spark.sql.catalogImplementation": "hive",
        "spark.hadoop.hive.metastore.uris": f"thrift://127.0.0.1:{port}",
    }
    return ready_session(server, hive | properties)


WRITE = """
spark.sql("create database d location 'PLACE/d'")
spark.sql("use d")
spark.range(10).selectExpr("id", "cast(id % 3 as string) as k").write.saveAsTable("M")
spark.table("m").write.partitionBy("k").saveAsTable("p")
spark.sql('''create table h (a int, b string) partitioned by (year int, city string)
             stored as parquet''')
spark.sql("insert into h partition (year=2024, city='a/b = %') values (1, 'x')")
spark.conf.set("hive.exec.dynamic.partition.mode", "nonstrict")
spark.sql("insert into h values (2, 'y', 2025, 'New York'), (3, null, null, null)")
spark.sql("insert overwrite table h partition (year=2024, city='a/b = %') values (9, 'z')")
spark.sql("alter table h add partition (year=2030, city='q')")
spark.sql("alter table h partition (year=2030, city='q') rename to partition (year=31, city='q')")
spark.sql("alter table h drop partition (year=31, city='q')")
spark.sql("msck repair table h")
spark.sql("alter table h add columns (c double comment 'new')")
spark.sql("create table bk (a int) using parquet clustered by (a) sorted by (a) into 4 buckets")
spark.sql("insert into bk values (1), (2)")
spark.sql("create view v as select a, city from h where year = 2024")
spark.sql("create table ct using orc as select * from m")
spark.sql("alter table m rename to m2")
spark.sql("analyze table m2 compute statistics for all columns")
spark.sql("create function f as 'org.apache.hadoop.hive.ql.udf.generic.GenericUDFAbs'")
"""

READ = """
spark.sql("use d")
print(sorted(t.name for t in spark.catalog.listTables()))
print([r[0] for r in spark.sql("show partitions h").collect()])
print(spark.table("v").collect()[0][:], spark.table("h").columns)
print([r.a for r in spark.sql("select a from h where year > 2024 and city like 'New%'").collect()])
print(spark.sql("select count(*) from h where year is null").collect()[0][0])
print([spark.table(t).count() for t in ("m2", "p", "bk", "ct")])
print(spark.table("P").where("k = 1").count())
print({r[0]: r[1] for r in spark.sql("describe extended m2 id").collect()}["max"])
print(spark.sql("select f(-4)").collect()[0][0], spark.catalog.tableExists("d.H"))
"""

EXPECTED = """['bk', 'ct', 'h', 'm2', 'p', 'v']
['year=2024/city=a%2Fb %3D %25', 'year=2025/city=New York', \
'year=__HIVE_DEFAULT_PARTITION__/city=__HIVE_DEFAULT_PARTITION__']
(9, 'a/b = %') ['a', 'b', 'c', 'year', 'city']
[2]
1
[10, 10, 2, 10]
3
9
4 True
"""


def test_tables_of_one_session_in_the_next(new_server: Callable[..., Server], place: str) -> None:
    server = new_server("isolation.mode=none")  # other users could not write the files
    first = session_of(server)
    first.stdout(WRITE.replace("PLACE", place))
    assert first.stdout(READ) == EXPECTED

    server.restart(signal.SIGKILL)  # amid the first session's life: it sees nothing of it
    first.athena, first.s3 = server.client("athena"), server.client("s3")
    first.wait("IDLE")
    assert first.stdout(READ) == EXPECTED
    second = session_of(server)
    assert second.stdout(READ) == EXPECTED
    second.stdout("spark.sql('drop database d cascade')")
    assert first.stdout("print(spark.catalog.databaseExists('d'))") == "False\n"
