"""A Spark frame becomes a table."""

from typing import Any


def model(dbt: Any, spark: Any) -> Any:
    dbt.config(materialized="table")
    return spark.range(300).selectExpr(
        "id", "array('AA', 'BA', 'LH')[cast(id % 3 as int)] as carrier", "id * 10 as miles"
    )
