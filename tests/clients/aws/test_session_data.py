"""Code in a session reads and writes s3:// as it does on AWS, with nothing to set up."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest
from server import Server, Session, ready_session


def failure(session: Session, code: str) -> str:
    """Standard error of a block that fails."""
    answer = session.run(textwrap.dedent(code))
    assert answer["Status"]["State"] == "FAILED"
    return session.read(answer["Result"]["StdErrorS3Uri"])


def keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    """Of objects that are no markers of folders."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return [key for key in found if not key.endswith("/")]


def test_what_came_from_outside_is_read(session: Session) -> None:
    body = b"id,name\n1,x\n2,y\n"
    session.s3.put_object(Bucket="glaux-data", Key="in/a.csv", Body=body)
    read = session.stdout(
        """
        rows = spark.read.option("header", True).option("inferSchema", True).csv("s3://glaux-data/in/")
        print(rows.agg({"id": "sum"}).first()[0], sc.textFile("s3a://glaux-data/in/a.csv").count())
        """,
    )
    assert read == "3 3\n"


@pytest.mark.parametrize(
    ("form", "compression"),
    [
        *[("parquet", name) for name in ("none", "uncompressed", "snappy", "gzip")],
        *[("orc", name) for name in ("none", "snappy", "zlib")],
        *[("json", name) for name in ("bzip2", "gzip", "deflate")],
        *[("csv", name) for name in ("bzip2", "gzip", "deflate")],
        *[("text", name) for name in ("none", "bzip2", "gzip", "deflate")],
    ],
)
def test_formats(session: Session, form: str, compression: str) -> None:
    read = session.stdout(
        f"""
        path = "s3://glaux-data/formats/{form}-{compression}"
        rows = spark.range(20).selectExpr("cast(id as string) as value").coalesce(2)
        for mode in ("overwrite", "append"):
            writer = rows.write.mode(mode).option("compression", "{compression}")
            writer.format("{form}").save(path)
        print(spark.read.schema("value string").format("{form}").load(path).count())
        """,
    )
    assert read == "40\n"


def test_nothing_is_left_beside_the_data(session: Session) -> None:
    session.stdout('spark.range(9).repartition(3).write.parquet("s3a://glaux-data/clean/t")')
    written = keys(session.s3, "glaux-data", "clean/")
    assert sorted(key.rsplit("/", 1)[1][:6] for key in written) == ["_SUCCE", *["part-0"] * 3]
    assert not session.s3.list_multipart_uploads(Bucket="glaux-data").get("Uploads")


def test_partitions(session: Session) -> None:
    """Static overwrite replaces all, dynamic overwrite the partitions that are written."""
    read = session.stdout(
        """
        path = "s3://glaux-data/parts"
        rows = spark.range(6).selectExpr("id", "id % 3 as p")
        rows.write.partitionBy("p").mode("overwrite").parquet(path)
        spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
        try:
            new = spark.range(100, 101).selectExpr("id", "1L as p")
            new.write.partitionBy("p").mode("overwrite").parquet(path)
        finally:
            spark.conf.unset("spark.sql.sources.partitionOverwriteMode")
        print(sorted(r.id for r in spark.read.parquet(path).collect()))
        new.write.partitionBy("p").mode("overwrite").parquet(path)
        print(sorted(r.id for r in spark.read.parquet(path).collect()))
        """,
    )
    assert read.splitlines() == ["[0, 2, 3, 5, 100]", "[100]"]


def test_tables_with_a_path(session: Session) -> None:
    read = session.stdout(
        """
        place = "s3://glaux-data/tables/made"
        spark.range(3).write.format("parquet").mode("overwrite").option("path", place) \\
            .option("compression", "None").option("mergeSchema", "True") \\
            .option("delimiter", "None").saveAsTable("made")
        spark.range(3, 5).write.insertInto("made")
        spark.sql("insert into made values (7)")
        print(sorted(r.id for r in spark.read.parquet(place).collect()))
        spark.sql("drop table made")
        """,
    )
    assert read == "[0, 1, 2, 3, 4, 7]\n"


