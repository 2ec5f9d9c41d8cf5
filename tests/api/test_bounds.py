"""Requests that ask for more than the server keeps or has memory for, and races of requests."""

from __future__ import annotations

from typing import Any

import pytest
from json_wire import JsonWire, refused

ROLE = "arn:aws:iam::000000000000:role/spark"
SPARK = {
    "EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"},
    "ExecutionRole": ROLE,
}


def properties(count: int) -> dict[str, Any]:
    values = {f"spark.x{i:05}": "v" * 20 for i in range(count)}
    return SPARK | {"EngineConfiguration": {"SparkProperties": values}}


def test_workgroups_are_bounded(new_light: Any) -> None:
    athena = new_light("limits.workgroups=3").client("athena")
    athena.create_work_group(Name="third", Configuration=SPARK)
    with refused(r"Maximum allowed workgroups reached: .* 3 \(limits.workgroups\)"):
        athena.create_work_group(Name="fourth", Configuration=SPARK)
    athena.delete_work_group(WorkGroup="third")
    athena.create_work_group(Name="fourth", Configuration=SPARK)


def test_a_workgroups_configuration_is_bounded(new_light: Any) -> None:
    athena = new_light().client("athena")
    athena.create_work_group(Name="large", Configuration=properties(800))
    with refused("has more than 32768 bytes in all"):
        athena.create_work_group(Name="larger", Configuration=properties(900))
    engines = {g["Name"]: g.get("EngineVersion") for g in athena.list_work_groups()["WorkGroups"]}
    assert engines["large"] == {
        "SelectedEngineVersion": "PySpark engine version 3",
        "EffectiveEngineVersion": "PySpark engine version 3",
    }


def test_many_small_values_are_refused_before_they_are_parsed(new_light: Any) -> None:
    """Five megabytes of them used to fill the request's memory to its last byte."""
    server = new_light()
    items = b",".join([b"{}"] * 1_600_000)
    body = b'{"WorkGroup":"spark","EngineConfiguration":{"Classifications":[%s]}}' % items
    answer = JsonWire(server).call("StartSession", body)
    assert (answer.status, answer.error) == (413, "RequestEntityTooLargeException")
    assert "more than 100000 JSON values" in answer.message


def test_no_session_starts_in_a_workgroup_that_was_just_deleted(new_light: Any) -> None:
    """StartSession asks the store for token, bucket and tags; the group may go meanwhile."""
    server = new_light()
    athena = server.client("athena")
    wire = JsonWire(server)
    for i in range(10):
        name = f"short-lived-{i}"
        athena.create_work_group(Name=name, Configuration=SPARK)
        start = wire.raw(
            "StartSession", b'{"WorkGroup":"%s","EngineConfiguration":{}}' % name.encode()
        )
        delete = wire.raw("DeleteWorkGroup", b'{"WorkGroup":"%s"}' % name.encode())
        with wire.connect() as pipe:
            pipe.send(start + delete)
            answers = [pipe.answer() for _ in range(2)]
        assert sorted(a.status for a in answers) == [200, 400], [a.body for a in answers]


@pytest.mark.parametrize("framing", ["Content-Length: 10000000", "Transfer-Encoding: chunked"])
def test_a_large_body_is_not_awaited_from_strangers(new_light: Any, framing: str) -> None:
    wire = JsonWire(new_light())
    head = (
        f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonAthena.GetSession\r\n{framing}\r\n\r\n"
    )
    with wire.connect() as pipe:
        pipe.send(head.encode())  # nothing of the body
        assert pipe.answer().error == "MissingAuthenticationTokenException"
