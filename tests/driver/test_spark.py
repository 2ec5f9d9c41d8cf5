"""Sessions with the real Spark."""

import os
import select
from pathlib import Path

import pytest
from driver_harness import Driver

pytestmark = pytest.mark.usefixtures("needs_engine")

JVM_SLEEP = "spark._jvm.java.lang.Thread.sleep(1000000)"
ENDLESS_JOB = "spark.range(10**15).selectExpr('sum(id * id % 7)').collect()"
JOB_OF_A_THREAD = (
    f"import threading\nt = threading.Thread(target=lambda: {ENDLESS_JOB})\nt.start()\nt.join()"
)
SLOW_UDF = (
    "import time\n"
    "from pyspark.sql.functions import udf\n"
    "slow = udf(lambda x: time.sleep(1000))\n"
    "spark.range(2).select(slow('id')).collect()"
)


def test_show(spark: Driver) -> None:
    outcome = spark.run("spark.range(2).show()")
    assert outcome.stdout.strip() == "+---+\n| id|\n+---+\n|  0|\n|  1|\n+---+"
    assert (outcome.stderr, outcome.state) == ("", "COMPLETED")


def test_values(spark: Driver) -> None:
    outcome = spark.run("spark.range(2)")
    assert outcome.outputs[0]["data"] == {"text/plain": "DataFrame[id: bigint]"}
    outcome = spark.run("frame = spark.range(2)\n%table frame")
    assert "<td>1</td>" in outcome.outputs[0]["data"]["text/html"]


def test_sql_magic(spark: Driver) -> None:
    assert "|  3|" in spark.run("\n%%sql\nselect 1 + 2 as sum").stdout
    assert "AnalysisException" in (spark.run("%%sql\nselect * from nowhere").reason or "")


def test_a_code_block_as_dbt_sends_it(spark: Driver) -> None:
    outcome = spark.run(
        "import pandas\nimport pyspark\n\nclass config:\n\n    x = 1\n\n"
        "def materialize(session, df):\n"
        "    if isinstance(df, pandas.core.frame.DataFrame):\n"
        "        df = session.createDataFrame(df)\n"
        "    assert isinstance(df, pyspark.sql.dataframe.DataFrame)\n"
        "    df.write.format('parquet').mode('overwrite').saveAsTable(name='py1')\n"
        "    return 'Success: py1'\n\n"
        "materialize(spark, pandas.DataFrame({'a': [1, 2]}))"
    )
    assert outcome.outputs[0]["data"]["text/plain"] == "'Success: py1'"
    assert spark.run("print(spark.table('py1').count())").stdout == "2\n"
    assert (spark.work / "spark-warehouse" / "py1").is_dir()


def test_python_workers_write_to_the_log(spark: Driver) -> None:
    outcome = spark.run(
        "import os\n"
        "def noisy(x):\n"
        "    os.write(1, b'from a worker\\n'); os.write(2, b'worker error\\n')\n"
        "    return x\n"
        "print(sc.parallelize([1, 2]).map(noisy).sum())"
    )
    assert (outcome.stdout, outcome.stderr) == ("3\n", "")
    assert "from a worker" in spark.log()


def test_the_reason_of_an_error_in_a_worker(spark: Driver) -> None:
    outcome = spark.run(
        "from pyspark.sql.functions import udf\n"
        "bad = udf(lambda x: 1 / 0)\n"
        "spark.range(1).select(bad('id')).collect()"
    )
    assert outcome.state == "FAILED"
    assert "ZeroDivisionError: division by zero" in (outcome.reason or "")


def test_nothing_leaves_the_working_folder(spark: Driver) -> None:
    spark.run("print(spark.conf.get('spark.sql.warehouse.dir'))")
    paths = spark.run(
        "jvm = spark._jvm\nprint(jvm.java.lang.System.getProperty('java.io.tmpdir'))\n"
        "print(sc.getConf().get('spark.local.dir'))\nimport tempfile\nprint(tempfile.gettempdir())"
    ).stdout.split()
    assert all(Path(path).is_relative_to(spark.work) for path in paths)
    assert len(paths) == 3


def test_the_jvm_keeps_few_arenas(spark: Driver) -> None:
    """Its many threads would have one of glibc's each, and keep what they once took."""
    value = spark.run("print(spark._jvm.java.lang.System.getenv('MALLOC_ARENA_MAX'))").stdout
    assert value == "2\n"


