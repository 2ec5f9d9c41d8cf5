"""Makes the engine's class archive: `python -I -X utf8 <driver folder> prepare`.

The JVM maps the archive instead of loading and checking Spark's classes one by one, which halves
the time to a ready session and to its first job. It belongs to one Java and one place of the
engine's environment; with any other the JVM ignores it and starts as without.
"""

import contextlib
import os
import tempfile
from dataclasses import replace
from typing import Any

from glaux_driver.data import COMMIT_PROTOCOL, S3A
from glaux_driver.jvm import archive_path, jar_names, launch, spark_home
from glaux_driver.log import log
from glaux_driver.properties import choose
from glaux_driver.spark import SparkEngine
from glaux_driver.spec import Spec

JVM_EXIT_S = 300.0

# What a session loads only when somebody answers: catalog, committers, uploads.
THRIFT = "org.apache.hadoop.hive.metastore.api.ThriftHiveMetastore"
LATER = (
    "org.apache.spark.sql.hive.HiveSessionStateBuilder",
    "org.apache.spark.sql.hive.HiveSessionCatalog",
    "org.apache.spark.sql.hive.execution.HiveFileFormat",
    f"{THRIFT}$Client",
    *(
        f"{THRIFT}${call}_{part}"
        for call in (
            "set_ugi",
            "get_database",
            "get_databases",
            "get_all_functions",
            "get_table",
            "get_tables",
            "create_table_with_environment_context",
            "drop_table_with_environment_context",
        )
        for part in ("args", "result")
    ),
    "org.apache.hadoop.hive.metastore.api.Table",
    "org.apache.hadoop.hive.ql.metadata.Table",
    f"{S3A}.S3ABlockOutputStream",
    f"{S3A}.S3AInputStream",
    f"{S3A}.commit.S3ACommitterFactory",
    f"{S3A}.commit.staging.DirectoryStagingCommitter",
    "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol",
    "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter",
    COMMIT_PROTOCOL,
)


def _use(spark: Any, folder: str) -> None:
    """What sessions commonly do, so that its classes come into the archive."""
    spark.range(100).count()
    spark.createDataFrame([(1, "a"), (2, "b")], ["x", "y"]).createOrReplaceTempView("t")
    spark.sql("select y, sum(x) as s, avg(x) from t group by y order by s").show()
    spark.sql("select a.y from t a join t b on a.x = b.x where a.y like 'a%'").toPandas()
    path = os.path.join(folder, "data")
    spark.range(10).selectExpr("id", "id % 3 as k").write.parquet(path)
    spark.read.parquet(path).groupBy("k").count().collect()
    spark.range(3).write.option("header", "true").csv(path + ".csv")
    spark.read.option("header", "true").option("inferSchema", "true").csv(path + ".csv").count()
    spark.range(3).write.saveAsTable("t2")
    spark.sparkContext.parallelize(range(10)).map(lambda x: x + 1).sum()
    spark.sparkContext.statusTracker().getActiveStageIds()
    _use_catalog(spark)
    _use_s3a(spark)
    for name in LATER:
        spark.sparkContext._jvm.java.lang.Class.forName(name)


def _use_catalog(spark: Any) -> None:
    """Nobody answers: the Hive client's classes are loaded all the same."""
    conf = spark.sparkContext._jsc.hadoopConfiguration()
    conf.set("hive.metastore.uris", "thrift://127.0.0.1:1")
    conf.set("hive.metastore.connect.retries", "1")
    conf.set("hive.metastore.failure.retries", "0")
    hive = spark.sparkContext._jvm.org.apache.spark.sql.hive
    with contextlib.suppress(Exception):
        hive.HiveExternalCatalog(spark.sparkContext._jsc.getConf(), conf).listDatabases()


def _use_s3a(spark: Any) -> None:
    """Nobody answers: the file system's and the SDK's classes are loaded all the same."""
    conf = spark.sparkContext._jsc.hadoopConfiguration()
    for key in ("fs.s3a.attempts.maximum", "fs.s3a.retry.limit"):
        conf.set(key, "1")
    conf.set("fs.s3a.aws.credentials.provider", f"{S3A}.AnonymousAWSCredentialsProvider")
    with contextlib.suppress(Exception):
        spark.read.parquet("s3://nobody/answers")


def main() -> int:
    place = archive_path()
    os.makedirs(os.path.dirname(place), exist_ok=True)
    aside = f"{place}.{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder:
        spec = Spec(
            "prepare",
            folder,
            java_home=os.environ.get("JAVA_HOME", ""),
            data_url="http://127.0.0.1:1",
            class_archive=os.path.join(folder, "none"),  # from an old one Java makes no new one
        )
        for name in ("tmp", "local"):
            os.makedirs(os.path.join(spec.private_dir, name))
        os.chdir(folder)
        choice = choose(spec, jar_names(spark_home()), log)
        choice = replace(choice, java_options=f"-XX:ArchiveClassesAtExit={aside}")
        engine = SparkEngine(launch(spec, choice).wait(), choice)
        _use(engine.names()["spark"], folder)
        engine.close(JVM_EXIT_S)
        os.chdir("/")
    if not os.path.exists(aside):
        log("Java wrote no class archive: see the lines above")
        return 1
    os.chmod(aside, 0o644)
    os.replace(aside, place)
    print(place)
    return 0
