"""Calculations on Spark: states and their order, results, stopping, refusals."""

from __future__ import annotations

import json
import re
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from json_wire import refused
from server import ENDED_CALCULATION, Server, Session, wait_for

UNKNOWN = "00000000-0000-0000-0000-000000000000"
RESULT_TYPE = "application/vnd.aws.athena.v1+json"


@pytest.fixture
def server(glaux: Server) -> Server:
    return glaux


def test_a_completed_calculation(session: Session) -> None:
    answer = session.athena.start_calculation_execution(
        SessionId=session.id, CodeBlock="print('hello')", Description="Grüße"
    )
    assert answer["State"] == "CREATING"
    calculation_id = answer["CalculationExecutionId"]
    assert str(uuid.UUID(calculation_id)) == calculation_id
    told = session.wait_calculation(calculation_id)
    folder = f"s3://glaux-results/session/{session.id}/{calculation_id}"
    status, statistics = told["Status"], told["Statistics"]
    assert {k: told[k] for k in set(told) - {"Status", "Statistics", "ResponseMetadata"}} == {
        "CalculationExecutionId": calculation_id,
        "SessionId": session.id,
        "Description": "Grüße",
        "WorkingDirectory": folder,
        "Result": {
            "StdOutS3Uri": f"{folder}/stdout",
            "StdErrorS3Uri": f"{folder}/stderr",
            "ResultS3Uri": f"{folder}/result",
            "ResultType": RESULT_TYPE,
        },
    }
    assert set(status) == {"State", "SubmissionDateTime", "CompletionDateTime"}
    assert status["State"] == "COMPLETED"
    assert status["SubmissionDateTime"] < status["CompletionDateTime"]
    lasted = (status["CompletionDateTime"] - status["SubmissionDateTime"]) / timedelta(
        milliseconds=1
    )
    assert 1 <= statistics["DpuExecutionInMillis"] <= lasted + 1
    assert statistics["Progress"]
    assert session.read(told["Result"]["StdOutS3Uri"]) == "hello\n"
    assert session.read(told["Result"]["StdErrorS3Uri"]) == ""
    assert json.loads(session.read(told["Result"]["ResultS3Uri"]))["outputs"] == []


def test_results_are_there_though_nothing_was_printed(session: Session) -> None:
    result = session.run("x = 1")["Result"]
    assert session.read(result["StdOutS3Uri"]) == ""
    assert session.read(result["StdErrorS3Uri"]) == ""
    assert json.loads(session.read(result["ResultS3Uri"]))["outputs"] == []


def test_names_live_on_and_the_last_value_is_the_result(session: Session) -> None:
    session.run("kept = 20")
    result = session.run("kept + 3")["Result"]
    [output] = json.loads(session.read(result["ResultS3Uri"]))["outputs"]
    assert "23" in json.dumps(output["data"]["text/plain"])


def test_status_is_a_part_of_the_whole(session: Session) -> None:
    whole = session.run("1")
    part = session.athena.get_calculation_execution_status(
        CalculationExecutionId=whole["CalculationExecutionId"]
    )
    assert {k: part[k] for k in set(part) - {"ResponseMetadata"}} == {
        "Status": whole["Status"],
        "Statistics": whole["Statistics"],
    }


def test_a_failed_calculation(session: Session) -> None:
    told = session.run("\nfoobar")
    assert told["Status"]["State"] == "FAILED"
    assert told["Status"]["StateChangeReason"] == "NameError: name 'foobar' is not defined"
    assert told["Statistics"]["DpuExecutionInMillis"] >= 1
    assert told["Statistics"]["Progress"]
    stderr = session.read(told["Result"]["StdErrorS3Uri"])
    assert stderr.strip() == (
        "File \"<stdin>\", line 2, in <module>\nNameError: name 'foobar' is not defined"
    )
    assert session.stdout("print('alive')") == "alive\n"


def test_code_comes_back_as_it_was(session: Session) -> None:
    code = "\n\n# Ümlaut \U0001f600\tund\r\n'ok'  \n"
    calculation_id = session.start(code)
    session.wait_calculation(calculation_id)
    told = session.athena.get_calculation_execution_code(CalculationExecutionId=calculation_id)
    assert told["CodeBlock"] == code


def test_longest_code(session: Session) -> None:
    code = "#" + "ü" * 67990 + "\nprint(7)"
    assert len(code) == 68000
    assert session.stdout(code) == "7\n"


