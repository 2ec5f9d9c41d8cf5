"""awswrangler's catalog functions and its statements, unmodified."""

from __future__ import annotations

import uuid
from typing import Any

import awswrangler as wr
import pandas
import pytest
from server import Server

pytestmark = pytest.mark.usefixtures("environment")

STAGING = "s3://glaux-results/wrangler/"


@pytest.fixture
def database(environment: dict[str, str]) -> Any:
    name = f"wr_{uuid.uuid4().hex[:12]}"
    wr.catalog.create_database(name, description="of a test")
    yield name
    wr.catalog.delete_database(name)


def make_table(database: str, table: str = "t") -> str:
    path = f"s3://glaux-data/{database}/{table}/"
    wr.catalog.create_parquet_table(
        database=database,
        table=table,
        path=path,
        columns_types={"id": "bigint", "name": "string"},
        partitions_types={"year": "int"},
        description="largest",
        parameters={"source": "test"},
        columns_comments={"id": "the number"},
    )
    return path


def test_databases(database: str) -> None:
    assert database in [d["Name"] for d in wr.catalog.get_databases()]
    found = wr.catalog.databases()
    assert found[found["Database"] == database]["Description"].tolist() == ["of a test"]
    wr.catalog.create_database(database, exist_ok=True)
    with pytest.raises(wr.exceptions.AlreadyExists):
        wr.catalog.create_database(database)


def test_tables(database: str) -> None:
    assert not wr.catalog.does_table_exist(database=database, table="t")
    path = make_table(database)
    assert wr.catalog.does_table_exist(database=database, table="t")
    assert wr.catalog.get_table_location(database=database, table="t") == path
    types = wr.catalog.get_table_types(database=database, table="t")
    assert types == {"id": "bigint", "name": "string", "year": "int"}
    assert wr.catalog.get_table_description(database=database, table="t") == "largest"
    assert wr.catalog.get_table_parameters(database=database, table="t")["source"] == "test"
    assert wr.catalog.get_columns_comments(database=database, table="t")["id"] == "the number"
    described = wr.catalog.table(database=database, table="t")
    assert described["Column Name"].tolist() == ["id", "name", "year"]
    assert described["Partition"].tolist() == [False, False, True]
    make_table(database, "other")
    for options in ({"name_prefix": "oth"}, {"name_contains": "the"}, {"name_suffix": "er"}):
        found = wr.catalog.get_tables(database=database, **options)
        assert [t["Name"] for t in found] == ["other"], options
    assert {t["Name"] for t in wr.catalog.search_tables(text=database)} == {"t", "other"}
    assert wr.catalog.delete_table_if_exists(database=database, table="t")
    assert not wr.catalog.delete_table_if_exists(database=database, table="t")


def test_parameters_and_columns(database: str) -> None:
    make_table(database)
    wr.catalog.upsert_table_parameters(parameters={"a": "b"}, database=database, table="t")
    parameters = wr.catalog.get_table_parameters(database=database, table="t")
    assert (parameters["a"], parameters["source"]) == ("b", "test")
    wr.catalog.add_column(
        database=database, table="t", column_name="more", column_type="int", column_comment="c"
    )
    assert wr.catalog.get_table_types(database=database, table="t")["more"] == "int"
    wr.catalog.delete_column(database=database, table="t", column_name="more")
    assert "more" not in wr.catalog.get_table_types(database=database, table="t")
    assert wr.catalog.get_table_number_of_versions(database=database, table="t") > 1
    wr.catalog.delete_all_partitions(database=database, table="t")


def test_partitions(database: str) -> None:
    path = make_table(database)
    places = {f"{path}year={year}/": [str(year)] for year in (2022, 2023, 2024)}
    wr.catalog.add_parquet_partitions(database=database, table="t", partitions_values=places)
    found = wr.catalog.get_partitions(database=database, table="t")
    assert found == places
    some = wr.catalog.get_parquet_partitions(database=database, table="t", expression="year > 2022")
    assert sorted(v[0] for v in some.values()) == ["2023", "2024"]
    wr.catalog.delete_partitions(database=database, table="t", partitions_values=[["2022"]])
    assert len(wr.catalog.get_partitions(database=database, table="t")) == 2


def test_a_data_set_becomes_a_table(glaux: Server, database: str) -> None:
    frame = pandas.DataFrame({"id": [1, 2, 3], "name": ["a", "b", "c"], "year": [1, 1, 2]})
    path = f"s3://glaux-data/{database}/set/"
    for mode, count in (("overwrite", 3), ("append", 6)):
        wr.s3.to_parquet(
            frame,
            path=path,
            dataset=True,
            database=database,
            table="set",
            partition_cols=["year"],
            mode=mode,
        )
        assert len(wr.s3.read_parquet_table(database=database, table="set")) == count
    values = wr.catalog.get_parquet_partitions(database=database, table="set").values()
    assert sorted(values) == [["1"], ["2"]]
    wr.catalog.delete_table_if_exists(database=database, table="set")
    types, keys, _ = wr.s3.store_parquet_metadata(
        path=path, database=database, table="set", dataset=True
    )
    assert types == {"id": "bigint", "name": "string"}
    assert list(keys or {}) == ["year"]


def test_statements(database: str) -> None:
    make_table(database)
    query = wr.athena.start_query_execution(
        f"alter table {database}.t add partition (year=2024)", s3_output=STAGING, wait=True
    )
    assert query["Status"]["State"] == "SUCCEEDED"
    described = wr.athena.describe_table(database=database, table="t", s3_output=STAGING)
    assert described["Column Name"].tolist() == ["id", "name", "year"]
    assert described["Partition"].tolist() == [False, False, True]
    text = wr.athena.show_create_table(database=database, table="t", s3_output=STAGING)
    assert text.startswith("CREATE EXTERNAL TABLE")
    assert wr.athena.repair_table(table="t", database=database, s3_output=STAGING) == "SUCCEEDED"
    with pytest.raises(wr.exceptions.QueryFailed, match="Table not found"):
        wr.athena.describe_table(database=database, table="nothing", s3_output=STAGING)
