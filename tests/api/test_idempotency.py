"""At most once: tokens of the client and invocation ids of its SDK."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from json_wire import JsonWire, refused
from server import Server, Session, wait_for

MISMATCH = "^Idempotent parameters do not match$"
PLAIN: dict[str, Any] = {"WorkGroup": "spark", "EngineConfiguration": {"MaxConcurrentDpus": 5}}


def token() -> str:
    return str(uuid.uuid4())


@pytest.fixture(scope="module")
def athena(light: Server) -> Any:
    return light.client("athena")


def sessions(athena: Any) -> int:
    """How many live."""
    return len(athena.list_sessions(WorkGroup="spark")["Sessions"])


@pytest.fixture(autouse=True)
def ended(request: pytest.FixtureRequest) -> Any:
    """Nothing lives on from one test to the next."""
    yield
    if "athena" in request.fixturenames:
        athena = request.getfixturevalue("athena")
        for one in athena.list_sessions(WorkGroup="spark")["Sessions"]:
            athena.terminate_session(SessionId=one["SessionId"])
        wait_for(lambda: sessions(athena) == 0)


def test_same_token_same_session(athena: Any) -> None:
    name = token()
    ids = {athena.start_session(ClientRequestToken=name, **PLAIN)["SessionId"] for _ in range(3)}
    assert len(ids) == 1
    assert sessions(athena) == 1


def test_order_of_maps_does_not_matter(athena: Any) -> None:
    name = token()
    properties = {"spark.a": "1", "spark.b": "2"}
    engine = {"SparkProperties": properties, "MaxConcurrentDpus": 5}
    turned = {"MaxConcurrentDpus": 5, "SparkProperties": dict(reversed(properties.items()))}
    first = athena.start_session(
        WorkGroup="spark", EngineConfiguration=engine, ClientRequestToken=name
    )
    second = athena.start_session(
        WorkGroup="spark", EngineConfiguration=turned, ClientRequestToken=name
    )
    assert first["SessionId"] == second["SessionId"]


@pytest.mark.parametrize(
    "changed",
    [
        {"Description": "other"},
        {"EngineConfiguration": {"MaxConcurrentDpus": 6}},
        {"SessionIdleTimeoutInMinutes": 30},
        {"Tags": [{"Key": "a", "Value": "b"}]},
        {"NotebookVersion": "x"},
        {"CopyWorkGroupTags": False},
    ],
    ids=lambda c: next(iter(c)),
)
def test_changed_parameters_are_refused(athena: Any, changed: dict[str, Any]) -> None:
    name = token()
    athena.start_session(ClientRequestToken=name, **PLAIN)
    with refused(MISMATCH):
        athena.start_session(ClientRequestToken=name, **(PLAIN | changed))
    assert sessions(athena) == 1


def test_mismatch_is_coded(light: Server, athena: Any) -> None:
    name = token()
    athena.start_session(ClientRequestToken=name, **PLAIN)
    answer = JsonWire(light).call(
        "StartSession", PLAIN | {"ClientRequestToken": name, "Description": "other"}
    )
    assert answer.json == {
        "__type": "InvalidRequestException",
        "AthenaErrorCode": "IDEMPOTENT_PARAMETER_MISMATCH",
        "ErrorCode": "IDEMPOTENT_PARAMETER_MISMATCH",
        "Message": "Idempotent parameters do not match",
    }


def test_other_token_other_session(athena: Any) -> None:
    first = athena.start_session(ClientRequestToken=token(), **PLAIN)["SessionId"]
    second = athena.start_session(ClientRequestToken=token(), **PLAIN)["SessionId"]
    assert first != second


def test_tokens_differ_by_case(athena: Any) -> None:
    first = athena.start_session(ClientRequestToken="t" * 32, **PLAIN)["SessionId"]
    second = athena.start_session(ClientRequestToken="T" * 32, **PLAIN)["SessionId"]
    assert first != second


def test_a_refused_call_does_not_use_its_token_up(athena: Any) -> None:
    name = token()
    with refused("exceeds the limit"):
        athena.start_session(
            WorkGroup="spark",
            EngineConfiguration={"MaxConcurrentDpus": 100},
            ClientRequestToken=name,
        )
    assert athena.start_session(ClientRequestToken=name, **PLAIN)["SessionId"]


def test_the_same_id_also_when_the_session_has_ended(athena: Any) -> None:
    name = token()
    session_id = athena.start_session(ClientRequestToken=name, **PLAIN)["SessionId"]
    athena.terminate_session(SessionId=session_id)
    status = athena.get_session_status
    wait_for(lambda: status(SessionId=session_id)["Status"]["State"] == "TERMINATED")
    again = athena.start_session(ClientRequestToken=name, **PLAIN)
    assert again["SessionId"] == session_id
    assert again["State"] == "TERMINATED"
    assert sessions(athena) == 0


def together(count: int, call: Any) -> list[Any]:
    """What `call` answers, called by that many threads at once."""
    gate = threading.Barrier(count)
    answers: list[Any] = []

    def run() -> None:
        gate.wait()
        answers.append(call())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == count
    return answers


def test_at_the_same_time(light: Server, athena: Any) -> None:
    name = token()
    body = PLAIN | {"ClientRequestToken": name}
    answers = together(12, lambda: JsonWire(light).call("StartSession", body))
    assert [a.status for a in answers] == [200] * 12
    assert len({a.json["SessionId"] for a in answers}) == 1
    assert sessions(athena) == 1


def test_at_the_same_time_in_one_burst(light: Server, athena: Any) -> None:
    """Pipelined: all of them are there before the first is in the store; one differs."""
    wire = JsonWire(light)
    name = token()
    plain = b'{"WorkGroup":"spark","EngineConfiguration":{},"ClientRequestToken":"%s"}' % (
        name.encode()
    )
    other = plain.replace(b"{}", b'{"MaxConcurrentDpus":3}')
    with wire.connect() as pipe:
        pipe.send(b"".join(wire.raw("StartSession", b) for b in [plain] * 5 + [other]))
        answers = [pipe.answer() for _ in range(6)]
    assert len({a.json["SessionId"] for a in answers[:5]}) == 1
    assert answers[5].message == "Idempotent parameters do not match"
    assert sessions(athena) == 1


def test_tokens_outlive_the_server(new_light: Any) -> None:
    server = new_light()
    name = token()
    first = server.client("athena").start_session(ClientRequestToken=name, **PLAIN)
    server.restart()
    athena = server.client("athena")
    assert athena.start_session(ClientRequestToken=name, **PLAIN)["SessionId"] == first["SessionId"]
    with refused(MISMATCH):
        athena.start_session(ClientRequestToken=name, Description="x", **PLAIN)


# --- calls without a token ---


def call(light: Server, invocation: str, **changed: Any) -> str:
    answer = JsonWire(light).call("StartSession", PLAIN | changed, amz_sdk_invocation_id=invocation)
    assert answer.status == 200
    return str(answer.json["SessionId"])


def test_retries_of_one_call_are_one_call(light: Server, athena: Any) -> None:
    invocation = token()
    assert len({call(light, invocation) for _ in range(3)}) == 1
    assert sessions(athena) == 1


def test_retries_at_the_same_time_are_one_call(light: Server, athena: Any) -> None:
    invocation = token()
    assert len(set(together(8, lambda: call(light, invocation)))) == 1
    assert sessions(athena) == 1


def test_other_calls_are_other_calls(light: Server, athena: Any) -> None:
    invocation = token()
    ids = {
        call(light, invocation),
        call(light, invocation, Description="other parameters"),
        call(light, token()),
    }
    assert len(ids) == 3


def test_without_an_id_every_call_is_its_own(light: Server, athena: Any) -> None:
    ids = {JsonWire(light).call("StartSession", PLAIN).json["SessionId"] for _ in range(3)}
    assert len(ids) == 3


def test_each_call_of_boto3_is_its_own(athena: Any) -> None:
    ids = {athena.start_session(**PLAIN)["SessionId"] for _ in range(3)}
    assert len(ids) == 3


def test_an_id_of_long_ago_is_a_new_call(new_light: Any) -> None:
    server = new_light("retention.invocations=1s")
    invocation = token()
    first = call(server, invocation)
    assert wait_for(lambda: call(server, invocation) != first)


def test_the_token_goes_before_the_invocation(light: Server, athena: Any) -> None:
    name = token()
    first = call(light, token(), ClientRequestToken=name)
    assert call(light, token(), ClientRequestToken=name) == first


# --- calculations ---


def test_a_calculations_token(session: Session) -> None:
    name = token()
    code = "n = globals().get('n', 0) + 1; print(n)"
    session.run("n = 0")
    calculation_id = session.start(code, ClientRequestToken=name)
    assert session.start(code, ClientRequestToken=name) == calculation_id  # also while it runs
    session.wait_calculation(calculation_id)
    again = session.athena.start_calculation_execution(
        SessionId=session.id, CodeBlock=code, ClientRequestToken=name
    )
    assert again["CalculationExecutionId"] == calculation_id
    assert again["State"] == "COMPLETED"
    assert session.stdout("print(n)") == "1\n"
    with refused(MISMATCH):
        session.start("print('other')", ClientRequestToken=name)


def test_a_refused_calculation_does_not_use_its_token_up(session: Session) -> None:
    name = token()
    blocking = session.start("import time; time.sleep(600)")
    with refused("BUSY state"):
        session.start("print(5)", ClientRequestToken=name)
    session.athena.stop_calculation_execution(CalculationExecutionId=blocking)
    session.wait_calculation(blocking)
    told = session.wait_calculation(session.start("print(5)", ClientRequestToken=name))
    assert session.read(told["Result"]["StdOutS3Uri"]) == "5\n"


def test_a_token_belongs_to_its_operation(session: Session) -> None:
    name = token()
    first = session.start("1", ClientRequestToken=name)
    session.wait_calculation(first)
    other = Session(session.server, ClientRequestToken=name)
    assert other.id != session.id
    other.end()


def test_a_retried_calculation_runs_once(session: Session) -> None:
    wire = JsonWire(session.server)
    body = {"SessionId": session.id, "CodeBlock": "m = globals().get('m', 0) + 1"}
    invocation = token()
    ids = set()
    for _ in range(3):
        answer = wire.call("StartCalculationExecution", body, amz_sdk_invocation_id=invocation)
        ids.add(answer.json["CalculationExecutionId"])
    [calculation_id] = ids
    session.wait_calculation(calculation_id)
    assert session.stdout("print(m)") == "1\n"