def test_loopback_only(spark: Driver) -> None:
    inodes = set()
    for pid in descendants(spark.process.pid):
        for fd in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    addresses = listening(inodes)
    assert addresses
    assert all(address in ("0100007F", IPV4_IN_6) for address in addresses), addresses


IPV4_IN_6 = "0000000000000000FFFF00000100007F"


def descendants(pid: int) -> set[int]:
    found = {pid}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                group = os.getpgid(int(name))
            except ProcessLookupError:
                continue
            if group == pid:
                found.add(int(name))
    return found


def listening(inodes: set[str]) -> list[str]:
    rows = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            part = line.split()
            if part[3] == "0A" and part[9] in inodes:
                rows.append(part[1].partition(":")[0])
    return rows


def test_progress_follows_the_tasks(spark: Driver) -> None:
    outcome = spark.run(
        "import time\nsc.parallelize(range(8), 8).map(lambda x: time.sleep(0.4)).count()"
    )
    assert outcome.progress
    assert outcome.progress[0].startswith("stage ")
    assert any("/8 tasks (" in text for text in outcome.progress)
    assert len(set(outcome.progress)) == len(outcome.progress)


@pytest.mark.parametrize(
    "code",
    [
        JVM_SLEEP,
        ENDLESS_JOB,
        SLOW_UDF,
        JOB_OF_A_THREAD,
        f"while True:\n    try:\n        {ENDLESS_JOB}\n    except Exception:\n        pass",
        "for row in spark.range(10**12).toLocalIterator(): pass",
    ],
    ids=["jvm sleep", "job", "udf", "job of a thread", "job begun again", "iterator"],
)
def test_stopped(spark: Driver, code: str) -> None:
    running = spark.start(f"print('go')\n{code}")
    running.printed("go")
    if code != JVM_SLEEP:
        while spark.receive()["t"] != "progress":
            pass
    running.cancel()
    outcome = running.wait(15)
    assert (outcome.state, outcome.reason) == ("CANCELED", None)
    after = spark.run("print(len(sc.statusTracker().getActiveJobsIds()), spark.range(10).count())")
    assert after.stdout == "0 10\n"


def test_a_call_that_the_jvm_cannot_end(spark: Driver) -> None:
    """A lock that ignores interrupts: Python lets the call go, the session stays usable."""
    running = spark.start(
        "gateway = spark._jvm\n"
        "print('go')\n"
        "gateway.com.google.common.util.concurrent.Uninterruptibles.sleepUninterruptibly("
        "5, gateway.java.util.concurrent.TimeUnit.SECONDS)"
    )
    running.printed("go")
    running.cancel()
    assert running.wait(15).state == "CANCELED"
    assert spark.run("print(spark.range(3).count())").stdout == "3\n"


def test_streaming_queries_live_on_and_a_stop_ends_only_its_own(spark: Driver) -> None:
    start = (
        "= spark.readStream.format('rate').load().writeStream.format('noop').start()\n"
        "from pyspark.sql import SparkSession\n"
    )
    assert spark.run(f"old {start}").state == "COMPLETED"
    running = spark.start(f"new {start}print('go')\nnew.awaitTermination()")
    running.printed("go")
    running.cancel()
    assert running.wait(15).state == "CANCELED"
    assert spark.run("print(old.isActive, new.isActive)").stdout == "True False\n"
    spark.run("old.stop()")


@pytest.mark.parametrize("stop", ["spark.stop()", "sc.stop()", "sc._jsc.sc().stop()"])
def test_spark_is_made_anew_after_a_stop(spark: Driver, stop: str) -> None:
    assert spark.run(f"x = 7\n{stop}").state == "COMPLETED"
    outcome = spark.run("print(x, spark.range(3).count(), sc.parallelize([1, 2]).sum())")
    assert outcome.stdout == "7 3 3\n"


def test_a_session_of_ones_own_becomes_the_session(spark: Driver) -> None:
    outcome = spark.run(
        "from pyspark.sql import SparkSession\n"
        "spark.stop()\n"
        "mine = SparkSession.builder.appName('mine').getOrCreate()\n"
        "print(mine.range(2).count())"
    )
    assert (outcome.stdout, outcome.stderr) == ("2\n", "")
    assert spark.run("print(sc.appName, spark.range(2).count())").stdout == "mine 2\n"


def test_log_level(spark: Driver) -> None:
    assert spark.run("%set_log_level ERROR").state == "COMPLETED"


