"""The wire of AWS JSON 1.1 and of HTTP/1.1 beneath it, byte by byte where clients depend on it."""

from __future__ import annotations

import email.utils
import json
import re
import time
from typing import Any

import pytest
from json_wire import CONTENT_TYPE, JsonWire, Pipe, head_bytes
from server import Server
from shapes import OPERATIONS, least, operation_input

BUILT = {
    *("StartSession", "GetSession", "GetSessionStatus", "ListSessions", "TerminateSession"),
    *("ListExecutors", "ListEngineVersions", "ListApplicationDPUSizes"),
    *("StartCalculationExecution", "GetCalculationExecution", "GetCalculationExecutionStatus"),
    *("GetCalculationExecutionCode", "ListCalculationExecutions", "StopCalculationExecution"),
    *("CreateWorkGroup", "GetWorkGroup", "ListWorkGroups", "UpdateWorkGroup", "DeleteWorkGroup"),
    *("TagResource", "UntagResource", "ListTagsForResource"),
    *("StartQueryExecution", "StopQueryExecution", "GetQueryExecution", "GetQueryResults"),
    *("ListQueryExecutions", "BatchGetQueryExecution"),
    *("ListDataCatalogs", "CreateDataCatalog", "GetDataCatalog"),
    *("UpdateDataCatalog", "DeleteDataCatalog"),
    *("ListDatabases", "GetDatabase", "ListTableMetadata", "GetTableMetadata"),
}
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def wire(glaux: Server) -> JsonWire:
    return JsonWire(glaux)


# --- the headers of an answer ---


def test_success_has_the_protocols_headers(wire: JsonWire) -> None:
    answer = wire.call("ListWorkGroups")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    assert REQUEST_ID.fullmatch(answer.headers["x-amzn-RequestId"])
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert "x-amzn-ErrorType" not in answer.headers
    assert "Transfer-Encoding" not in answer.headers


def test_date_is_now_in_http_form(wire: JsonWire) -> None:
    date = email.utils.parsedate_to_datetime(wire.call("ListWorkGroups").headers["Date"])
    assert abs(date.timestamp() - time.time()) < 5


def test_every_request_has_an_id_of_its_own(wire: JsonWire) -> None:
    ids = {wire.call("ListWorkGroups").headers["x-amzn-RequestId"] for _ in range(5)}
    ids |= {wire.call("GetWorkGroup", {"WorkGroup": "none"}).headers["x-amzn-RequestId"]}
    assert len(ids) == 6


def test_error_is_named_in_body_and_header(wire: JsonWire) -> None:
    answer = wire.call("GetWorkGroup", {"WorkGroup": "none"})
    assert answer.status == 400
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    assert answer.error == "InvalidRequestException"
    assert REQUEST_ID.fullmatch(answer.headers["x-amzn-RequestId"])
    assert answer.headers["Date"]
    assert answer.json == {
        "__type": "InvalidRequestException",
        "AthenaErrorCode": "INVALID_INPUT",
        "ErrorCode": "INVALID_INPUT",
        "Message": "WorkGroup is not found.",
    }


# --- bodies ---


def test_times_are_epoch_seconds_with_milliseconds(wire: JsonWire) -> None:
    body = wire.call("GetWorkGroup", {"WorkGroup": "spark"}).body.decode()
    found = re.search(r'"CreationTime":([^,}]+)', body)
    assert found
    assert re.fullmatch(r"\d{10}\.\d{1,3}", found[1]) or re.fullmatch(r"\d{10}", found[1])
    assert abs(float(found[1]) - time.time()) < 3600


def nulls(value: Any) -> bool:
    if isinstance(value, dict):
        return any(nulls(v) for v in value.values())
    if isinstance(value, list):
        return any(nulls(v) for v in value)
    return value is None


def test_members_without_value_are_left_out(wire: JsonWire) -> None:
    group = wire.call("GetWorkGroup", {"WorkGroup": "primary"}).json["WorkGroup"]
    assert not nulls(group)
    assert "ExecutionRole" not in group["Configuration"]
    listed = wire.call("ListWorkGroups").json
    assert "NextToken" not in listed
    assert not nulls(listed)