def test_a_stream_and_its_checkpoint(session: Session) -> None:
    """Checkpoints go through Hadoop's FileContext, for which s3:// is another scheme than s3a://."""
    read = session.stdout(
        """
        spark.range(4).write.mode("append").json("s3://glaux-data/stream/in")
        def pass_on():
            lines = spark.readStream.schema("id long").json("s3://glaux-data/stream/in")
            writer = lines.writeStream.format("parquet").trigger(availableNow=True)
            place = "s3://glaux-data/stream/out"
            writer.option("checkpointLocation", "s3://glaux-data/stream/state").start(place).awaitTermination()
            return spark.read.parquet(place).count()
        print(pass_on(), end=" ")
        spark.range(3).write.mode("append").json("s3://glaux-data/stream/in")
        print(pass_on(), end=" ")
        jvm = spark.sparkContext._jvm
        conf = spark.sparkContext._jsc.hadoopConfiguration()
        uri = jvm.java.net.URI("s3://glaux-data/")
        context = jvm.org.apache.hadoop.fs.FileContext.getFileContext(uri, conf)
        print(context.util().exists(jvm.org.apache.hadoop.fs.Path("s3://glaux-data/stream/state/metadata")))
        """,
    )
    assert read == "4 7 True\n"


def test_pandas_comes_by_arrow(session: Session) -> None:
    """As on Athena 3.5: what Arrow cannot take falls back."""
    read = session.stdout(
        """
        import pandas
        frame = spark.createDataFrame(pandas.DataFrame({"a": [1, 2], "b": ["x", None]}))
        print(spark.conf.get("spark.sql.execution.arrow.pyspark.enabled"))
        print(frame.toPandas().to_csv(index=False), end="")
        maps = spark.createDataFrame([([{"k": 1}],)], "m array<map<string,int>>").toPandas()
        print(maps.m[0])
        """,
    )
    assert read.splitlines() == ["true", "a,b", "1,x", "2,", "[{'k': 1}]"]


def test_a_failing_job_leaves_nothing(session: Session) -> None:
    failure(
        session,
        """
        from pyspark.sql.functions import udf
        def fails(n):
            if n > 900:
                raise ValueError("half way")
            return n
        spark.range(1000).repartition(4).select(udf(fails, "long")("id")) \\
            .write.parquet("s3://glaux-data/failed/t")
        """,
    )
    assert keys(session.s3, "glaux-data", "failed/") == []
    assert not session.s3.list_multipart_uploads(Bucket="glaux-data").get("Uploads")


def test_local_files_as_before(session: Session) -> None:
    read = session.stdout(
        """
        spark.range(5).write.mode("overwrite").parquet("file:" + __import__("os").getcwd() + "/out")
        print(spark.read.parquet("out").count())
        """,
    )
    assert read == "5\n"


def test_text_files_of_rdds(session: Session) -> None:
    read = session.stdout(
        """
        sc.parallelize(["a", "b"], 2).saveAsTextFile("s3://glaux-data/rdd/text")
        print(sorted(sc.textFile("s3://glaux-data/rdd/text").collect()))
        """,
    )
    assert read == "['a', 'b']\n"


def test_files_of_code(session: Session) -> None:
    session.s3.put_object(Bucket="glaux-data", Key="lib/shared_words.py", Body=b"WORD = 'owl'\n")
    session.s3.put_object(Bucket="glaux-data", Key="lib/words.txt", Body=b"tawny\n")
    read = session.stdout(
        """
        from pyspark import SparkFiles
        sc.addPyFile("s3://glaux-data/lib/shared_words.py")
        sc.addFile("s3a://glaux-data/lib/words.txt")
        import shared_words
        print(shared_words.WORD, open(SparkFiles.get("words.txt")).read().strip())
        print(sc.parallelize([0]).map(lambda _: __import__("shared_words").WORD).first())
        """,
    )
    assert read.split() == ["owl", "tawny", "owl"]