def test_code_in_its_old_place(session: Session) -> None:
    answer = session.athena.start_calculation_execution(
        SessionId=session.id, CalculationConfiguration={"CodeBlock": "print('old')"}
    )
    told = session.wait_calculation(answer["CalculationExecutionId"])
    assert session.read(told["Result"]["StdOutS3Uri"]) == "old\n"
    code = session.athena.get_calculation_execution_code(
        CalculationExecutionId=answer["CalculationExecutionId"]
    )
    assert code["CodeBlock"] == "print('old')"


@pytest.mark.parametrize(
    "options",
    [{}, {"CodeBlock": "1", "CalculationConfiguration": {"CodeBlock": "1"}}],
    ids=["none", "both"],
)
def test_code_is_given_once(session: Session, options: dict[str, Any]) -> None:
    with refused("CodeBlock"):
        session.athena.start_calculation_execution(SessionId=session.id, **options)
    assert session.status()["State"] == "IDLE"


@pytest.mark.parametrize("calculation_id", [UNKNOWN, "x", "'; drop table", "é" * 36])
@pytest.mark.parametrize(
    "operation",
    [
        "get_calculation_execution",
        "get_calculation_execution_status",
        "get_calculation_execution_code",
        "stop_calculation_execution",
    ],
)
def test_unknown_calculation(server: Server, operation: str, calculation_id: str) -> None:
    with refused(f"^Calculation {re.escape(calculation_id)} does not exist$"):
        getattr(server.client("athena"), operation)(CalculationExecutionId=calculation_id)


def test_a_sessions_id_is_no_calculations_id(session: Session) -> None:
    with refused("does not exist"):
        session.calculation(session.id)
    calculation_id = session.start("1")
    session.wait_calculation(calculation_id)
    with refused("does not exist"):
        session.athena.get_session(SessionId=calculation_id)


# --- the order of things ---


def test_the_session_is_idle_and_the_objects_are_there_before_the_end_is_seen(
    session: Session,
) -> None:
    """Asked as fast as can be: right after each end the next calculation is taken."""
    for i in range(12):
        calculation_id = session.start(f"print({i})" if i % 2 else f"raise ValueError({i})")
        while (told := session.calculation(calculation_id))["Status"][
            "State"
        ] not in ENDED_CALCULATION:
            assert "Result" not in told
            assert "CompletionDateTime" not in told["Status"]
            assert told["Statistics"]["Progress"]
            assert "DpuExecutionInMillis" in told["Statistics"]
        which = "StdOutS3Uri" if i % 2 else "StdErrorS3Uri"
        assert str(i) in session.read(told["Result"][which])
        assert session.status()["State"] == "IDLE"


def test_states_never_go_back(session: Session) -> None:
    order = ["CREATING", "CREATED", "QUEUED", "RUNNING", "CANCELING", "CANCELED"]
    seen: list[str] = []
    calculation_id = session.start("import time; time.sleep(30)")
    status = session.athena.get_calculation_execution_status

    def watch() -> str:
        state = str(status(CalculationExecutionId=calculation_id)["Status"]["State"])
        if not seen or seen[-1] != state:
            seen.append(state)
        return state

    wait_for(lambda: watch() == "RUNNING")
    session.athena.stop_calculation_execution(CalculationExecutionId=calculation_id)
    wait_for(lambda: watch() in ENDED_CALCULATION)
    assert seen == sorted(seen, key=order.index)
    assert seen[-1] == "CANCELED"


def test_statistics_of_a_running_one_grow(session: Session) -> None:
    calculation_id = session.start("import time; time.sleep(30)")

    def dpu() -> int:
        return int(session.calculation(calculation_id)["Statistics"]["DpuExecutionInMillis"])

    wait_for(lambda: session.calculation(calculation_id)["Status"]["State"] == "RUNNING")
    first = dpu()
    wait_for(lambda: dpu() > first)
    session.athena.stop_calculation_execution(CalculationExecutionId=calculation_id)
    session.wait_calculation(calculation_id)
    last = dpu()
    assert last >= first
    assert dpu() == last


def test_progress_follows_sparks_tasks(session: Session) -> None:
    code = """
import time
def slow(x):
    time.sleep(0.15)
    return x
sc.parallelize(range(16), 16).map(slow).count()
"""
    calculation_id = session.start(code)
    seen: set[str] = set()

    def ended() -> bool:
        told = session.athena.get_calculation_execution_status(
            CalculationExecutionId=calculation_id
        )
        seen.add(told["Statistics"]["Progress"])
        return told["Status"]["State"] in ENDED_CALCULATION

    wait_for(ended)
    assert session.calculation(calculation_id)["Status"]["State"] == "COMPLETED"
    assert len({p for p in seen if re.search(r"\d", p)}) >= 3, seen


