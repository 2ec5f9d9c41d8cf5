"""A pandas frame becomes a table."""

from typing import Any

import pandas


def model(dbt: Any, spark: Any) -> Any:
    dbt.config(materialized="table")
    return pandas.DataFrame({"carrier": ["AA", "BA", "LH"], "name": ["A", "B", "L"]})
