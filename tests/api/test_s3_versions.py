"""What is asked of versions, where every object has one, and of several sub-resources at once."""

from __future__ import annotations

from typing import Any

import pytest
from s3_wire import Wire, new_bucket
from server import Server

CONTENT = b"the one version"


@pytest.fixture(scope="module")
def wire(glaux: Server) -> Wire:
    return Wire(glaux)


@pytest.fixture
def path(s3: Any) -> str:
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="key", Body=CONTENT)
    return f"/{bucket}/key"


def test_null_is_the_object(wire: Wire, path: str) -> None:
    assert wire.send("GET", f"{path}?versionId=null").body == CONTENT
    assert wire.send("HEAD", f"{path}?versionId=null").status == 200
    assert wire.send("GET", f"{path}?acl&versionId=null").status == 200
    assert wire.send("GET", f"{path}?tagging&versionId=null").status == 200
    assert wire.send("DELETE", f"{path}?versionId=null").status == 204
    assert wire.send("GET", f"{path}?versionId=null").status == 404


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("1", "Invalid version id specified"),
        ("NULL", "Invalid version id specified"),
        ("3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY", "Invalid version id specified"),
        ("", "Version id cannot be the empty string"),
    ],
)
def test_there_are_no_others(wire: Wire, path: str, version: str, message: str) -> None:
    for method in ("GET", "DELETE"):
        answer = wire.send(method, f"{path}?versionId={version}")
        assert (answer.status, answer.code, answer.message) == (400, "InvalidArgument", message)
    assert wire.send("HEAD", f"{path}?versionId={version}").status == 400
    assert wire.send("GET", path).body == CONTENT


@pytest.mark.parametrize("version", ["null", "1", ""])
def test_writes_take_none(wire: Wire, path: str, version: str) -> None:
    bucket = path.rpartition("/")[0]
    for method, target in (
        ("PUT", path),
        ("PUT", f"{path}?partNumber=1&uploadId=u"),
        ("POST", f"{path}?uploads"),
        ("GET", bucket),
    ):
        answer = wire.send(
            method, f"{target}{'&' if '?' in target else '?'}versionId={version}", b""
        )
        assert (answer.status, answer.code) == (400, "InvalidArgument")
        assert answer.message == "This operation does not accept a version-id."
    assert wire.send("GET", path).body == CONTENT


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("acl&policy", "acl, policy"),
        ("tagging=&acl", "acl, tagging"),
        ("uploads&uploadId=u", "uploadId, uploads"),
        ("delete&tagging", "delete, tagging"),
    ],
)
def test_one_thing_at_a_time(wire: Wire, path: str, method: str, query: str, named: str) -> None:
    for target in (path, path.rpartition("/")[0]):
        answer = wire.send(method, f"{target}?{query}")
        assert answer.status == 400
        if method != "HEAD":
            assert answer.code == "InvalidArgument"
            assert answer.message == f"Conflicting query string parameters: {named}"
    assert wire.send("GET", path).body == CONTENT
