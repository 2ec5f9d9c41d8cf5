"""Databases and tables for tests of the catalog, as clients make them by Glue's API."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

Json = dict[str, Any]


def table_input(name: str, keys: tuple[str, ...] = (), **more: Any) -> Json:
    """A table of Parquet files, as awswrangler describes one."""
    return {
        "Name": name,
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
        "StorageDescriptor": {
            "Columns": [
                {"Name": "id", "Type": "bigint", "Comment": "the number"},
                {"Name": "name", "Type": "string"},
            ],
            "Location": f"s3://glaux-results/{name}/",
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": (
                    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                ),
                "Parameters": {"serialization.format": "1"},
            },
        },
    } | more


def partition_input(table: str, *values: str) -> Json:
    storage = dict(table_input(table)["StorageDescriptor"])
    storage["Location"] += "/".join(values)
    return {"Values": list(values), "StorageDescriptor": storage, "Parameters": {"rows": "1"}}


@contextmanager
def fails(code: str, message: str | None = None) -> Iterator[None]:
    """What is done inside fails with exactly this."""
    with pytest.raises(ClientError) as error:
        yield
    told = error.value.response["Error"]
    assert told["Code"] == code, told
    assert message is None or told["Message"] == message


def new_database(glue: Any) -> str:
    name = f"db_{uuid.uuid4().hex[:12]}"
    glue.create_database(DatabaseInput={"Name": name})
    return name


def names_of(call: Callable[..., Any], key: str, **options: Any) -> list[str]:
    """The names of all pages of a list."""
    names: list[str] = []
    while True:
        answer = call(**options)
        names += [entry["Name"] for entry in answer[key]]
        if "NextToken" not in answer:
            return names
        options["NextToken"] = answer["NextToken"]
