"""Hadoop's S3A and Spark outside a session, with keys and an endpoint as everywhere else.

The engine's own Spark and jars, without anything of Glaux's.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession
from s3_content import BIG, content, file_of, read
from server import Server

ENGINE = Path(os.environ["GLAUX_ENGINE"])
JARS = sorted(p for p in (ENGINE / "share/glaux/jars").glob("*.jar") if "glaux" not in p.name)
NAMES = ["with space", "plus+plus", "per%cent", "ümläut 日本語", "a=1&b?c#d", "quotes'\""]


@pytest.fixture(scope="module")
def spark(glaux: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "fs.s3a.endpoint": glaux.endpoint,
        "fs.s3a.access.key": glaux.key_id,
        "fs.s3a.secret.key": glaux.secret,
        "fs.s3a.path.style.access": "true",
        "fs.s3a.multipart.size": "5M",
        "fs.s3a.multipart.threshold": "5M",
        "fs.s3a.buffer.dir": str(folder / "s3a"),
        "mapreduce.outputcommitter.factory.scheme.s3a": (
            "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory"
        ),
    }
    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .config("spark.driver.extraClassPath", os.pathsep.join(map(str, JARS)))
    )
    for name, value in settings.items():
        builder = builder.config(f"spark.hadoop.{name}", value)
    one = builder.getOrCreate()
    one.sparkContext.setLogLevel("ERROR")
    yield one
    one.stop()


class Files:
    """A FileSystem of Hadoop's on one bucket."""

    def __init__(self, spark: SparkSession, bucket: str, **settings: str) -> None:
        self.jvm: Any = spark._jvm
        self.root = f"s3a://{bucket}"
        conf = self.jvm.org.apache.hadoop.conf.Configuration(
            spark.sparkContext._jsc.hadoopConfiguration()
        )
        for name, value in settings.items():
            conf.set(name.replace("_", "."), value)
        self.conf = conf
        self.fs = self.jvm.org.apache.hadoop.fs.FileSystem.newInstance(
            self.jvm.java.net.URI(self.root), conf
        )

    def path(self, name: str) -> Any:
        """Built from parts: a Path made of one text takes a colon for a scheme."""
        path = self.jvm.org.apache.hadoop.fs.Path
        return path(f"{self.root}/", name) if name else path(f"{self.root}/")

    def write(self, name: str, data: bytes, overwrite: bool = False) -> None:
        out = self.fs.create(self.path(name), overwrite)
        out.write(data)
        out.close()

    def text(self, name: str) -> str:
        stream = self.fs.open(self.path(name))
        try:
            return str(self.jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def names(self, name: str) -> list[str]:
        return [one.getPath().getName() for one in self.fs.listStatus(self.path(name))]

    def all_files(self, name: str) -> list[str]:
        found, files = [], self.fs.listFiles(self.path(name), True)
        while files.hasNext():
            found.append(files.next().getPath().toString().removeprefix(f"{self.root}/"))
        return sorted(found)


@pytest.fixture(params=["2", "1"])
def files(request: pytest.FixtureRequest, spark: SparkSession, bucket: str) -> Iterator[Files]:
    """With either version of lists."""
    one = Files(spark, bucket, fs_s3a_list_version=request.param)
    yield one
    one.fs.close()


def error_of(info: pytest.ExceptionInfo[Py4JJavaError]) -> str:
    return str(info.value.java_exception.getClass().getSimpleName())


def test_folders(files: Files) -> None:
    assert files.fs.mkdirs(files.path("a/b/c"))
    assert files.fs.getFileStatus(files.path("a/b")).isDirectory()
    assert files.names("a") == ["b"]
    assert not files.fs.exists(files.path("a/x"))
    files.write("a/b/file", b"x")
    with pytest.raises(Py4JJavaError) as info:
        files.fs.mkdirs(files.path("a/b/file/below"))
    assert error_of(info) == "FileAlreadyExistsException"
    with pytest.raises(Py4JJavaError) as info:
        files.fs.delete(files.path("a"), False)
    assert error_of(info) == "PathIsNotEmptyDirectoryException"
    assert files.fs.delete(files.path("a"), True)
    assert not files.fs.exists(files.path("a"))
    assert not files.fs.delete(files.path("a"), True)


def test_files(files: Files, s3: Any, bucket: str) -> None:
    files.write("one", b"first")
    with pytest.raises(Py4JJavaError) as info:
        files.write("one", b"second")
    assert error_of(info) == "FileAlreadyExistsException"
    files.write("one", b"second", overwrite=True)
    assert files.text("one") == "second"
    assert read(s3, bucket, "one") == b"second"
    assert files.fs.getFileStatus(files.path("one")).getLen() == 6
    with pytest.raises(Py4JJavaError) as info:
        files.text("none")
    assert error_of(info) == "FileNotFoundException"
    files.write("empty", b"")
    assert files.text("empty") == ""
    stream = files.fs.open(files.path("one"))
    stream.seek(3)
    assert chr(stream.read()) == "o"
    stream.seek(0)
    assert chr(stream.read()) == "s"
    stream.close()


def test_renames(files: Files) -> None:
    for name in ("from/a", "from/b/c", "from/b/d"):
        files.write(name, name.encode())
    assert files.fs.rename(files.path("from/a"), files.path("from/z"))
    assert files.fs.rename(files.path("from"), files.path("to"))
    assert files.all_files("to") == ["to/b/c", "to/b/d", "to/z"]
    assert files.text("to/z") == "from/a"
    assert not files.fs.exists(files.path("from"))
    with pytest.raises(Py4JJavaError) as info:
        files.fs.rename(files.path("none"), files.path("other"))
    assert error_of(info) == "FileNotFoundException"
    files.fs.mkdirs(files.path("into"))
    assert files.fs.rename(files.path("to"), files.path("into"))
    assert files.all_files("into") == ["into/b/c", "into/b/d", "into/z"]  # S3A's own way


def test_lists(files: Files) -> None:
    wanted = [f"d{folder}/part-{number}" for folder in range(3) for number in range(4)]
    for name in wanted:
        files.write(name, b"1234")
    assert files.all_files("") == wanted
    assert sorted(files.names("")) == ["d0", "d1", "d2"]
    found = files.fs.globStatus(files.path("d[12]/part-{0,3}"))
    names = ["d1/part-0", "d1/part-3", "d2/part-0", "d2/part-3"]
    assert [one.getPath().toString() for one in found] == [f"{files.root}/{n}" for n in names]
    summary = files.fs.getContentSummary(files.path("/"))
    assert (summary.getLength(), summary.getFileCount()) == (48, 12)


def test_names(files: Files, s3: Any, bucket: str) -> None:
    for name in NAMES:
        files.write(f"names/{name}", name.encode())
        assert read(s3, bucket, f"names/{name}") == name.encode()
        assert files.text(f"names/{name}") == name
    assert sorted(files.names("names")) == sorted(NAMES)
    assert files.fs.rename(files.path("names"), files.path("new names"))
    assert sorted(files.names("new names")) == sorted(NAMES)


def test_many_files_go_at_once(spark: SparkSession, s3: Any, bucket: str) -> None:
    """More than one page of a list, and deleted by pages as well."""
    files = Files(spark, bucket, fs_s3a_paging_maximum="100")
    for number in range(250):
        s3.put_object(Bucket=bucket, Key=f"many/{number:03}", Body=b"")
    assert len(files.all_files("many")) == 250
    assert files.fs.delete(files.path("many"), True)
    assert s3.list_objects_v2(Bucket=bucket, Prefix="many/")["KeyCount"] == 0


@pytest.mark.parametrize("buffer", ["disk", "array", "bytebuffer"])
def test_a_large_file(
    spark: SparkSession, s3: Any, bucket: str, tmp_path: Path, buffer: str
) -> None:
    files = Files(spark, bucket, fs_s3a_fast_upload_buffer=buffer)
    local = file_of(tmp_path, "big", BIG)
    path = files.jvm.org.apache.hadoop.fs.Path
    files.fs.copyFromLocalFile(path(f"file:{local}"), files.path("copied"))
    stream = files.fs.create(files.path("streamed"), True)
    for begin in range(0, BIG, 1 << 20):
        stream.write(content(BIG)[begin : begin + (1 << 20)])
    stream.close()
    assert files.fs.rename(files.path("streamed"), files.path("renamed"))
    for name in ("copied", "renamed"):
        assert read(s3, bucket, name) == content(BIG)
        files.fs.copyToLocalFile(files.path(name), path(str(tmp_path / name)))
        assert (tmp_path / name).read_bytes() == content(BIG)
    assert s3.head_object(Bucket=bucket, Key="renamed")["ETag"].endswith('-4"')


def test_a_stream_that_is_not_closed_leaves_nothing(
    spark: SparkSession, s3: Any, bucket: str
) -> None:
    files = Files(spark, bucket)
    stream = files.fs.create(files.path("half"), True)
    for _ in range(6):
        stream.write(bytes(1 << 20))
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    stream.abort()
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads")


COMMITTERS = {
    "magic": {"fs.s3a.committer.magic.enabled": "true"},
    "directory": {},
    "partitioned": {},
    "file": {},  # the one that renames
}


@pytest.mark.parametrize("committer", COMMITTERS)
def test_spark_writes_through_a_committer(
    spark: SparkSession, s3: Any, bucket: str, tmp_path: Path, committer: str
) -> None:
    writer = spark.newSession()
    protocol = "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol"
    writer.conf.set("spark.sql.sources.commitProtocolClass", protocol)
    writer.conf.set(
        "spark.sql.parquet.output.committer.class",
        "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter",
    )
    settings = COMMITTERS[committer] | {
        "fs.s3a.committer.name": committer,
        "fs.s3a.committer.staging.tmp.path": str(tmp_path / "staging"),
        "fs.s3a.committer.staging.conflict-mode": "append",
    }
    for name, value in settings.items():
        writer.conf.set(name, value)
    place = f"s3a://{bucket}/table"
    rows = writer.range(100).selectExpr("id", "id % 3 as p").repartition(2)
    for number in (1, 2):
        rows.write.mode("append").partitionBy("p").parquet(place)
        assert writer.read.parquet(place).count() == 100 * number
    assert writer.read.parquet(place).where("p = 1").count() == 66
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert not [key for key in keys if "__magic" in key or "_temporary" in key]
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads")
    if committer in ("magic", "directory"):
        told = json.load(io.BytesIO(read(s3, bucket, "table/_SUCCESS")))
        assert told["committer"] == committer


def test_the_shell(spark: SparkSession, s3: Any, bucket: str, tmp_path: Path) -> None:
    """What `hadoop fs` runs."""
    jvm: Any = spark._jvm
    conf = Files(spark, bucket).conf
    root = f"s3a://{bucket}"

    def shell(*arguments: str) -> int:
        array = spark.sparkContext._gateway.new_array(jvm.java.lang.String, len(arguments))
        for index, one in enumerate(arguments):
            array[index] = one
        runner = jvm.org.apache.hadoop.util.ToolRunner
        return int(runner.run(conf, jvm.org.apache.hadoop.fs.FsShell(), array))

    local = file_of(tmp_path, "local", 3000)
    assert shell("-mkdir", "-p", f"{root}/a/b") == 0
    assert shell("-put", str(local), f"{root}/a/b/one") == 0
    assert shell("-put", str(local), f"{root}/a/b/one") == 1
    assert shell("-cp", f"{root}/a/b/one", f"{root}/a/two") == 0
    assert shell("-mv", f"{root}/a/two", f"{root}/three") == 0
    assert shell("-test", "-e", f"{root}/three") == 0
    assert shell("-test", "-d", f"{root}/three") == 1
    assert shell("-touchz", f"{root}/a/nothing") == 0
    assert shell("-get", f"{root}/three", str(tmp_path / "back")) == 0
    assert (tmp_path / "back").read_bytes() == local.read_bytes()
    for command in ("-ls", "-du", "-count", "-stat", "-find"):
        assert shell(command, f"{root}/a") == 0
    assert shell("-rm", "-r", "-skipTrash", f"{root}/a") == 0
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["three"]
