"""Partitions by the Glue API."""

from __future__ import annotations

from typing import Any

import pytest
from catalog_shapes import fails, new_database, partition_input, table_input

YEARS = ("2022", "2023", "2024")
CITIES = ("bern", "new york", "a/b=c")


@pytest.fixture
def where(glue: Any) -> Any:
    """A table of two partition keys."""
    database = new_database(glue)
    keys = [{"Name": "year", "Type": "int"}, {"Name": "city", "Type": "string"}]
    glue.create_table(DatabaseName=database, TableInput=table_input("t", PartitionKeys=keys))
    yield {"DatabaseName": database, "TableName": "t"}
    glue.delete_database(Name=database)


@pytest.fixture
def full(glue: Any, where: Any) -> Any:
    """... with nine partitions."""
    inputs = [partition_input("t", year, city) for year in YEARS for city in CITIES]
    answer = glue.batch_create_partition(PartitionInputList=inputs, **where)
    assert answer["Errors"] == []
    return where


def values(glue: Any, **options: Any) -> list[list[str]]:
    pages = glue.get_paginator("get_partitions").paginate(**options)
    return [p["Values"] for page in pages for p in page["Partitions"]]


def test_what_is_said_comes_back(glue: Any, where: Any) -> None:
    said = partition_input("t", "2024", "a/b=c")
    glue.create_partition(PartitionInput=said, **where)
    got = glue.get_partition(PartitionValues=["2024", "a/b=c"], **where)["Partition"]
    assert got["Values"] == ["2024", "a/b=c"]
    assert got["DatabaseName"] == where["DatabaseName"]
    assert got["TableName"] == "t"
    assert got["Parameters"] == {"rows": "1"}
    assert got["CreationTime"]
    for key, value in said["StorageDescriptor"].items():
        assert got["StorageDescriptor"][key] == value, key


def test_pages_of_long_names(glue: Any, where: Any) -> None:
    inputs = [{"Values": [year, ":" * 1024]} for year in YEARS]  # %3A in a name
    assert glue.batch_create_partition(PartitionInputList=inputs, **where)["Errors"] == []
    pages = glue.get_paginator("get_partitions").paginate(PaginationConfig={"PageSize": 1}, **where)
    assert [p["Values"][0] for page in pages for p in page["Partitions"]] == list(YEARS)


def test_an_entry_of_a_batch_that_fails_changes_nothing(glue: Any, where: Any) -> None:
    """What it is changed to has more than a record may have."""
    megabytes = {f"p{number}": "x" * 500_000 for number in range(19)}
    said = partition_input("t", "2024", "bern")
    said["StorageDescriptor"]["Parameters"] = megabytes
    glue.create_partition(PartitionInput=said, **where)
    entry = {
        "PartitionValueList": ["2024", "bern"],
        "PartitionInput": {"Values": ["2024", "bern"], "Parameters": megabytes},
    }
    errors = glue.batch_update_partition(Entries=[entry], **where)["Errors"]
    assert [error["PartitionValueList"] for error in errors] == [["2024", "bern"]]
    assert values(glue, **where) == [["2024", "bern"]]


def test_errors(glue: Any, full: Any) -> None:
    with fails("AlreadyExistsException", "Partition already exists."):
        glue.create_partition(PartitionInput=partition_input("t", "2024", "bern"), **full)
    with fails("EntityNotFoundException", "Cannot find partition."):
        glue.get_partition(PartitionValues=["2025", "bern"], **full)
    with fails("EntityNotFoundException", "Cannot find partition."):
        glue.delete_partition(PartitionValues=["2025", "bern"], **full)
    with fails("InvalidInputException"):
        glue.create_partition(PartitionInput=partition_input("t", "2025"), **full)
    with fails("InvalidInputException"):
        glue.get_partition(PartitionValues=["2025"], **full)
    with fails("EntityNotFoundException", "Table nothing not found."):
        glue.get_partitions(DatabaseName=full["DatabaseName"], TableName="nothing")
    many = [partition_input("t", str(year), "bern") for year in range(101)]
    with fails("ValidationException"):
        glue.batch_create_partition(PartitionInputList=many, **full)


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("", 9),
        ("year = 2024", 3),
        ("year='2024' AND city='bern'", 1),
        ("year > 2022", 6),
        ("year >= 2022 and year < 2024", 6),
        ("year IN (2022, 2024)", 6),
        ("year between 2023 and 2024", 6),
        ("city LIKE 'new%' OR year = '2022'", 5),
        ("not city = 'bern'", 6),
        ("city = 'nowhere'", 0),
    ],
)
def test_expressions(glue: Any, full: Any, expression: str, count: int) -> None:
    assert len(values(glue, Expression=expression, **full)) == count


