"""An Iceberg table, made anew beside the old one and renamed."""

from typing import Any


def model(dbt: Any, spark: Any) -> Any:
    dbt.config(materialized="table", table_type="iceberg")
    return dbt.ref("totals").selectExpr("name", "rank() over (order by miles desc) as place")
