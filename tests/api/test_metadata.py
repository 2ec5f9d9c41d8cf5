"""Athena's view of the catalog: databases and tables."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from catalog_shapes import fails, names_of, new_database, table_input
from server import Server

OWN = {"CatalogName": "AwsDataCatalog"}


@pytest.fixture(scope="module")
def athena(light: Server) -> Any:
    return light.client("athena")


@pytest.fixture(scope="module")
def database(glue: Any) -> Any:
    name = new_database(glue)
    glue.update_database(
        Name=name, DatabaseInput={"Name": name, "Description": "d", "Parameters": {"a": "b"}}
    )
    for table in ("sales", "sales_2023", "sales_2024"):
        glue.create_table(
            DatabaseName=name,
            TableInput=table_input(table, ("year",), Description="of sales"),
        )
    yield name
    glue.delete_database(Name=name)


@pytest.mark.parametrize("catalog", ["AwsDataCatalog", "awsdatacatalog"])
def test_databases(athena: Any, database: str, catalog: str) -> None:
    got = athena.get_database(CatalogName=catalog, DatabaseName=database.upper())["Database"]
    assert got == {"Name": database, "Description": "d", "Parameters": {"a": "b"}}
    names = names_of(athena.list_databases, "DatabaseList", CatalogName=catalog)
    assert {"default", database} <= set(names)
    paged = names_of(athena.list_databases, "DatabaseList", CatalogName=catalog, MaxResults=1)
    assert paged == names


def test_a_table(athena: Any, database: str) -> None:
    answer = athena.get_table_metadata(DatabaseName=database, TableName="SALES", **OWN)
    got = answer["TableMetadata"]
    assert (got["Name"], got["TableType"]) == ("sales", "EXTERNAL_TABLE")
    assert got["Columns"] == [
        {"Name": "id", "Type": "bigint", "Comment": "the number"},
        {"Name": "name", "Type": "string"},
    ]
    assert got["PartitionKeys"] == [{"Name": "year", "Type": "string"}]
    assert got["CreateTime"]
    assert got["LastAccessTime"].timestamp() == 0
    parameters = got["Parameters"]
    assert parameters.pop("transient_lastDdlTime").isdigit()
    assert parameters == {
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        "comment": "of sales",
        "inputformat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "location": "s3://glaux-results/sales/",
        "outputformat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "serde.param.serialization.format": "1",
        "serde.serialization.lib": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    }


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("sales_.*", ["sales_2023", "sales_2024"]),
        ("sales_*", ["sales_2023", "sales_2024"]),
        ("sales", ["sales"]),
        (".*", ["sales", "sales_2023", "sales_2024"]),
    ],
)
def test_lists_of_tables(athena: Any, database: str, expression: str, found: list[str]) -> None:
    options = {"DatabaseName": database, "Expression": expression, **OWN}
    assert names_of(athena.list_table_metadata, "TableMetadataList", **options) == found
    paged = names_of(athena.list_table_metadata, "TableMetadataList", MaxResults=1, **options)
    assert paged == found


def metadata_error(call: Any, **options: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**options)
    told = error.value.response["Error"]
    assert told["Code"] == "MetadataException"
    return str(told["Message"])


def test_what_is_not_there_is_told_as_athena_does(athena: Any, database: str) -> None:
    envelope = re.compile(
        r"Entity Not Found \(Service: AmazonDataCatalog; Status Code: 400; "
        r"Error Code: EntityNotFoundException; Request ID: [0-9a-f-]{36}; Proxy: null\)"
    )
    nowhere = {"DatabaseName": "nowhere", **OWN}
    for message in (
        metadata_error(athena.get_database, **nowhere),
        metadata_error(athena.list_table_metadata, **nowhere),
        metadata_error(athena.get_table_metadata, TableName="t", **nowhere),
        metadata_error(athena.get_table_metadata, DatabaseName=database, TableName="t", **OWN),
    ):
        assert envelope.fullmatch(message), message
    message = metadata_error(
        athena.list_table_metadata, DatabaseName=database, Expression="(", **OWN
    )
    assert "Error Code: InvalidInputException" in message
    with fails("InvalidRequestException"):
        athena.list_databases(NextToken="made up", **OWN)


def test_other_catalogs(athena: Any, database: str) -> None:
    with fails("InvalidRequestException", "DataCatalog nowhere was not found"):
        athena.list_databases(CatalogName="nowhere")
    athena.create_data_catalog(Name="here", Type="GLUE", Parameters={"catalog-id": "000000000000"})
    athena.create_data_catalog(Name="elsewhere", Type="LAMBDA", Parameters={"function": "f"})
    try:
        got = athena.get_database(CatalogName="here", DatabaseName=database)
        assert got["Database"]["Name"] == database
        assert "elsewhere" in metadata_error(athena.list_databases, CatalogName="elsewhere")
    finally:
        athena.delete_data_catalog(Name="here")
        athena.delete_data_catalog(Name="elsewhere")
