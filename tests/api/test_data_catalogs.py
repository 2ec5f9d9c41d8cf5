"""Data catalogs: one is always there, others are names with parameters."""

from __future__ import annotations

from typing import Any

import pytest
from json_wire import refused
from server import Server

ARN = "arn:aws:athena:us-east-1:000000000000:datacatalog/"


@pytest.fixture(scope="module")
def athena(light: Server) -> Any:
    return light.client("athena")


def names(athena: Any, **options: Any) -> list[str]:
    answer = athena.list_data_catalogs(**options)
    return [c["CatalogName"] for c in answer["DataCatalogsSummary"]]


@pytest.fixture
def catalog(athena: Any) -> Any:
    athena.create_data_catalog(
        Name="lake",
        Type="GLUE",
        Description="another one",
        Parameters={"catalog-id": "000000000000"},
        Tags=[{"Key": "team", "Value": "blue"}],
    )
    yield "lake"
    athena.delete_data_catalog(Name="lake")


@pytest.mark.parametrize("name", ["AwsDataCatalog", "awsdatacatalog"])
def test_the_one_that_is_always_there(athena: Any, name: str) -> None:
    got = athena.get_data_catalog(Name=name)["DataCatalog"]
    assert (got["Name"], got["Type"]) == ("AwsDataCatalog", "GLUE")
    assert got["Parameters"] == {"catalog-id": "000000000000"}
    assert names(athena) == ["AwsDataCatalog"]
    with refused(""):
        athena.create_data_catalog(Name=name, Type="GLUE")
    with refused(""):
        athena.update_data_catalog(Name=name, Type="GLUE")
    with refused(""):
        athena.delete_data_catalog(Name=name)


def test_a_catalog_of_ones_own(athena: Any, catalog: str) -> None:
    got = athena.get_data_catalog(Name=catalog)["DataCatalog"]
    assert (got["Name"], got["Type"], got["Description"]) == (catalog, "GLUE", "another one")
    assert names(athena) == ["AwsDataCatalog", catalog]
    listed = athena.list_tags_for_resource(ResourceARN=ARN + catalog)["Tags"]
    assert listed == [{"Key": "team", "Value": "blue"}]
    with refused(f"DataCatalog {catalog} is already created"):
        athena.create_data_catalog(Name=catalog, Type="HIVE")
    athena.update_data_catalog(Name=catalog, Type="LAMBDA", Parameters={"function": "arn:x"})
    got = athena.get_data_catalog(Name=catalog)["DataCatalog"]
    assert got["Type"] == "LAMBDA"
    assert got["Parameters"] == {"function": "arn:x"}
    assert "Description" not in got


def test_what_goes_takes_its_tags_along(athena: Any) -> None:
    tag = [{"Key": "a", "Value": "b"}]
    athena.create_data_catalog(Name="brief", Type="HIVE", Tags=tag)
    answer = athena.delete_data_catalog(Name="brief")
    assert answer["DataCatalog"]["Name"] == "brief"
    with refused("", "ResourceNotFoundException"):
        athena.list_tags_for_resource(ResourceARN=ARN + "brief")
    athena.create_data_catalog(Name="brief", Type="HIVE")
    assert athena.list_tags_for_resource(ResourceARN=ARN + "brief")["Tags"] == []
    athena.delete_data_catalog(Name="brief")


def test_unknown_catalogs(athena: Any) -> None:
    for call in ("get_data_catalog", "delete_data_catalog"):
        with refused("DataCatalog nowhere was not found"):
            getattr(athena, call)(Name="nowhere")
    with refused("DataCatalog nowhere was not found"):
        athena.update_data_catalog(Name="nowhere", Type="GLUE")
    with refused(""):
        athena.create_data_catalog(Name="x", Type="NOTHING")


def test_pages(athena: Any) -> None:
    mine = [f"c{i}" for i in range(4)]
    for name in mine:
        athena.create_data_catalog(Name=name, Type="HIVE")
    try:
        pages = athena.get_paginator("list_data_catalogs").paginate(
            PaginationConfig={"PageSize": 2}
        )
        found = [[c["CatalogName"] for c in page["DataCatalogsSummary"]] for page in pages]
        assert found == [["AwsDataCatalog", "c0"], ["c1", "c2"], ["c3"]]
        with refused(""):
            athena.list_data_catalogs(NextToken="made up")
    finally:
        for name in mine:
            athena.delete_data_catalog(Name=name)


def test_a_page_of_large_ones(athena: Any) -> None:
    """Together they have more than a request may hold in memory once they are read."""
    letters = "abcdefghijklmnopqrstuvwxyz0123"
    parameters = {a + b + c: "" for a in letters for b in letters for c in letters[:29]}
    made = [f"large-{number:02}" for number in range(49)]
    for name in made:
        athena.create_data_catalog(Name=name, Type="HIVE", Parameters=parameters)
    summary = athena.list_data_catalogs(MaxResults=50)["DataCatalogsSummary"]
    for name in made:
        athena.delete_data_catalog(Name=name)
    assert [(c["CatalogName"], c["Type"]) for c in summary[1:]] == [(n, "HIVE") for n in made]
