"""PyAthena's Spark cursors, unmodified; the tests run with version 3 and with version 4."""

from __future__ import annotations

from typing import Any

import pyathena
import pytest
from pyathena import connect
from pyathena.error import OperationalError
from pyathena.spark.async_cursor import AsyncSparkCursor
from pyathena.spark.cursor import SparkCursor
from server import Server, wait_for

pytestmark = pytest.mark.usefixtures("environment")


def spark(cursor_class: type[Any], **options: Any) -> Any:
    connection = connect(work_group="spark", region_name="us-east-1", poll_interval=0.1)
    return connection.cursor(cursor_class, **options)


@pytest.fixture
def cursor(environment: dict[str, str]) -> Any:
    with spark(SparkCursor) as one:
        yield one


def test_a_session_runs_calculations_and_ends(glaux: Server, cursor: Any) -> None:
    cursor.execute('text = "x" * 3')
    assert cursor.state == "COMPLETED"
    assert cursor.state_change_reason is None
    assert cursor.get_std_out() == ""
    assert cursor.get_std_error() == ""
    assert cursor.result_s3_uri.startswith("s3://")
    assert cursor.result_type == "application/vnd.aws.athena.v1+json"
    assert cursor.dpu_execution_in_millis > 0
    assert cursor.progress
    assert cursor.submission_date_time <= cursor.completion_date_time

    cursor.execute("print(text)", description="a description")
    assert cursor.get_std_out() == "xxx"
    assert cursor.description == "a description"
    assert cursor.working_directory.endswith(cursor.calculation_id)

    session_id = cursor.session_id
    cursor.close()
    athena = glaux.client("athena")
    status = wait_for(
        lambda: [
            s
            for s in [athena.get_session_status(SessionId=session_id)["Status"]]
            if s["State"] == "TERMINATED"
        ]
    )
    assert status[0]["StateChangeReason"] == "Session was terminated per request"


def test_an_error_is_told_as_athena_tells_it(cursor: Any) -> None:
    with pytest.raises(OperationalError) as error:
        cursor.execute("\nfoobar\n")
    text = "File \"<stdin>\", line 2, in <module>\nNameError: name 'foobar' is not defined"
    assert str(error.value) == text
    assert cursor.state == "FAILED"
    assert cursor.get_std_error() == text
    cursor.execute("print(1)")
    assert cursor.get_std_out() == "1"


def test_spark_frames_show_as_text(cursor: Any) -> None:
    cursor.execute(
        """
from pyspark.sql import functions as F
frame = spark.createDataFrame([("a", 1), ("b", 2), ("a", 3)], ["key", "value"])
frame.groupBy("key").agg(F.sum("value").alias("sum")).orderBy("key").show()
"""
    )
    assert cursor.get_std_out() == (
        "+---+---+\n|key|sum|\n+---+---+\n|  a|  4|\n|  b|  2|\n+---+---+"
    )


def test_an_existing_session_is_shared(cursor: Any) -> None:
    cursor.execute("shared = 42")
    other = spark(SparkCursor, session_id=cursor.session_id)
    other.execute("print(shared)")
    assert other.get_std_out() == "42"


def test_an_unknown_session_is_not_found(environment: dict[str, str]) -> None:
    with pytest.raises(OperationalError, match="not found"):
        spark(SparkCursor, session_id="00000000-0000-4000-8000-000000000000")


def test_cancel_ends_the_code_and_not_the_session(environment: dict[str, str]) -> None:
    with spark(AsyncSparkCursor) as cursor:
        calculation_id, future = cursor.execute("import time\ntime.sleep(120)")
        cursor.cancel(calculation_id).result(timeout=30)
        execution = future.result(timeout=60)
        assert execution.state == "CANCELED"
        calculation_id, future = cursor.execute("print(2)")
        assert future.result(timeout=60).state == "COMPLETED"
        assert cursor.get_std_out(future.result()).result(timeout=30) == "2"


def test_the_asynchronous_cursor(environment: dict[str, str]) -> None:
    with spark(AsyncSparkCursor) as cursor:
        calculation_id, future = cursor.execute("print('async')")
        execution = future.result(timeout=60)
        assert execution.calculation_id == calculation_id
        assert execution.state == "COMPLETED"
        assert cursor.get_std_out(execution).result(timeout=30) == "async"
        _, future = cursor.execute("1 / 0")
        execution = future.result(timeout=60)
        assert execution.state == "FAILED"
        error = cursor.get_std_error(execution).result(timeout=30)
        assert error.endswith("ZeroDivisionError: division by zero")


def test_the_release_is_the_pinned_one() -> None:
    assert pyathena.__version__ in ("3.34.0", "4.2.1")
