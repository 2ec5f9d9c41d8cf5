"""What a session's JVM does with s3:// by itself: jars, and Hadoop's file systems."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from server import Server, Session, ready_session

ENGINE = Path(os.environ["GLAUX_ENGINE"])
SOURCE = """
public class Owl extends org.apache.hadoop.hive.ql.exec.UDF {
    public String evaluate(String word) { return word + " owl"; }
}
"""


@pytest.fixture(scope="module")
def jar(glaux: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A function of Hive's kind in a jar on s3://; its key."""
    folder = tmp_path_factory.mktemp("jar")
    (folder / "Owl.java").write_text(SOURCE)
    jars = next((ENGINE / "lib").glob("python3*/site-packages/pyspark/jars"))
    command = ["javac", "-cp", f"{jars}/*", "-d", str(folder), str(folder / "Owl.java")]
    subprocess.run(command, check=True, timeout=120)
    with zipfile.ZipFile(folder / "owl.jar", "w") as made:
        made.write(folder / "Owl.class", "Owl.class")
    glaux.client("s3").upload_file(str(folder / "owl.jar"), "glaux-data", "lib/owl.jar")
    return "glaux-data/lib/owl.jar"


def test_jars_of_statements(session: Session, jar: str) -> None:
    read = session.stdout(
        f"""
        spark.sql("create temporary function owl as 'Owl' using jar 's3://{jar}'")
        print(spark.sql("select owl('tawny')").first()[0])
        spark.sql("add jar s3a://{jar}")
        print([r[0].rsplit("/", 1)[1] for r in spark.sql("list jars").collect()])
        """
    )
    assert read.splitlines()[0] == "tawny owl"
    assert "owl.jar" in read.splitlines()[1]


@pytest.mark.parametrize("scheme", ["s3", "s3a"])
def test_jars_as_a_property(glaux: Server, jar: str, scheme: str) -> None:
    one = ready_session(glaux, {"spark.jars": f"{scheme}://{jar}"})
    try:
        read = one.stdout(
            """
            spark.sql("create temporary function owl as 'Owl'")
            rows = spark.createDataFrame([("barn",)], ["word"])
            print(rows.repartition(2).selectExpr("owl(word)").first()[0])
            """
        )
        assert read.strip() == "barn owl"
    finally:
        one.end()


@pytest.mark.parametrize("scheme", ["s3", "s3a"])
def test_file_systems_of_hadoop(session: Session, scheme: str) -> None:
    read = session.stdout(
        f"""
        jvm, conf = spark.sparkContext._jvm, spark.sparkContext._jsc.hadoopConfiguration()
        root = "{scheme}://glaux-data/jvm-{scheme}"
        path = lambda name: jvm.org.apache.hadoop.fs.Path(f"{{root}}/{{name}}")
        fs = path("").getFileSystem(conf)
        out = fs.create(path("a/one"))
        out.write(bytearray(b"12345"))
        out.close()
        print(fs.exists(path("a/one")), fs.getFileStatus(path("a/one")).getLen())
        print(fs.mkdirs(path("b")), fs.rename(path("a/one"), path("b/two")))
        print([str(s.getPath().toString()) for s in fs.globStatus(path("*/t*"))])
        print(fs.getContentSummary(path("")).getFileCount())
        print(fs.delete(path(""), True), fs.exists(path("b/two")))
        """
    )
    assert read.splitlines() == [
        "True 5",
        "True True",
        f"['{scheme}://glaux-data/jvm-{scheme}/b/two']",
        "1",
        "True False",
    ]


def test_a_folder_that_was_synced(
    glaux: Server, session: Session, environment: dict[str, str], tmp_path: Path
) -> None:
    """Many files, in folders with odd names, copied by the AWS CLI and read at once."""
    for number in range(120):
        folder = tmp_path / f"year={2000 + number % 3}" / f"part {number % 5}+ä"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.csv").write_text(f"id,name\n{number},owl {number}\n")
    command = [os.environ["GLAUX_AWS_CLI"], "s3", "sync", "--quiet", ".", "s3://glaux-data/synced/"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=120)
    read = session.stdout(
        """
        rows = spark.read.options(header=True, inferSchema=True, recursiveFileLookup=True) \\
            .csv("s3://glaux-data/synced/")
        print(rows.count(), rows.agg({"id": "sum"}).first()[0])
        one = spark.read.option("header", True).csv("s3://glaux-data/synced/year=2001/*/*.csv")
        print(one.count(), one.select("name").distinct().count())
        """
    )
    assert read.splitlines() == ["120 7140", "40 40"]
