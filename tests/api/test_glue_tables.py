"""Tables, their versions and functions by the Glue API."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from catalog_shapes import fails, names_of, new_database, table_input


def get(glue: Any, database: str, name: str = "t") -> Any:
    return glue.get_table(DatabaseName=database, Name=name)["Table"]


def test_what_is_said_comes_back(glue: Any, database: str) -> None:
    said = table_input(
        "t",
        ("year", "city"),
        Owner="me",
        Description="größer",
        Retention=7,
        ViewOriginalText="select 1",
        ViewExpandedText="select 2",
        TargetTable={"CatalogId": "111111111111", "DatabaseName": "d", "Name": "n"},
    )
    said["StorageDescriptor"] |= {
        "Compressed": True,
        "NumberOfBuckets": 3,
        "BucketColumns": ["id"],
        "SortColumns": [{"Column": "id", "SortOrder": 1}],
        "Parameters": {"p": "q"},
        "StoredAsSubDirectories": False,
        "AdditionalLocations": ["s3://glaux-results/more"],
        "SkewedInfo": {
            "SkewedColumnNames": ["id"],
            "SkewedColumnValues": ["1"],
            "SkewedColumnValueLocationMaps": {"1": "s3://glaux-results/one"},
        },
    }
    glue.create_table(DatabaseName=database, TableInput=said)
    got = get(glue, database)
    for key, value in said.items():
        assert got[key] == value, key
    assert got["DatabaseName"] == database
    assert got["CatalogId"] == "000000000000"
    assert got["VersionId"] == "0"
    assert got["CreateTime"]
    assert got["UpdateTime"]
    assert got["IsRegisteredWithLakeFormation"] is False


def test_names_are_lower_case(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database.upper(), TableInput=table_input("MixedCase"))
    assert get(glue, database, "mixedCASE")["Name"] == "mixedcase"
    with fails("AlreadyExistsException", "Table already exists."):
        glue.create_table(DatabaseName=database, TableInput=table_input("mixedcase"))


def test_the_least_of_a_table(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput={"Name": "bare"})
    got = get(glue, database, "bare")
    assert got["PartitionKeys"] == []
    glue.create_table(
        DatabaseName=database, TableInput={"Name": "t", "StorageDescriptor": {"Columns": []}}
    )
    assert get(glue, database)["StorageDescriptor"]["Columns"] == []


def test_what_is_not_there(glue: Any, database: str) -> None:
    here, nowhere = {"DatabaseName": database}, {"DatabaseName": "nowhere"}
    table, base = "Table t not found.", "Database nowhere not found."
    with fails("EntityNotFoundException", table):
        glue.get_table(Name="t", **here)
    with fails("EntityNotFoundException", table):
        glue.delete_table(Name="t", **here)
    with fails("EntityNotFoundException", table):
        glue.update_table(TableInput=table_input("t"), **here)
    with fails("EntityNotFoundException", table):
        glue.get_table_versions(TableName="t", **here)
    with fails("EntityNotFoundException", table):
        glue.get_partition_indexes(TableName="t", **here)
    with fails("EntityNotFoundException", base):
        glue.get_table(Name="t", **nowhere)
    with fails("EntityNotFoundException", base):
        glue.get_tables(**nowhere)
    with fails("EntityNotFoundException", base):
        glue.create_table(TableInput=table_input("t"), **nowhere)
    with fails("EntityNotFoundException", base):
        glue.batch_delete_table(TablesToDelete=["t"], **nowhere)


def test_what_this_server_does_not_do(glue: Any, database: str) -> None:
    with fails("InvalidInputException"):
        glue.create_table(
            DatabaseName=database,
            TableInput=table_input("t", ("p",)),
            PartitionIndexes=[{"Keys": ["p"], "IndexName": "i"}],
        )
    with fails("InvalidInputException"):
        glue.create_table(
            DatabaseName=database,
            TableInput=table_input("t"),
            OpenTableFormatInput={"IcebergInput": {"MetadataOperation": "CREATE"}},
        )
    with fails("EntityNotFoundException"):
        get(glue, database)


# --- lists ---


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("sales*", ["sales", "sales_2023", "sales_2024"]),  # as awswrangler asks for a prefix
        ("*2024", ["old_2024", "sales_2024"]),
        ("*_20*", ["old_2024", "sales_2023", "sales_2024"]),
        ("sales.*", ["sales", "sales_2023", "sales_2024"]),
        ("sales_[0-9]*", ["sales_2023", "sales_2024"]),
        ("sales", ["sales"]),
        ("SALES", ["sales"]),
        ("sales|old_2024", ["old_2024", "sales"]),
        ("ales", []),
        ("", ["old_2024", "sales", "sales_2023", "sales_2024"]),
    ],
)
def test_expressions(glue: Any, many: str, expression: str, found: list[str]) -> None:
    options = {"DatabaseName": many, "Expression": expression}
    assert names_of(glue.get_tables, "TableList", **options) == found
    assert names_of(glue.get_tables, "TableList", MaxResults=1, **options) == found


@pytest.fixture(scope="module")
def many(glue: Any) -> Any:
    name = new_database(glue)
    for table in ("sales", "sales_2023", "sales_2024", "old_2024"):
        glue.create_table(DatabaseName=name, TableInput=table_input(table))
    yield name
    glue.delete_database(Name=name)


def test_bad_expressions_and_tokens(glue: Any, many: str) -> None:
    for expression in ("(", "[a", "a{2,1}"):
        with fails("InvalidInputException"):
            glue.get_tables(DatabaseName=many, Expression=expression)
    # work without end is none
    slow = glue.get_tables(DatabaseName=many, Expression="(([a-z]+)+)+\\d+x")
    assert slow["TableList"] == []
    token = glue.get_tables(DatabaseName=many, MaxResults=1)["NextToken"]
    with fails("InvalidInputException"):
        glue.get_tables(DatabaseName=many, Expression="s*", NextToken=token)


def test_names_alone(glue: Any, many: str) -> None:
    got = glue.get_tables(DatabaseName=many, AttributesToGet=["NAME", "TABLE_TYPE"])["TableList"]
    assert got[0] == {
        "Name": "old_2024",
        "DatabaseName": many,
        "CatalogId": "000000000000",
        "TableType": "EXTERNAL_TABLE",
    }


def test_search(glue: Any, many: str) -> None:
    def found(**options: Any) -> list[str]:
        scope = [{"Key": "DatabaseName", "Value": many}]
        return names_of(
            glue.search_tables, "TableList", Filters=scope + options.pop("Filters", []), **options
        )

    assert found(SearchText="2024") == ["old_2024", "sales_2024"]
    assert found(SearchText='"THE NUMBER"') == ["old_2024", "sales", "sales_2023", "sales_2024"]
    assert found(SearchText="nothing of that kind") == []
    assert found(SearchText="sales", MaxResults=1) == ["sales", "sales_2023", "sales_2024"]
    assert found(
        Filters=[{"Key": "classification", "Value": "PARQUET"}, {"Key": "Name", "Value": "sales"}]
    ) == ["sales"]
    assert found(
        Filters=[{"Key": "Name", "Value": "sales_2023", "Comparator": "GREATER_THAN"}]
    ) == ["sales_2024"]


def test_pages_of_a_search_go_over_databases(glue: Any) -> None:
    """In names '-' comes before the '/' of a page's token."""
    databases = ("pages", "pages-2024")
    for database in databases:
        glue.create_database(DatabaseInput={"Name": database})
        glue.create_table(DatabaseName=database, TableInput=table_input("of_pages"))
    found = names_of(glue.search_tables, "TableList", SearchText="of_pages", MaxResults=1)
    for database in databases:
        glue.delete_database(Name=database)
    assert found == ["of_pages", "of_pages"]
    with fails("InvalidInputException"):
        glue.search_tables(SortCriteria=[{"FieldName": "Name", "Sort": "DESC"}])


