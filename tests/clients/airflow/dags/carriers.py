"""A DAG that waits for a file on s3://, makes a table of it in a Spark session, and looks at it."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.hooks.athena import AthenaHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.athena_spark import AthenaSparkOperator
from airflow.providers.amazon.aws.sensors.athena_spark import AthenaSparkSensor
from airflow.providers.amazon.aws.sensors.glue_catalog_partition import GlueCatalogPartitionSensor
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.providers.amazon.aws.transfers.local_to_s3 import LocalFilesystemToS3Operator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, chain

CODE = """
rows = spark.read.option("header", True).csv("s3://glaux-data/airflow/in/")
rows.write.mode("overwrite").partitionBy("year").saveAsTable("airflow_dag.carriers")
print(spark.table("airflow_dag.carriers").where("year = 2013").count())
"""
SESSION = "{{ ti.xcom_pull('session') }}"


def start_session() -> str:
    """The provider has no operator for it; its hook has the waiter."""
    hook = AthenaHook()
    started = hook.conn.start_session(
        WorkGroup="spark", EngineConfiguration={"MaxConcurrentDpus": 4}
    )
    hook.get_waiter("session_idle").wait(
        SessionId=started["SessionId"], WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )
    return str(started["SessionId"])


def check(ti: Any) -> None:
    done = ti.xcom_pull("table")
    assert done["state"] == "COMPLETED"
    assert S3Hook().read_key(done["stdout_s3_uri"]).strip() == "2"
    query = ti.xcom_pull("partitions")
    found = AthenaHook().get_query_results(query)
    lines = [row["Data"][0]["VarCharValue"] for row in found["ResultSet"]["Rows"]]
    assert sorted(lines) == ["year=2013", "year=2014"]


def end_session(ti: Any) -> None:
    AthenaHook().conn.terminate_session(SessionId=ti.xcom_pull("session"))


with DAG("carriers"):
    chain(
        LocalFilesystemToS3Operator(
            task_id="upload",
            filename="{{ var.value.file }}",
            dest_key="s3://glaux-data/airflow/in/carriers.csv",
            replace=True,
        ),
        S3KeySensor(
            task_id="wait",
            bucket_key="s3://glaux-data/airflow/in/*.csv",
            wildcard_match=True,
            poke_interval=1,
            timeout=60,
        ),
        AthenaOperator(
            task_id="schema",
            query="create schema if not exists airflow_dag location 's3://glaux-data/airflow/out/'",
            output_location="s3://glaux-results/airflow/",
            sleep_time=1,
        ),
        PythonOperator(task_id="session", python_callable=start_session),
        AthenaSparkOperator(task_id="table", session_id=SESSION, code_block=CODE, waiter_delay=1),
        AthenaSparkSensor(
            task_id="sure",
            calculation_execution_id="{{ ti.xcom_pull('table')['calculation_execution_id'] }}",
            poke_interval=1,
        ),
        GlueCatalogPartitionSensor(
            task_id="partition",
            database_name="airflow_dag",
            table_name="carriers",
            expression="year='2014'",
            poke_interval=1,
            timeout=60,
        ),
        AthenaOperator(
            task_id="partitions",
            query="show partitions airflow_dag.carriers",
            output_location="s3://glaux-results/airflow/",
            sleep_time=1,
        ),
        PythonOperator(task_id="check", python_callable=check),
        PythonOperator(task_id="end", python_callable=end_session, trigger_rule="all_done"),
    )