def test_null_is_as_if_left_out(wire: JsonWire) -> None:
    listed = wire.call("ListWorkGroups", {"MaxResults": None, "NextToken": None})
    assert listed.status == 200
    missing = wire.call("GetWorkGroup", {"WorkGroup": None})
    assert missing.message == (
        "1 validation error detected: Value null at 'workGroup' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_unknown_members_are_ignored(wire: JsonWire) -> None:
    answer = wire.call(
        "GetWorkGroup", {"WorkGroup": "spark", "ContentMD5": "x", "Nested": {"Deep": [1, {}]}}
    )
    assert answer.status == 200


@pytest.mark.parametrize("name", ["workgroup", "workGroup", "WORKGROUP"])
def test_members_are_known_by_their_exact_name(wire: JsonWire, name: str) -> None:
    assert wire.call("GetWorkGroup", {name: "spark"}).error == "InvalidRequestException"


def test_empty_body_is_an_empty_structure(wire: JsonWire) -> None:
    assert wire.call("ListWorkGroups", b"").status == 200


@pytest.mark.parametrize("content_type", ["", "application/x-amz-json-1.0", "text/plain"])
def test_content_type_decides_nothing(wire: JsonWire, content_type: str) -> None:
    headers = {"X-Amz-Target": "AmazonAthena.ListWorkGroups"}
    if content_type:
        headers["Content-Type"] = content_type
    assert wire.send(wire.signed(b"{}", headers), b"{}").status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nope",
        b'"text"',
        b"[]",
        b"\xff\xfe{}",
        b'{"WorkGroup":"a\xffb"}',
        b'{"WorkGroup":"spark"} tail',
        b'{"WorkGroup":"spark"}{}',
        b'{"WorkGroup":"\\ud800"}',
        b'{"WorkGroup":1}',
        b'{"WorkGroup":{"a":1}}',
        b'{"WorkGroup":["spark"]}',
        b'{"WorkGroup":true}',
        b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
    ids=lambda b: b[:24].decode("latin-1"),
)
def test_what_is_not_the_protocols_form_is_told_so(wire: JsonWire, body: bytes) -> None:
    answer = wire.call("GetWorkGroup", body)
    assert answer.status == 400
    assert answer.error == "SerializationException"
    assert answer.message


def test_text_of_every_script_comes_back(glaux: Server, wire: JsonWire) -> None:
    text = 'Ünï \u4e2d\u6587 \U0001f600 "quoted" \\ \u0001 \u2028 </script>'
    athena = glaux.client("athena")
    athena.create_work_group(Name="wire-text", Description=text)
    try:
        assert athena.get_work_group(WorkGroup="wire-text")["WorkGroup"]["Description"] == text
        raw = wire.call("GetWorkGroup", {"WorkGroup": "wire-text"}).body
        assert json.loads(raw.decode())["WorkGroup"]["Description"] == text
    finally:
        athena.delete_work_group(WorkGroup="wire-text")


def test_lengths_count_code_points(wire: JsonWire) -> None:
    ok = {"SessionId": "none", "CodeBlock": "\U0001f600" * 68000}
    assert "does not exist" in wire.call("StartCalculationExecution", ok).message
    longer = ok | {"CodeBlock": "\U0001f600" * 68001}
    assert wire.call("StartCalculationExecution", longer).message == (
        "1 validation error detected: Value at 'codeBlock' failed to satisfy constraint: "
        "Member must have length less than or equal to 68000"
    )


def test_all_broken_constraints_are_told_at_once(wire: JsonWire) -> None:
    answer = wire.call(
        "ListSessions", {"WorkGroup": "a b", "StateFilter": "ASLEEP", "MaxResults": 101}
    )
    assert answer.json["AthenaErrorCode"] == "INVALID_INPUT"
    head, *sentences = re.split(r": (?=Value)|; (?=Value)", answer.message)
    assert head == "3 validation errors detected"
    assert sorted(sentences) == [
        "Value at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 100",
        "Value at 'stateFilter' failed to satisfy constraint: Member must satisfy enum value set: "
        "[CREATING, CREATED, IDLE, BUSY, TERMINATING, TERMINATED, DEGRADED, FAILED]",
        "Value at 'workGroup' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}",
    ]


def test_places_of_nested_members_are_named(wire: JsonWire) -> None:
    answer = wire.call(
        "StartSession",
        {"WorkGroup": "spark", "EngineConfiguration": {"MaxConcurrentDpus": 1}},
    )
    assert answer.message == (
        "1 validation error detected: Value at 'engineConfiguration.maxConcurrentDpus' failed to "
        "satisfy constraint: Member must have value greater than or equal to 2"
    )


# --- operations ---


def test_there_are_75_operations() -> None:
    assert len(OPERATIONS) == 75
    assert set(OPERATIONS) >= BUILT


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_answers(wire: JsonWire, name: str) -> None:
    answer = wire.call(name)
    if answer.status == 200:
        assert name in BUILT
        return
    assert answer.status == 400
    assert answer.error == "InvalidRequestException"


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - BUILT))
def test_what_is_not_built_says_so_by_its_name(wire: JsonWire, name: str) -> None:
    answer = wire.call(name, least(operation_input(name)))
    assert (answer.status, answer.error) == (400, "InvalidRequestException")
    assert answer.message == f"The operation {name} is not available on this server."


