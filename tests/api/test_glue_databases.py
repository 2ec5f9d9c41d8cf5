"""Databases by the Glue API."""

from __future__ import annotations

from typing import Any

import pytest
from catalog_shapes import fails, names_of, new_database, table_input
from json_wire import CONTENT_TYPE, JsonWire
from server import Server


def test_the_default_database_is_there(glue: Any) -> None:
    assert glue.get_database(Name="default")["Database"]["Name"] == "default"


def test_what_is_said_comes_back(glue: Any) -> None:
    target = {"CatalogId": "111111111111", "DatabaseName": "other"}
    glue.create_database(
        DatabaseInput={
            "Name": "Everything",
            "Description": "größer",
            "LocationUri": "s3://glaux-results/everything",
            "Parameters": {"a": "b", "empty": ""},
            "TargetDatabase": target,
        },
        CatalogId="000000000000",
    )
    got = glue.get_database(Name="EVERYTHING")["Database"]
    assert got["Name"] == "everything"
    assert got["Description"] == "größer"
    assert got["LocationUri"] == "s3://glaux-results/everything"
    assert got["Parameters"] == {"a": "b", "empty": ""}
    assert got["TargetDatabase"] == target
    assert got["CatalogId"] == "000000000000"
    assert got["CreateTime"]
    glue.update_database(Name="everything", DatabaseInput={"Name": "everything"})
    got = glue.get_database(Name="everything")["Database"]
    assert "Description" not in got
    assert "TargetDatabase" not in got
    assert got["Parameters"] == {}
    glue.delete_database(Name="everything")


def test_a_name_is_used_once(glue: Any, database: str) -> None:
    with fails("AlreadyExistsException", "Database already exists."):
        glue.create_database(DatabaseInput={"Name": database.upper()})


def test_what_is_not_there(glue: Any) -> None:
    missing = "Database nowhere not found."
    with fails("EntityNotFoundException", missing):
        glue.get_database(Name="nowhere")
    with fails("EntityNotFoundException", missing):
        glue.delete_database(Name="nowhere")
    with fails("EntityNotFoundException", missing):
        glue.update_database(Name="nowhere", DatabaseInput={"Name": "nowhere"})
    with fails("EntityNotFoundException", "Catalog 123456789012 not found."):
        glue.get_database(Name="default", CatalogId="123456789012")


def test_a_database_keeps_its_name(glue: Any, database: str) -> None:
    with fails("InvalidInputException"):
        glue.update_database(Name=database, DatabaseInput={"Name": "another"})


def test_a_database_goes_with_its_tables(glue: Any) -> None:
    name = new_database(glue)
    glue.create_table(DatabaseName=name, TableInput=table_input("t"))
    glue.delete_database(Name=name)
    with fails("EntityNotFoundException"):
        glue.get_table(DatabaseName=name, Name="t")


def test_pages(glue: Any) -> None:
    mine = sorted(new_database(glue) for _ in range(5))
    try:
        assert set(mine) < set(names_of(glue.get_databases, "DatabaseList"))
        paged = names_of(glue.get_databases, "DatabaseList", MaxResults=2)
        assert paged == sorted(paged)
        assert [name for name in paged if name in mine] == mine
        assert "NextToken" in glue.get_databases(MaxResults=2)
        with fails("InvalidInputException"):
            glue.get_databases(NextToken="made up")
        # an empty token is that of the first page
        assert glue.get_databases(NextToken="")["DatabaseList"]
    finally:
        for name in mine:
            glue.delete_database(Name=name)


# --- the wire ---


@pytest.fixture(scope="module")
def wire(light: Server) -> JsonWire:
    return JsonWire(light, "glue")


def call(wire: JsonWire, target: str, body: bytes = b"{}") -> Any:
    headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": target}
    return wire.send(wire.signed(body, headers), body)


def test_errors_are_glues(wire: JsonWire) -> None:
    answer = call(wire, "AWSGlue.GetDatabase")
    assert (answer.status, answer.error) == (400, "ValidationException")
    assert "'name'" in answer.message
    assert call(wire, "AWSGlue.GetDatabase", b"{").error == "SerializationException"
    assert call(wire, "AWSGlue.GetDatabase", b'{"Name":1}').error == "SerializationException"
    answer = call(wire, "AWSGlue.StartJobRun")
    assert (answer.status, answer.error) == (400, "UnknownOperationException")
    assert call(wire, "AWSGlue.").error == "UnknownOperationException"


def test_a_signature_is_for_one_service(light: Server, wire: JsonWire) -> None:
    body = b"{}"
    headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": "AWSGlue.GetDatabases"}
    athena = JsonWire(light)
    assert athena.send(athena.signed(body, headers), body).error == "InvalidSignatureException"
    assert call(wire, "AmazonAthena.ListWorkGroups").error == "InvalidSignatureException"


@pytest.mark.parametrize("name", ["a/b", "a\\u0000b", "x" * 256, "", "\\ud800"])
def test_names_that_cannot_be(wire: JsonWire, name: str) -> None:
    body = f'{{"DatabaseInput":{{"Name":"{name}"}}}}'.encode()
    answer = call(wire, "AWSGlue.CreateDatabase", body)
    assert answer.status == 400
    assert answer.error in (
        "ValidationException",
        "InvalidInputException",
        "SerializationException",
    )