def test_ready_says_what_runs() -> None:
    driver = Driver("spark", spark_properties={"spark.app.name": "mine", "other": "x"})
    frame = driver.ready()
    assert frame["spark_version"].startswith("3.5.")
    assert frame["app_id"].startswith("local-")
    assert frame["python_version"].startswith("3.")
    assert driver.run("print(sc.appName)").stdout == "mine\n"
    assert driver.close() == 0
    assert not driver.left_over


def test_properties_as_sagemaker_and_dbt_send_them() -> None:
    driver = Driver(
        "spark",
        data_url="http://127.0.0.1:9",
        region="us-east-1",
        warehouse="s3://glaux-data/warehouse",
        spark_properties={
            "spark.hadoop.hive.metastore.client.factory.class": (
                "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory"
            ),
            "spark.sql.catalog.spark_catalog": "org.apache.iceberg.spark.SparkSessionCatalog",
            "spark.sql.catalog.spark_catalog.catalog-impl": (
                "org.apache.iceberg.aws.glue.GlueCatalog"
            ),
            "spark.sql.extensions": (
                "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
            ),
            "spark.hadoop.fs.s3.credentialsResolverClass": (
                "com.amazonaws.glue.accesscontrol.AWSLakeFormationCredentialResolver"
            ),
            "spark.authenticate": "true",
            "spark.io.encryption.enabled": "true",
            "spark.network.crypto.enabled": "true",
            "spark.dynamicAllocation.enabled": "true",
            "spark.executor.memory": "10g",
            "spark.some.thing": 'a "quoted" \\ value\nof two\r\nlines',
        },
    )
    driver.ready()
    assert driver.run("spark.sql('select 1').show()").state == "COMPLETED"
    value = driver.run("print(repr(sc.getConf().get('spark.some.thing')))").stdout
    assert value == repr('a "quoted" \\ value\nof two\r\nlines') + "\n"
    assert "AWSGlueDataCatalogHiveClientFactory is AWS's own" in driver.log()
    assert driver.close() == 0


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"spark.executor.memory": "much"}, "spark.executor.memory"),
        ({"spark.sql.shuffle.partitions": "abc"}, "spark.sql.shuffle.partitions"),
        ({"spark.plugins": "no.such.Plugin"}, "no.such.Plugin"),
        ({"spark.driver.extraJavaOptions": "-javaagent:/nonexistent.jar"}, "ended with code 1"),
        ({"spark.athena.x": "1"}, "spark.athena.x is reserved"),
    ],
)
def test_a_property_that_spark_refuses(properties: dict[str, str], words: str) -> None:
    driver = Driver("spark", spark_properties=properties)
    frame = driver.receive()
    assert frame["t"] == "failed"
    assert words in frame["reason"]
    assert driver.end() == 1
    assert not driver.left_over


def test_no_java() -> None:
    driver = Driver("spark", java_home="/nonexistent")
    frame = driver.receive()
    assert frame["t"] == "failed"
    assert "no Java found in /nonexistent" in frame["reason"]
    assert driver.end() == 1


def test_a_damaged_class_archive_is_not_used(tmp_path: Path) -> None:
    archive = tmp_path / "spark.jsa"
    archive.write_bytes(b"not an archive" * 1000)
    driver = Driver("spark", class_archive=str(archive))
    driver.ready()
    assert driver.close() == 0


def test_the_jvm_ends_with_the_driver() -> None:
    driver = Driver("spark")
    driver.ready()
    jvm = next(pid for pid in descendants(driver.process.pid) if pid != driver.process.pid)
    handle = os.pidfd_open(jvm)
    driver.process.kill()
    assert select.select([handle], [], [], 10)[0], "the JVM outlives its driver"
    os.close(handle)
    assert driver.end() == -9


def test_a_jvm_that_dies_fails_the_block_and_the_session() -> None:
    driver = Driver("spark")
    driver.ready()
    running = driver.start("spark._jvm.java.lang.Runtime.getRuntime().halt(7)")
    outcome = running.wait()
    assert outcome.state == "FAILED"
    assert outcome.reason == "the session's Spark JVM ended unexpectedly, with code 7"
    assert driver.end() == 3


def test_exit_while_a_job_runs() -> None:
    driver = Driver("spark")
    driver.ready()
    running = driver.start(f"print('go')\n{ENDLESS_JOB}")
    running.printed("go")
    while driver.receive()["t"] != "progress":
        pass
    assert driver.close() == 0
    assert not driver.left_over


def test_exit_before_ready() -> None:
    driver = Driver("spark")
    assert driver.close() == 0
    assert not driver.left_over