def test_python_files_as_a_property(glaux: Server) -> None:
    s3 = glaux.client("s3")
    s3.put_object(Bucket="glaux-data", Key="lib/by_property.py", Body=b"WORD = 'owl'\n")
    place = "s3://glaux-data/lib/by_property.py"
    one = ready_session(glaux, {"spark.submit.pyFiles": place})
    try:
        code = "print(sc.parallelize([0]).map(lambda _: __import__('by_property').WORD).first())"
        assert one.stdout(code) == "owl\n"
    finally:
        one.end()


def test_libraries_find_the_store(session: Session) -> None:
    read = session.stdout(
        """
        import boto3, pandas, pyarrow.dataset, pyarrow.fs, pyarrow.parquet, s3fs
        place = "glaux-data/libraries/t.parquet"
        pandas.DataFrame({"a": [1, 2]}).to_parquet(f"s3://{place}")
        print(len(pandas.read_parquet(f"s3://{place}")))
        print(pyarrow.parquet.read_table(place, filesystem=pyarrow.fs.S3FileSystem()).num_rows)
        print(pyarrow.dataset.dataset(f"s3://{place}").count_rows())
        print(spark.read.parquet(f"s3://{place}").count())
        print(len(s3fs.S3FileSystem().ls("glaux-data/libraries")))
        head = boto3.client("s3").head_object(Bucket="glaux-data", Key="libraries/t.parquet")
        print(head["ContentLength"] > 0)
        """,
    )
    assert read.split() == ["2", "2", "2", "2", "1", "True"]


def test_libraries_in_workers(session: Session) -> None:
    read = session.stdout(
        """
        def ask(_):
            import boto3, pyarrow.fs
            boto3.client("s3").put_object(Bucket="glaux-data", Key="worker", Body=b"123")
            return pyarrow.fs.S3FileSystem().get_file_info("glaux-data/worker").size
        print(sc.parallelize([0], 1).map(ask).first())
        """,
    )
    assert read == "3\n"


def test_what_athena_preinstalls(session: Session) -> None:
    names = (
        "boto3 certifi Cython cycler docutils fontTools joblib kiwisolver matplotlib mpmath numpy"
    )
    names += " packaging pandas patsy PIL plotly pmdarima pyathena pyparsing dateutil pytz requests"
    names += (
        " sklearn scipy seaborn six statsmodels.api sympy tenacity threadpoolctl urllib3 pyarrow"
    )
    code = f"import importlib\nfor name in {names.split()!r}: importlib.import_module(name)\n"
    assert session.stdout(code + "print('all')") == "all\n"


def test_a_bucket_of_others(glaux: Server, session: Session) -> None:
    s3 = glaux.client("s3")
    s3.create_bucket(Bucket="not-for-sessions")
    s3.put_object(Bucket="not-for-sessions", Key="a", Body=b"x")
    assert "AccessDenied" in failure(session, 'spark.read.text("s3://not-for-sessions/a").show()')
    code = 'spark.range(1).write.parquet("s3://not-for-sessions/new")'
    assert "AccessDenied" in failure(session, code)
    assert keys(s3, "not-for-sessions", "") == ["a"]


def test_the_servers_keys_are_not_there(glaux: Server, session: Session) -> None:
    read = session.stdout(
        """
        import os, pathlib
        text = "\\n".join(f"{k}={v}" for k, v in os.environ.items())
        for path in pathlib.Path.cwd().rglob("*"):
            if path.is_file() and path.stat().st_size < 1 << 20:
                text += path.read_bytes().decode("latin-1")
        print(text)
        """,
    )
    assert "AWS_CONTAINER_AUTHORIZATION_TOKEN" in read
    assert glaux.secret not in read
    assert glaux.key_id not in read
