"""A DAG whose code in Spark fails."""

from __future__ import annotations

from airflow.providers.amazon.aws.operators.athena_spark import AthenaSparkOperator
from airflow.sdk import DAG

with DAG("broken"):
    AthenaSparkOperator(
        task_id="fails",
        session_id="{{ var.value.session }}",
        code_block="raise ValueError('no such owl')",
        waiter_delay=1,
    )