# --- changes ---


def test_update_replaces_and_counts(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=table_input("t", Description="one"))
    created = get(glue, database)["CreateTime"]
    glue.update_table(
        DatabaseName=database, TableInput=table_input("t", Parameters={"n": "2"}), VersionId="0"
    )
    got = get(glue, database)
    assert got["VersionId"] == "1"
    assert got["Parameters"] == {"n": "2"}
    assert "Description" not in got
    assert got["CreateTime"] == created


def test_a_version_that_has_passed(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=table_input("t"))
    glue.update_table(DatabaseName=database, TableInput=table_input("t"))
    changed = table_input("t", Parameters={"lost": "update"})
    with fails(
        "ConcurrentModificationException", "Update table failed due to concurrent modifications."
    ):
        glue.update_table(DatabaseName=database, TableInput=changed, VersionId="0")
    assert "lost" not in get(glue, database)["Parameters"]
    with fails("InvalidInputException"):
        glue.update_table(DatabaseName=database, TableInput=changed, VersionId="first")
    with fails("InvalidInputException"):
        glue.update_table(DatabaseName=database, Name="t", TableInput=table_input("other"))


def test_one_writer_wins(glue: Any, database: str) -> None:
    """Iceberg's commits: read the version, name it in the update, try again if it has passed."""
    glue.create_table(DatabaseName=database, TableInput=table_input("t", Parameters={"n": "0"}))

    def count(times: int) -> None:
        done = 0
        while done < times:
            now = get(glue, database)
            n = str(int(now["Parameters"]["n"]) + 1)
            with contextlib.suppress(glue.exceptions.ConcurrentModificationException):
                glue.update_table(
                    DatabaseName=database,
                    TableInput=table_input("t", Parameters={"n": n}),
                    VersionId=now["VersionId"],
                    SkipArchive=True,
                )
                done += 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, [10] * 4))
    got = get(glue, database)
    assert (got["Parameters"]["n"], got["VersionId"]) == ("40", "40")
    assert len(glue.get_table_versions(DatabaseName=database, TableName="t")["TableVersions"]) == 1