@pytest.mark.parametrize(
    "target",
    [
        "AmazonAthena.Nothing",
        "AmazonAthena.getSession",
        "AmazonAthena.",
        "AmazonAthena",
        "Nothing.GetSession",
        "",
        ".",
        "AmazonAthena.GetSession.GetSession",
    ],
)
def test_unknown_targets(wire: JsonWire, target: str) -> None:
    headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": target}
    answer = wire.send(wire.signed(b"{}", headers), b"{}")
    assert (answer.status, answer.error) == (400, "UnknownOperationException")


def test_no_target_at_all(wire: JsonWire) -> None:
    answer = wire.send(wire.signed(b"{}", {"Content-Type": CONTENT_TYPE}), b"{}")
    assert (answer.status, answer.error) == (400, "UnknownOperationException")


def test_who_is_not_known_learns_nothing_of_operations(wire: JsonWire) -> None:
    answer = wire.send({"Host": wire.host, "X-Amz-Target": "AmazonAthena.Nothing"}, b"{}")
    assert answer.error == "MissingAuthenticationTokenException"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_operations_are_posted(wire: JsonWire, method: str) -> None:
    headers = {"X-Amz-Target": "AmazonAthena.ListWorkGroups"}
    answer = wire.send(wire.signed(b"", headers, method), b"", method)
    assert (answer.status, answer.error) == (400, "UnknownOperationException")


def test_head_has_no_body(wire: JsonWire) -> None:
    headers = wire.signed(b"", {"X-Amz-Target": "AmazonAthena.ListWorkGroups"}, "HEAD")
    with wire.connect() as pipe:
        pipe.send(head_bytes(headers, "HEAD"))
        answer = pipe.answer(bare=True)
        assert answer.status == 400
        assert int(answer.headers["Content-Length"]) > 0
        pipe.send(wire.raw("ListWorkGroups"))
        assert pipe.answer().status == 200


# --- HTTP/1.1 ---


def test_connection_is_kept(wire: JsonWire) -> None:
    with wire.connect() as pipe:
        for _ in range(3):
            pipe.send(wire.raw("ListWorkGroups"))
            answer = pipe.answer()
            assert answer.status == 200
            assert answer.headers["Connection"] is None


def test_error_does_not_end_the_connection(wire: JsonWire) -> None:
    with wire.connect() as pipe:
        pipe.send(wire.raw("GetWorkGroup", b"{"))
        assert pipe.answer().error == "SerializationException"
        pipe.send(wire.raw("ListWorkGroups"))
        assert pipe.answer().status == 200


def test_connection_close_is_kept(wire: JsonWire) -> None:
    with wire.connect() as pipe:
        pipe.send(wire.raw("ListWorkGroups", Connection="close"))
        answer = pipe.answer()
        assert (answer.status, answer.headers["Connection"]) == (200, "close")
        assert pipe.ended()


def test_pipelined_answers_come_in_order(wire: JsonWire) -> None:
    """Reads of the store answer later than what memory knows; order is kept all the same."""
    unknown = json.dumps({"SessionId": "00000000-0000-0000-0000-000000000000"}).encode()
    requests = [
        wire.raw("GetSession", unknown),
        wire.raw("ListWorkGroups"),
        wire.raw("Nothing"),
        wire.raw("GetSession", unknown),
        wire.raw("GetWorkGroup", b'{"WorkGroup":"spark"}'),
    ] * 8
    with wire.connect() as pipe:
        pipe.send(b"".join(requests))
        answers = [pipe.answer() for _ in requests]
    for i in range(0, len(answers), 5):
        first, second, third, fourth, fifth = answers[i : i + 5]
        assert "does not exist" in first.message
        assert "WorkGroups" in second.json
        assert third.error == "UnknownOperationException"
        assert "does not exist" in fourth.message
        assert fifth.json["WorkGroup"]["Name"] == "spark"


def test_request_may_come_byte_by_byte(wire: JsonWire) -> None:
    with wire.connect() as pipe:
        for byte in wire.raw("GetWorkGroup", b'{"WorkGroup":"spark"}'):
            pipe.send(bytes([byte]))
        assert pipe.answer().json["WorkGroup"]["Name"] == "spark"


def continued(pipe: Pipe) -> None:
    assert pipe.status_line() == "HTTP/1.1 100 Continue"
    assert pipe.status_line() == ""