# --- stopping ---

STUBBORN = {
    "sleep": "import time; time.sleep(600)",
    "busy loop": "while True: pass",
    "caught": "import time\nwhile True:\n try: time.sleep(600)\n except Exception: pass",
    "spark job": "import time\nsc.parallelize(range(8), 8).map(lambda x: time.sleep(600)).count()",
    "blocked in java": "sc._jvm.java.lang.Thread.sleep(600000)",
}


@pytest.mark.parametrize("code", STUBBORN.values(), ids=STUBBORN.keys())
def test_stop_really_stops(session: Session, code: str) -> None:
    calculation_id = session.start("print('begun', flush=True)\n" + code)
    wait_for(lambda: session.calculation(calculation_id)["Status"]["State"] == "RUNNING")
    stopped = session.athena.stop_calculation_execution(CalculationExecutionId=calculation_id)
    assert stopped["State"] == "CANCELING"
    told = session.wait_calculation(calculation_id, timeout=20)
    status = told["Status"]
    assert status["State"] == "CANCELED"
    assert "per request" in status["StateChangeReason"]
    assert status["CompletionDateTime"] >= status["SubmissionDateTime"]
    assert told["Statistics"]["DpuExecutionInMillis"] >= 1
    assert told["Statistics"]["Progress"]
    for uri in ("StdOutS3Uri", "StdErrorS3Uri", "ResultS3Uri"):
        if "Result" in told:
            session.read(told["Result"][uri])
    assert session.status()["State"] == "IDLE"
    assert session.stdout("print(1)") == "1\n"


def test_stop_at_once(session: Session) -> None:
    calculation_id = session.start("import time; time.sleep(600)")
    session.athena.stop_calculation_execution(CalculationExecutionId=calculation_id)
    assert session.wait_calculation(calculation_id)["Status"]["State"] == "CANCELED"
    assert session.stdout("print(2)") == "2\n"


@pytest.mark.parametrize(("code", "state"), [("1", "COMPLETED"), ("1/0", "FAILED")])
def test_stop_of_what_has_ended_changes_nothing(session: Session, code: str, state: str) -> None:
    before = session.run(code)
    stop = session.athena.stop_calculation_execution
    calculation_id = before["CalculationExecutionId"]
    assert stop(CalculationExecutionId=calculation_id)["State"] == state
    after = session.calculation(calculation_id)
    assert (after["Status"], after["Statistics"]) == (before["Status"], before["Statistics"])
    assert session.status()["State"] == "IDLE"


def test_stop_twice(session: Session) -> None:
    calculation_id = session.start("import time; time.sleep(600)")
    stop = session.athena.stop_calculation_execution
    states = [stop(CalculationExecutionId=calculation_id)["State"] for _ in range(3)]
    assert set(states) <= {"CANCELING", "CANCELED"}
    assert session.wait_calculation(calculation_id)["Status"]["State"] == "CANCELED"


# --- one at a time ---


def test_of_many_at_once_one_runs(session: Session) -> None:
    """The refused ones are told why; nothing is queued."""
    answers: list[str] = []

    def start() -> None:
        client = session.server.client("athena")
        try:
            answer = client.start_calculation_execution(
                SessionId=session.id, CodeBlock="import time; time.sleep(600)"
            )
            answers.append(answer["CalculationExecutionId"])
        except ClientError as error:
            answers.append(error.response["Error"]["Message"])

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    busy = "Session is in the BUSY state; needs to be IDLE to accept Calculations."
    assert answers.count(busy) == 5
    [calculation_id] = [a for a in answers if a != busy]
    session.athena.stop_calculation_execution(CalculationExecutionId=calculation_id)
    session.wait_calculation(calculation_id)


def test_output_is_valid_text_whatever_was_written(session: Session) -> None:
    code = "import os; _ = os.write(1, b'a\\xff\\xc3z\\n'); os.system('echo child; echo err >&2');"
    result = session.run(code)["Result"]
    out = session.read(result["StdOutS3Uri"])
    assert out.startswith("a��z\n")
    assert "child\n" in out
    assert "err\n" in session.read(result["StdErrorS3Uri"])


def test_objects_are_typed(session: Session) -> None:
    result = session.run("print(1)")["Result"]
    for uri, kind in [
        ("StdOutS3Uri", "text/plain; charset=utf-8"),
        ("ResultS3Uri", RESULT_TYPE),
    ]:
        bucket, key = result[uri].removeprefix("s3://").split("/", 1)
        assert session.s3.head_object(Bucket=bucket, Key=key)["ContentType"] == kind
