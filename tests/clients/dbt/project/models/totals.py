"""What depends on both."""

from typing import Any

from pyspark.sql import functions


def model(dbt: Any, spark: Any) -> Any:
    dbt.config(materialized="table")
    legs, carriers = dbt.ref("legs"), dbt.ref("carriers")
    joined = legs.join(carriers, "carrier")
    return joined.groupBy("name").agg(
        functions.count("*").alias("legs"), functions.sum("miles").alias("miles")
    )