def test_expect_continue(wire: JsonWire) -> None:
    body = b'{"WorkGroup":"spark"}'
    headers = wire.operation("GetWorkGroup", body, Expect="100-continue")
    with wire.connect() as pipe:
        pipe.send(head_bytes(headers | {"Content-Length": str(len(body))}))
        continued(pipe)
        pipe.send(body)
        assert pipe.answer().json["WorkGroup"]["Name"] == "spark"


def test_expect_of_something_else_is_refused(wire: JsonWire) -> None:
    body = b"{}"
    headers = wire.operation("ListWorkGroups", body, Expect="a miracle")
    with wire.connect() as pipe:
        pipe.send(head_bytes(headers | {"Content-Length": "2"}))
        assert pipe.answer().status == 417


def test_chunked_body(wire: JsonWire) -> None:
    body = b'{"WorkGroup":"spark"}'
    headers = wire.operation("GetWorkGroup", body) | {"Transfer-Encoding": "chunked"}
    with wire.connect() as pipe:
        pipe.send(head_bytes(headers))
        for at in range(0, len(body), 5):
            piece = body[at : at + 5]
            pipe.send(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece))
        pipe.send(b"0\r\nTrailer: x\r\n\r\n")
        assert pipe.answer().json["WorkGroup"]["Name"] == "spark"
        pipe.send(wire.raw("ListWorkGroups"))
        assert pipe.answer().status == 200


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["POST / HTTP/1.1", "Content-Length: 0"], 400),
        (["POST / HTTP/1.1", "Host: a", "Host: b", "Content-Length: 0"], 400),
        (["POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Content-Length: 2"], 400),
        (["POST / HTTP/1.1", "Host: a", "Content-Length: -1"], 400),
        (["POST / HTTP/1.1", "Host: a", "Content-Length: 2", "Transfer-Encoding: chunked"], 400),
        (["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip"], 501),
        (["POST / HTTP/1.1", "Host: a", "Content-Length: 99999999999999999999"], 400),
        (["POST / HTTP/1.1", "Host: a", "bad header line"], 400),
        (["POST / HTTP/1.1", "Host: a", "X: a\x00b"], 400),
        (["POST / HTTP/3.0", "Host: a"], 505),
        (["post / HTTP/1.1", "Host: a"], 400),
        (["BREW / HTTP/1.1", "Host: a"], 501),
        (["POST nowhere HTTP/1.1", "Host: a"], 400),
        (["POST /#frag HTTP/1.1", "Host: a"], 400),
        (["\x16\x03\x01 hello"], 400),
        (["GET /" + "a" * 70000 + " HTTP/1.1", "Host: a"], 431),
        (["GET / HTTP/1.1", "Host: a", "X: " + "a" * 70000], 431),
        (["GET / HTTP/1.1", "Host: a", *(f"X{i}: a" for i in range(200))], 431),
    ],
)
def test_what_is_not_http_is_refused_and_ends_the_connection(
    wire: JsonWire, lines: list[str], status: int
) -> None:
    with wire.connect() as pipe:
        pipe.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        answer = pipe.answer()
        assert answer.status == status
        assert answer.headers["Connection"] == "close"
        assert answer.headers["x-amzn-RequestId"]
        assert answer.json["message"]
        assert pipe.ended()
    assert wire.call("ListWorkGroups").status == 200


def test_body_over_the_limit_is_refused(wire: JsonWire) -> None:
    headers = wire.operation("GetWorkGroup", b"{}") | {"Content-Length": str(17 << 20)}
    with wire.connect() as pipe:
        pipe.send(head_bytes(headers))
        answer = pipe.answer()
    assert (answer.status, answer.error) == (413, "RequestEntityTooLargeException")


def test_body_that_never_ends_is_not_an_answer(wire: JsonWire) -> None:
    """Half a request, then nothing more: the server keeps serving others and forgets it."""
    headers = wire.operation("ListWorkGroups", b"{}") | {"Content-Length": "2"}
    with wire.connect() as pipe:
        pipe.send(head_bytes(headers) + b"{")
        assert wire.call("ListWorkGroups").status == 200
    assert wire.call("ListWorkGroups").status == 200


@pytest.mark.parametrize("count", [2_097_090, 5_000_000])
def test_body_that_grows_in_memory_is_refused(wire: JsonWire, count: int) -> None:
    """Many small items need more room than their bytes; what is done with them needs some, too."""
    start = b'{"WorkGroup":"spark","EngineConfiguration":{},"Tags":['
    answer = wire.call("StartSession", start + b",".join([b"{}"] * count) + b"]}")
    assert (answer.status, answer.error) == (413, "RequestEntityTooLargeException")
    assert wire.call("ListWorkGroups").status == 200
