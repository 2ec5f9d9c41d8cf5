"""Random requests made from botocore's model for every operation: no failure of the server, and the
sentence of the model for each rule that is broken."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from json_wire import Answer, JsonWire
from server import Server
from shapes import OPERATIONS, Fault, faults, least, operation_input, valid

FAULTS = [(name, fault) for name in OPERATIONS for fault in faults(operation_input(name))]
PROFILE = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.large_base_example,
        HealthCheck.data_too_large,
    ],
)
# Valid requests name a workgroup and a session that are not there: they start nothing.
NOWHERE = {"WorkGroup": "no-such-group", "SessionId": "no-such-session"}


class Asker:
    """Sends requests on one connection that is kept."""

    def __init__(self, server: Server) -> None:
        self.wire = JsonWire(server)
        self.connection = http.client.HTTPConnection(self.wire.host, timeout=30)

    def ask(self, name: str, body: bytes) -> Answer:
        self.connection.request("POST", "/", body, self.wire.operation(name, body))
        response = self.connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        assert answer.status < 500, (name, body, answer.body)
        assert isinstance(answer.json, dict)
        return answer


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """A server of these tests' own: what random requests make there is in nobody's way."""
    server = Server(tmp_path_factory.mktemp("properties") / "data").start()
    asker = Asker(server)
    yield asker
    asker.connection.close()
    assert server.end() == 0, "the server did not end in good order"


def encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


# What a valid request for something that is not there may be answered.
MODELLED = {"InvalidRequestException", "MetadataException", "ResourceNotFoundException"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_valid_requests_pass_validation(asker: Asker, name: str) -> None:
    @PROFILE
    @given(valid(operation_input(name)))
    def check(request: dict[str, Any]) -> None:
        answer = asker.ask(
            name, encoded(request | {k: v for k, v in NOWHERE.items() if k in request})
        )
        if answer.status != 200:
            assert answer.error in MODELLED
            assert "validation error" not in answer.message, request

    check()


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=str)
def test_each_broken_rule_gets_its_sentence(asker: Asker, name: str, fault: Fault) -> None:
    shape = operation_input(name)
    answer = asker.ask(name, encoded(fault.put(least(shape), shape)))
    value = "Value null" if fault.value is None else "Value"
    assert answer.status == 400
    assert answer.error == "InvalidRequestException"
    assert answer.json["AthenaErrorCode"] == "INVALID_INPUT"
    sentence = f"{value} at '{fault.place}' failed to satisfy constraint: {fault.constraint}"
    assert answer.message == f"1 validation error detected: {sentence}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def spoilt(draw: st.DrawFn, name: str) -> Any:
    """A valid request of which one member is replaced by anything at all."""
    shape = operation_input(name)
    request = draw(valid(shape))
    members = list(shape.members)
    if members:
        request[draw(st.sampled_from(members))] = draw(JSON)
    return {**request, **{k: v for k, v in NOWHERE.items() if isinstance(request.get(k), str)}}


@pytest.mark.parametrize("name", OPERATIONS)
def test_anything_in_place_of_a_member_is_answered(asker: Asker, name: str) -> None:
    @PROFILE
    @given(spoilt(name))
    def check(request: Any) -> None:
        answer = asker.ask(name, json.dumps(request).encode())
        if answer.status != 200:
            assert answer.error in {*MODELLED, "SerializationException"}

    check()


@pytest.mark.parametrize("name", ["StartSession", "CreateWorkGroup", "TagResource"])
def test_any_bytes_are_answered(asker: Asker, name: str) -> None:
    @settings(PROFILE, max_examples=150)
    @given(st.binary(max_size=300) | JSON.map(lambda v: json.dumps(v).encode()))
    def check(body: bytes) -> None:
        assert asker.ask(name, body).status in (200, 400)

    check()