@pytest.mark.parametrize("expression", ["id = 1", "year =", "year == ''' or", "(" * 2000])
def test_bad_expressions(glue: Any, full: Any, expression: str) -> None:
    with fails("InvalidInputException"):
        glue.get_partitions(Expression=expression, **full)


def test_pages_and_segments(glue: Any, full: Any) -> None:
    whole = values(glue, **full)
    assert len(whole) == 9
    assert values(glue, PaginationConfig={"PageSize": 2}, **full) == whole
    parts = [
        values(
            glue,
            Segment={"SegmentNumber": n, "TotalSegments": 3},
            PaginationConfig={"PageSize": 2},
            **full,
        )
        for n in range(3)
    ]
    assert sorted(v for part in parts for v in part) == sorted(whole)
    with fails("InvalidInputException"):
        glue.get_partitions(Segment={"SegmentNumber": 3, "TotalSegments": 3}, **full)
    token = glue.get_partitions(MaxResults=1, **full)["NextToken"]
    with fails("InvalidInputException"):
        glue.get_partitions(Expression="year = 2024", NextToken=token, **full)


def test_columns_can_be_left_out(glue: Any, full: Any) -> None:
    got = glue.get_partitions(ExcludeColumnSchema=True, **full)["Partitions"]
    assert all("Columns" not in p["StorageDescriptor"] for p in got)
    assert all(p["StorageDescriptor"]["Location"] for p in got)


def test_batches_tell_what_failed(glue: Any, full: Any) -> None:
    inputs = [partition_input("t", "2024", "bern"), partition_input("t", "2025", "bern")]
    errors = glue.batch_create_partition(PartitionInputList=inputs, **full)["Errors"]
    assert [(e["PartitionValues"], e["ErrorDetail"]["ErrorCode"]) for e in errors] == [
        (["2024", "bern"], "AlreadyExistsException")
    ]
    keys = [{"Values": ["2025", "bern"]}, {"Values": ["1999", "bern"]}]
    answer = glue.batch_get_partition(PartitionsToGet=keys, **full)
    assert [p["Values"] for p in answer["Partitions"]] == [["2025", "bern"]]
    assert answer["UnprocessedKeys"] == [keys[1]]
    entries = [
        {
            "PartitionValueList": key["Values"],
            "PartitionInput": partition_input("t", *key["Values"]) | {"Parameters": {"rows": "2"}},
        }
        for key in keys
    ]
    errors = glue.batch_update_partition(Entries=entries, **full)["Errors"]
    assert [(e["PartitionValueList"], e["ErrorDetail"]["ErrorCode"]) for e in errors] == [
        (["1999", "bern"], "EntityNotFoundException")
    ]
    got = glue.get_partition(PartitionValues=["2025", "bern"], **full)["Partition"]
    assert got["Parameters"] == {"rows": "2"}
    errors = glue.batch_delete_partition(PartitionsToDelete=keys, **full)["Errors"]
    assert [(e["PartitionValues"], e["ErrorDetail"]["ErrorMessage"]) for e in errors] == [
        (["1999", "bern"], "Cannot find partition.")
    ]
    assert len(values(glue, **full)) == 9


def test_update_may_rename(glue: Any, full: Any) -> None:
    glue.update_partition(
        PartitionValueList=["2024", "bern"],
        PartitionInput=partition_input("t", "2024", "basel"),
        **full,
    )
    found = values(glue, Expression="year = 2024", **full)
    assert sorted(v[1] for v in found) == ["a/b=c", "basel", "new york"]
    with fails("AlreadyExistsException"):
        glue.update_partition(
            PartitionValueList=["2024", "basel"],
            PartitionInput=partition_input("t", "2023", "bern"),
            **full,
        )
    with fails("EntityNotFoundException", "Cannot find partition."):
        glue.update_partition(
            PartitionValueList=["1999", "x"],
            PartitionInput=partition_input("t", "1999", "x"),
            **full,
        )
