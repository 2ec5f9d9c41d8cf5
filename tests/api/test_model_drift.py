"""The service models in api/ say what botocore's models say, member by member.

botocore is pinned to the release that the models were taken from; a newer pin that differs fails
here, and tools/import_api.py brings the models up to date.
"""

import gzip
import importlib.metadata
import json
from pathlib import Path
from typing import Any

import botocore
import import_api
import pytest

Json = dict[str, Any]

TOP = Path(__file__).resolve().parent.parent.parent
BOTOCORE = "1.44.5"
SERVICES = {"athena": "2017-05-18", "glue": "2017-03-31", "sts": "2011-06-15"}


def load_theirs(service: str) -> Json:
    folder = Path(botocore.__file__).parent / "data" / service / SERVICES[service]
    return dict(json.loads(gzip.decompress((folder / "service-2.json.gz").read_bytes())))


def load_ours(service: str) -> Json:
    return dict(json.loads((TOP / "api" / f"{service}.json").read_text()))


@pytest.fixture(scope="module", params=sorted(SERVICES))
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def ours(service: str) -> Json:
    return load_ours(service)


@pytest.fixture(scope="module")
def theirs(service: str) -> Json:
    return load_theirs(service)


def their_shape(shape: Json) -> Json:
    """The parts of botocore's shape that we keep, in our form."""
    facts: Json = {
        key: shape[key] for key in ("type", "min", "max", "pattern", "enum") if key in shape
    }
    for key in ("member", "key", "value"):
        if key in shape:
            facts[key] = shape[key]["shape"]
    if shape.get("exception"):
        facts["exception"] = "server" if shape.get("fault") else "client"
    if "members" in shape:
        facts["required"] = shape.get("required", [])
        facts["members"] = [
            (name, member["shape"], bool(member.get("idempotencyToken")))
            for name, member in shape["members"].items()
        ]
    return facts


def our_shape(shape: Json) -> Json:
    """Our shape in the same form, with nothing left out: what we made up would show."""
    facts = dict(shape)
    if "members" in shape:
        facts["required"] = shape.get("required", [])
        facts["members"] = [
            (name, member["shape"], member["token"])
            if isinstance(member, dict)
            else (name, member, False)
            for name, member in shape["members"].items()
        ]
    return facts


def test_botocore_is_the_pinned_one() -> None:
    assert importlib.metadata.version("botocore") == BOTOCORE


def test_athena_has_all_operations() -> None:
    names = list(load_ours("athena")["operations"])
    assert names == sorted(load_theirs("athena")["operations"])
    assert len(names) == 75


def test_header(ours: Json, theirs: Json) -> None:
    metadata = theirs["metadata"]
    assert ours["version"] == metadata["apiVersion"]
    assert ours["protocol"] == metadata["protocol"]
    assert ours.get("target") == metadata.get("targetPrefix")
    assert ours.get("namespace") == metadata.get("xmlNamespace")


def test_operations(ours: Json, theirs: Json) -> None:
    for name, operation in ours["operations"].items():
        expected = theirs["operations"][name]
        assert operation["input"] == expected["input"]["shape"], name
        assert operation["output"] == expected["output"]["shape"], name
        assert operation["errors"] == [e["shape"] for e in expected.get("errors", [])], name


def test_shapes(ours: Json, theirs: Json) -> None:
    differing = {
        name: (our_shape(shape), their_shape(theirs["shapes"][name]))
        for name, shape in ours["shapes"].items()
        if our_shape(shape) != their_shape(theirs["shapes"][name])
    }
    assert differing == {}


def test_no_shape_of_athena_is_missing() -> None:
    assert set(load_ours("athena")["shapes"]) == set(load_theirs("athena")["shapes"])


def test_summaries_are_our_own(ours: Json, theirs: Json) -> None:
    for name, operation in ours["operations"].items():
        assert operation["summary"], name
        assert operation["summary"] not in theirs["operations"][name]["documentation"], name


def test_paging_names_the_list(ours: Json) -> None:
    shapes = ours["shapes"]
    for name, operation in ours["operations"].items():
        pages = "NextToken" in shapes[operation["input"]].get("members", {})
        assert pages == ("paging" in operation), name
        if pages:
            assert operation["paging"] in shapes[operation["output"]]["members"], name


def test_an_import_changes_nothing(service: str, ours: Json, theirs: Json) -> None:
    only = list(ours["operations"]) if service != "athena" else []
    text = import_api.format_model(import_api.import_model(theirs, ours, only))
    assert text == (TOP / "api" / f"{service}.json").read_text()
