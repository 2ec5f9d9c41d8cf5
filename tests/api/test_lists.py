"""Lists: their order, their pages, what they show."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from json_wire import refused
from server import Server, Session, wait_for

STATES = "CREATING CREATED IDLE BUSY TERMINATING TERMINATED DEGRADED FAILED".split()


@pytest.fixture(scope="module")
def athena(light: Server) -> Any:
    return light.client("athena")


@pytest.fixture
def group(athena: Any) -> Iterator[str]:
    """A Spark workgroup with no sessions."""
    name = f"lists-{uuid.uuid4()}"
    athena.create_work_group(
        Name=name,
        Configuration={
            "EngineVersion": {"SelectedEngineVersion": "Apache Spark version 3.5"},
            "ExecutionRole": "arn:aws:iam::000000000000:role/Role",
        },
    )
    yield name
    athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


def start(athena: Any, group: str, **options: Any) -> str:
    answer = athena.start_session(WorkGroup=group, EngineConfiguration={}, **options)
    return str(answer["SessionId"])


def wait_for_state(athena: Any, session_id: str, state: str) -> None:
    status = athena.get_session_status
    wait_for(lambda: status(SessionId=session_id)["Status"]["State"] == state)


def end(athena: Any, session_id: str) -> None:
    athena.terminate_session(SessionId=session_id)
    wait_for_state(athena, session_id, "TERMINATED")


def shown(page: dict[str, Any]) -> list[str]:
    return [s["SessionId"] for s in page["Sessions"]]


def pages(operation: Callable[..., dict[str, Any]], **options: Any) -> Iterator[dict[str, Any]]:
    while True:
        page = operation(**options)
        yield page
        if "NextToken" not in page:
            return
        options["NextToken"] = page["NextToken"]


def test_an_empty_list_is_a_list(athena: Any, group: str) -> None:
    page = athena.list_sessions(WorkGroup=group)
    assert page["Sessions"] == []
    assert "NextToken" not in page


def test_newest_first(athena: Any, group: str) -> None:
    ids = [start(athena, group) for _ in range(7)]
    assert shown(athena.list_sessions(WorkGroup=group)) == ids[::-1]


def test_pages_make_the_whole(athena: Any, group: str) -> None:
    ids = [start(athena, group) for _ in range(7)]
    for size in (1, 2, 3, 6, 7, 8, 100):
        parts = list(pages(athena.list_sessions, WorkGroup=group, MaxResults=size))
        assert [i for part in parts for i in shown(part)] == ids[::-1]
        assert all(len(part["Sessions"]) == size for part in parts[:-1])
        assert len(parts) == -(-7 // size), "no empty page at the end"


def test_tokens_survive_inserts_and_ends(athena: Any, group: str) -> None:
    """What was there at the first page is seen once, whatever comes or goes meanwhile."""
    ids = [start(athena, group) for _ in range(6)]
    first = athena.list_sessions(WorkGroup=group, MaxResults=2)
    later = [start(athena, group) for _ in range(3)]
    end(athena, ids[4])  # on the first page, the token's own row
    second = athena.list_sessions(WorkGroup=group, MaxResults=2, NextToken=first["NextToken"])
    end(athena, ids[0])
    third = athena.list_sessions(WorkGroup=group, MaxResults=2, NextToken=second["NextToken"])
    assert shown(first) == [ids[5], ids[4]]
    assert shown(second) == [ids[3], ids[2]]
    assert shown(third) == [ids[1]]
    assert "NextToken" not in third
    assert shown(athena.list_sessions(WorkGroup=group, MaxResults=3)) == later[::-1]


def test_tokens_survive_the_server(new_light: Any) -> None:
    server = new_light()
    athena = server.client("athena")
    ids = [start(athena, "spark") for _ in range(3)]
    token = athena.list_sessions(WorkGroup="spark", MaxResults=1)["NextToken"]
    server.restart()
    rest = server.client("athena").list_sessions(WorkGroup="spark", NextToken=token)
    assert shown(rest) == [ids[1], ids[0]]


def test_a_token_is_opaque_and_belongs_to_its_list(athena: Any, group: str) -> None:
    for _ in range(2):
        start(athena, group)
    token = athena.list_sessions(WorkGroup=group, MaxResults=1)["NextToken"]
    changed = base64.b64encode(base64.b64decode(token)[:-1] + b"9").decode()
    for bad in ("x", "", token[:-4], token + "AAAA", changed, "é"):
        with refused("The NextToken is not valid for this request"):
            athena.list_sessions(WorkGroup=group, NextToken=bad)
    with refused("NextToken is not valid"):
        athena.list_sessions(WorkGroup="spark", NextToken=token)
    with refused("NextToken is not valid"):
        athena.list_sessions(WorkGroup=group, NextToken=token, StateFilter="IDLE")
    with refused("NextToken is not valid"):
        athena.list_work_groups(NextToken=token)
    with refused("NextToken is not valid"):
        athena.list_engine_versions(NextToken=token)


def test_active_sessions_unless_filtered(athena: Any, group: str) -> None:
    ids = [start(athena, group) for _ in range(3)]
    end(athena, ids[1])
    for i in (0, 2):
        wait_for_state(athena, ids[i], "CREATED")
    assert shown(athena.list_sessions(WorkGroup=group)) == [ids[2], ids[0]]
    listed = {
        state: shown(athena.list_sessions(WorkGroup=group, StateFilter=state)) for state in STATES
    }
    assert listed == {
        **{state: [] for state in STATES},
        "CREATED": [ids[2], ids[0]],
        "TERMINATED": [ids[1]],
    }


def test_a_summary_tells_what_get_session_tells(athena: Any, group: str) -> None:
    session_id = start(athena, group, Description="dbt: 1 - 2", NotebookVersion="version 1")
    wait_for_state(athena, session_id, "CREATED")
    [summary] = athena.list_sessions(WorkGroup=group)["Sessions"]
    engine = "Apache Spark version 3.5"
    assert summary == {
        "SessionId": session_id,
        "Description": "dbt: 1 - 2",
        "EngineVersion": {"SelectedEngineVersion": engine, "EffectiveEngineVersion": engine},
        "NotebookVersion": "version 1",
        "Status": athena.get_session(SessionId=session_id)["Status"],
    }


def test_sessions_of_other_groups_are_not_shown(athena: Any, group: str) -> None:
    other = start(athena, "spark")
    own = start(athena, group)
    assert shown(athena.list_sessions(WorkGroup=group)) == [own]
    assert shown(athena.list_sessions(WorkGroup="spark")) == [other]
    end(athena, other)


def test_workgroups_page_by_name(athena: Any, group: str) -> None:
    names = sorted([f"Page{i}" for i in range(5)] + ["page", "_"])
    for name in names:
        athena.create_work_group(Name=name)
    whole = [g["Name"] for g in athena.list_work_groups()["WorkGroups"]]
    assert whole == sorted([*names, group, "primary", "spark"])
    found: list[str] = []
    for page in pages(athena.list_work_groups, MaxResults=3):
        found += [g["Name"] for g in page["WorkGroups"]]
        if len(found) == 3:
            athena.delete_work_group(WorkGroup=found[-1])  # where the token stands
            athena.create_work_group(Name="-before")
    assert found == whole
    for name in set(names) - {found[2]} | {"-before"}:
        athena.delete_work_group(WorkGroup=name)


# --- calculations ---


def test_calculations_of_a_session(session: Session) -> None:
    athena = session.athena
    list_them = athena.list_calculation_executions
    assert list_them(SessionId=session.id)["Calculations"] == []
    ids = []
    for i in range(4):
        ids.append(session.start(f"1 / {i}", Description=f"number {i}"))
        session.wait_calculation(ids[-1])
    listed = list_them(SessionId=session.id)
    assert "NextToken" not in listed
    assert [c["CalculationExecutionId"] for c in listed["Calculations"]] == ids[::-1]
    for i, summary in enumerate(reversed(listed["Calculations"])):
        assert summary == {
            "CalculationExecutionId": ids[i],
            "Description": f"number {i}",
            "Status": session.calculation(ids[i])["Status"],
        }
    failed = list_them(SessionId=session.id, StateFilter="FAILED")["Calculations"]
    assert [c["CalculationExecutionId"] for c in failed] == [ids[0]]
    completed = list_them(SessionId=session.id, StateFilter="COMPLETED")["Calculations"]
    assert [c["CalculationExecutionId"] for c in completed] == ids[:0:-1]
    assert list_them(SessionId=session.id, StateFilter="RUNNING")["Calculations"] == []
    first = list_them(SessionId=session.id, MaxResults=2)
    ids.append(session.start("'later'"))
    session.wait_calculation(ids[-1])
    rest = list_them(SessionId=session.id, MaxResults=2, NextToken=first["NextToken"])
    assert [c["CalculationExecutionId"] for c in rest["Calculations"]] == [ids[1], ids[0]]
    assert "NextToken" not in rest
    with refused("NextToken is not valid"):
        list_them(SessionId=session.id, StateFilter="FAILED", NextToken=first["NextToken"])


def test_a_running_calculation_is_listed(session: Session) -> None:
    calculation_id = session.start("import time; time.sleep(600)")
    wait_for(lambda: session.calculation(calculation_id)["Status"]["State"] == "RUNNING")
    list_them = session.athena.list_calculation_executions
    [running] = wait_for(
        lambda: list_them(SessionId=session.id, StateFilter="RUNNING")["Calculations"]
    )
    assert running["CalculationExecutionId"] == calculation_id
    session.athena.stop_calculation_execution(CalculationExecutionId=calculation_id)
    session.wait_calculation(calculation_id)
    [canceled] = list_them(SessionId=session.id, StateFilter="CANCELED")["Calculations"]
    assert canceled["CalculationExecutionId"] == calculation_id