def test_versions(glue: Any, database: str) -> None:
    where = {"DatabaseName": database, "TableName": "t"}
    glue.create_table(DatabaseName=database, TableInput=table_input("t", Parameters={"n": "0"}))
    for n in range(1, 5):
        glue.update_table(
            DatabaseName=database,
            TableInput=table_input("t", Parameters={"n": str(n)}),
            SkipArchive=n == 3,
        )
    listed = glue.get_table_versions(**where)["TableVersions"]
    kept = [(v["VersionId"], v["Table"]["Parameters"]["n"]) for v in listed]
    assert kept == [("4", "4"), ("3", "3"), ("1", "1"), ("0", "0")]
    pages = glue.get_paginator("get_table_versions").paginate(
        PaginationConfig={"PageSize": 3}, **where
    )
    assert [[v["VersionId"] for v in page["TableVersions"]] for page in pages] == [
        ["4", "3", "1"],
        ["0"],
    ]
    one = glue.get_table_version(VersionId="1", **where)["TableVersion"]
    assert (one["VersionId"], one["Table"]["Parameters"]["n"]) == ("1", "1")
    assert glue.get_table_version(**where)["TableVersion"]["VersionId"] == "4"
    with fails("EntityNotFoundException", "Version not found."):
        glue.get_table_version(VersionId="2", **where)
    glue.delete_table_version(VersionId="1", **where)
    with fails("EntityNotFoundException", "Version not found."):
        glue.delete_table_version(VersionId="1", **where)
    errors = glue.batch_delete_table_version(VersionIds=["0", "2", "x"], **where)["Errors"]
    assert [(e["VersionId"], e["ErrorDetail"]["ErrorCode"]) for e in errors] == [
        ("2", "EntityNotFoundException"),
        ("x", "InvalidInputException"),
    ]
    listed = glue.get_table_versions(**where)["TableVersions"]
    assert [v["VersionId"] for v in listed] == ["4", "3"]


def test_delete(glue: Any, database: str) -> None:
    for name in ("a", "b"):
        glue.create_table(DatabaseName=database, TableInput=table_input(name))
    glue.delete_table(DatabaseName=database, Name="A")
    answer = glue.batch_delete_table(DatabaseName=database, TablesToDelete=["a", "b"])
    assert [(e["TableName"], e["ErrorDetail"]) for e in answer["Errors"]] == [
        (
            "a",
            {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Table a not found."},
        )
    ]
    assert glue.get_tables(DatabaseName=database)["TableList"] == []


def test_indexes_and_functions(glue: Any, database: str) -> None:
    glue.create_table(DatabaseName=database, TableInput=table_input("t", ("p",)))
    answer = glue.get_partition_indexes(DatabaseName=database, TableName="t")
    assert answer["PartitionIndexDescriptorList"] == []
    got = glue.get_user_defined_functions(DatabaseName=database, Pattern="*")
    assert got["UserDefinedFunctions"] == []
    with fails("EntityNotFoundException"):
        glue.get_user_defined_function(DatabaseName=database, FunctionName="f")


def test_tables_survive_the_server(new_light: Any) -> None:
    server = new_light()
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "kept"})
    glue.create_table(DatabaseName="kept", TableInput=table_input("t", ("p",)))
    server.restart(9)
    assert get(server.client("glue"), "kept")["PartitionKeys"] == [{"Name": "p", "Type": "string"}]
