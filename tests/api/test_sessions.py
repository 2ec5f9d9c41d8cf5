"""Sessions: what is refused at once, what GetSession tells, and the states from start to end."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from json_wire import refused
from server import Server, Session, wait_for

UNKNOWN = "00000000-0000-0000-0000-000000000000"
ROLE = "arn:aws:iam::000000000000:role/AnalystsRole"


@pytest.fixture(scope="module")
def athena(light: Server) -> Any:
    return light.client("athena")


@pytest.fixture
def started(athena: Any) -> Iterator[Any]:
    """Starts sessions that are ended after the test."""
    ids: list[str] = []

    def start(**options: Any) -> str:
        ids.append(
            athena.start_session(**({"WorkGroup": "spark", "EngineConfiguration": {}} | options))[
                "SessionId"
            ]
        )
        return ids[-1]

    yield start
    for session_id in ids:
        athena.terminate_session(SessionId=session_id)


def state(athena: Any, session_id: str) -> str:
    return str(athena.get_session_status(SessionId=session_id)["Status"]["State"])


def live(athena: Any) -> int:
    return len(athena.list_sessions(WorkGroup="spark")["Sessions"])


# --- refused at once ---


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"WorkGroup": "no-such-group"}, r"^WorkGroup is not found\.$"),
    ({"WorkGroup": "primary"}, r"^Workgroup EngineVersion is not Spark\.$"),
    (
        {"EngineConfiguration": {"AdditionalConfigs": {"NotebookId": "x"}}},
        r"^NotebookVersion is required when NotebookId is provided\.$",
    ),
    (
        {"EngineConfiguration": {"SparkProperties": {"spark.athena.secret": "x"}}},
        "spark.athena.secret is reserved",
    ),
    (
        {
            "EngineConfiguration": {
                "Classifications": [
                    {"Name": "spark-defaults", "Properties": {"spark.athena.x": "y"}}
                ]
            }
        },
        "spark.athena.x is reserved",
    ),
    (
        {"EngineConfiguration": {"MaxConcurrentDpus": 61}},
        r"61 exceeds the limit of 60 DPUs per session \(limits.session_dpus\)",
    ),
    ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "reserved"),
    ({"Tags": [{"Key": "a", "Value": ""}, {"Key": "a", "Value": "b"}]}, "given twice"),
    ({"Tags": [{"Key": f"k{i}", "Value": ""} for i in range(51)]}, "at most 50 tags"),
    ({"ExecutionRole": "not a role, though long enough"}, "'executionRole' failed to satisfy"),
    ({"SessionIdleTimeoutInMinutes": 481}, "less than or equal to 480"),
    ({"ClientRequestToken": "x" * 129}, "less than or equal to 128"),
]


@pytest.mark.parametrize(("options", "sentence"), REFUSALS, ids=[r[1] for r in REFUSALS])
def test_what_can_be_known_is_refused_at_once(
    athena: Any, options: dict[str, Any], sentence: str
) -> None:
    before = live(athena)
    with refused(sentence):
        athena.start_session(**({"WorkGroup": "spark", "EngineConfiguration": {}} | options))
    assert live(athena) == before


def test_missing_output_bucket_is_refused_at_once(athena: Any) -> None:
    athena.create_work_group(
        Name="no-bucket",
        Configuration={
            "EngineVersion": {"SelectedEngineVersion": "Apache Spark version 3.5"},
            "ExecutionRole": ROLE,
            "ResultConfiguration": {"OutputLocation": "s3://not-made/results/"},
        },
    )
    with refused("The bucket of the output location s3://not-made/results does not exist"):
        athena.start_session(WorkGroup="no-bucket", EngineConfiguration={})
    athena.delete_work_group(WorkGroup="no-bucket")


@pytest.mark.parametrize("session_id", [UNKNOWN, "x", "../../etc", UNKNOWN.upper(), "x" * 256])
@pytest.mark.parametrize(
    "operation", ["get_session", "get_session_status", "terminate_session", "list_executors"]
)
def test_unknown_session(athena: Any, operation: str, session_id: str) -> None:
    with refused(f"Session {session_id} does not exist"):
        getattr(athena, operation)(SessionId=session_id)


@pytest.mark.parametrize("session_id", [UNKNOWN, "x"])
def test_calculations_of_an_unknown_session(athena: Any, session_id: str) -> None:
    with refused(f"Session {session_id} does not exist"):
        athena.list_calculation_executions(SessionId=session_id)
    with refused(f"Session {session_id} does not exist"):
        athena.start_calculation_execution(SessionId=session_id, CodeBlock="1")


# --- what was asked is what is told ---


def test_start_answers_an_id_and_a_state(athena: Any, started: Any) -> None:
    answer = athena.start_session(WorkGroup="spark", EngineConfiguration={})
    assert answer["State"] in ("CREATING", "CREATED")
    assert str(uuid.UUID(answer["SessionId"])) == answer["SessionId"]
    athena.terminate_session(SessionId=answer["SessionId"])


def test_everything_that_was_asked_comes_back(athena: Any, started: Any) -> None:
    engine = {
        "CoordinatorDpuSize": 1,
        "MaxConcurrentDpus": 7,
        "DefaultExecutorDpuSize": 1,
        "AdditionalConfigs": {"NotebookId": "a", "Ключ": "Значение"},
        "SparkProperties": {"spark.sql.shuffle.partitions": "3", "not.spark": "kept"},
        "Classifications": [{"Name": "spark-defaults", "Properties": {"spark.x": "y"}}],
    }
    monitoring = {
        "CloudWatchLoggingConfiguration": {
            "Enabled": True,
            "LogGroup": "group",
            "LogTypes": {"SPARK_DRIVER": ["STDOUT", "STDERR"]},
        },
        "ManagedLoggingConfiguration": {"Enabled": False},
    }
    session_id = started(
        Description="Zahlen für März",
        EngineConfiguration=engine,
        MonitoringConfiguration=monitoring,
        ExecutionRole=ROLE,
        NotebookVersion="Athena notebook version 1",
        SessionIdleTimeoutInMinutes=7,
    )
    told = athena.get_session(SessionId=session_id)
    status = told.pop("Status")
    told.pop("ResponseMetadata")
    assert told == {
        "SessionId": session_id,
        "Description": "Zahlen für März",
        "WorkGroup": "spark",
        "EngineVersion": "PySpark engine version 3",
        "EngineConfiguration": engine,
        "NotebookVersion": "Athena notebook version 1",
        "MonitoringConfiguration": monitoring,
        "SessionConfiguration": {
            "ExecutionRole": ROLE,
            "WorkingDirectory": f"s3://glaux-results/session/{session_id}",
            "IdleTimeoutSeconds": 420,
            "SessionIdleTimeoutInMinutes": 7,
        },
        "Statistics": {"DpuExecutionInMillis": 0},
    }
    assert set(status) == {"State", "StartDateTime", "LastModifiedDateTime"}
    assert abs((datetime.now(UTC) - status["StartDateTime"]).total_seconds()) < 30


def test_defaults_of_a_session(athena: Any, started: Any) -> None:
    told = athena.get_session(SessionId=started())
    assert told["EngineConfiguration"] == {
        "CoordinatorDpuSize": 1,
        "MaxConcurrentDpus": 20,
        "DefaultExecutorDpuSize": 1,
    }
    configuration = told["SessionConfiguration"]
    assert configuration["IdleTimeoutSeconds"] == 1200
    assert configuration["ExecutionRole"].startswith("arn:aws:iam::000000000000:role/")
    assert "Description" not in told
    assert "NotebookVersion" not in told


def test_the_workgroup_gives_defaults_of_its_own(light: Server, athena: Any, started: Any) -> None:
    light.client("s3").create_bucket(Bucket="team-results")
    monitoring = {"ManagedLoggingConfiguration": {"Enabled": True}}
    athena.create_work_group(
        Name="team",
        Configuration={
            "EngineVersion": {"SelectedEngineVersion": "Apache Spark version 3.5"},
            "ExecutionRole": ROLE,
            "ResultConfiguration": {
                "OutputLocation": "s3://team-results/spark/",
                "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
            },
            "MonitoringConfiguration": monitoring,
            "EngineConfiguration": {
                "MaxConcurrentDpus": 9,
                "SparkProperties": {"spark.group": "1"},
            },
        },
    )
    plain = athena.get_session(SessionId=(plain_id := started(WorkGroup="team")))
    assert plain["EngineVersion"] == "Apache Spark version 3.5"
    assert plain["EngineConfiguration"]["MaxConcurrentDpus"] == 9
    assert plain["EngineConfiguration"]["SparkProperties"] == {"spark.group": "1"}
    assert plain["MonitoringConfiguration"] == monitoring
    configuration = plain["SessionConfiguration"]
    assert configuration["ExecutionRole"] == ROLE
    assert configuration["WorkingDirectory"] == f"s3://team-results/spark/session/{plain_id}"
    assert configuration["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    own = athena.get_session(
        SessionId=started(
            WorkGroup="team",
            EngineConfiguration={"MaxConcurrentDpus": 3, "SparkProperties": {"spark.own": "2"}},
            MonitoringConfiguration={"S3LoggingConfiguration": {"Enabled": False}},
        )
    )
    assert own["EngineConfiguration"]["MaxConcurrentDpus"] == 3
    assert own["EngineConfiguration"]["SparkProperties"] == {"spark.own": "2"}
    assert own["MonitoringConfiguration"] == {"S3LoggingConfiguration": {"Enabled": False}}


def test_a_session_keeps_what_its_workgroup_was(athena: Any, started: Any) -> None:
    session_id = started()
    before = athena.get_session(SessionId=session_id)["SessionConfiguration"]
    athena.update_work_group(WorkGroup="spark", ConfigurationUpdates={"ExecutionRole": ROLE})
    assert athena.get_session(SessionId=session_id)["SessionConfiguration"] == before


@pytest.mark.parametrize(
    "engine",
    [
        {},
        {"CoordinatorDpuSize": 1, "MaxConcurrentDpus": 2, "DefaultExecutorDpuSize": 1},
        {"Classifications": [{"Name": "spark-defaults", "Properties": {"spark.a": "b"}}]},
        {"Classifications": [{"Name": "someone-elses", "Properties": {}}, {}]},
        {"SparkProperties": {"spark.jars.packages": "a:b:1"}, "MaxConcurrentDpus": 60},
    ],
)
def test_both_engines_parameters_are_taken(
    athena: Any, started: Any, engine: dict[str, Any]
) -> None:
    told = athena.get_session(SessionId=started(EngineConfiguration=engine))
    assert told["EngineConfiguration"] == told["EngineConfiguration"] | engine


def test_status_is_the_status_of_get_session(athena: Any, started: Any) -> None:
    session_id = started()
    wait_for(lambda: state(athena, session_id) == "CREATED")
    short = athena.get_session_status(SessionId=session_id)
    assert short["SessionId"] == session_id
    assert short["Status"] == athena.get_session(SessionId=session_id)["Status"]


def test_a_session_is_created_before_it_is_ready(athena: Any, started: Any) -> None:
    session_id = started()
    wait_for(lambda: state(athena, session_id) == "CREATED")
    with refused(r"^Session is in the CREATED state; needs to be IDLE to accept Calculations\.$"):
        athena.start_calculation_execution(SessionId=session_id, CodeBlock="1")


# --- the end ---


def ended(athena: Any, session_id: str) -> dict[str, Any]:
    wait_for(lambda: state(athena, session_id) in ("TERMINATED", "FAILED"))
    return dict(athena.get_session(SessionId=session_id))


def test_terminate_before_it_is_ready(athena: Any, started: Any) -> None:
    session_id = started()
    answer = athena.terminate_session(SessionId=session_id)
    assert answer["State"] == "TERMINATING"
    told = ended(athena, session_id)
    status = told["Status"]
    assert status["State"] == "TERMINATED"
    assert status["StateChangeReason"] == "Session was terminated per request"
    assert status["EndDateTime"] == status["LastModifiedDateTime"]
    assert status["StartDateTime"] <= status["EndDateTime"]
    assert "IdleSinceDateTime" not in status
    assert told["Statistics"] == {"DpuExecutionInMillis": 0}


def test_terminate_again_changes_nothing(athena: Any, started: Any) -> None:
    session_id = started()
    states = [athena.terminate_session(SessionId=session_id)["State"] for _ in range(3)]
    assert set(states) <= {"TERMINATING", "TERMINATED"}
    before = ended(athena, session_id)["Status"]
    assert athena.terminate_session(SessionId=session_id)["State"] == "TERMINATED"
    assert athena.get_session(SessionId=session_id)["Status"] == before


def test_ended_session_accepts_no_calculation(athena: Any, started: Any) -> None:
    session_id = started()
    athena.terminate_session(SessionId=session_id)
    ended(athena, session_id)
    sentence = r"^Session is in the TERMINATED state; needs to be IDLE to accept Calculations\.$"
    with refused(sentence):
        athena.start_calculation_execution(SessionId=session_id, CodeBlock="1")
    assert athena.list_calculation_executions(SessionId=session_id)["Calculations"] == []


def test_a_driver_that_does_not_start_fails_its_session(new_light: Any) -> None:
    athena = new_light("engine.interpreter=/bin/false").client("athena")
    session_id = athena.start_session(WorkGroup="spark", EngineConfiguration={})["SessionId"]
    status = ended(athena, session_id)["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"] != "Session was terminated per request"
    assert len(status["StateChangeReason"]) > 20
    assert status["EndDateTime"] >= status["StartDateTime"]
    assert athena.terminate_session(SessionId=session_id)["State"] == "FAILED"
    with refused("FAILED state; needs to be IDLE"):
        athena.start_calculation_execution(SessionId=session_id, CodeBlock="1")


def test_a_start_that_takes_too_long_fails_with_its_reason(new_light: Any) -> None:
    athena = new_light("session.start_timeout=1s").client("athena")
    session_id = athena.start_session(WorkGroup="spark", EngineConfiguration={})["SessionId"]
    status = ended(athena, session_id)["Status"]
    assert status["State"] == "FAILED"
    assert "did not become ready within 1 seconds" in status["StateChangeReason"]
    assert (status["EndDateTime"] - status["StartDateTime"]).total_seconds() >= 1


def test_longest_life_of_a_session(new_light: Any) -> None:
    athena = new_light("session.max_lifetime=1s").client("athena")
    session_id = athena.start_session(WorkGroup="spark", EngineConfiguration={})["SessionId"]
    status = ended(athena, session_id)["Status"]
    assert status["State"] == "TERMINATED"
    assert "longest time of a session" in status["StateChangeReason"]


def test_sessions_end_with_the_server_that_is_interrupted(new_light: Any) -> None:
    server = new_light()
    athena = server.client("athena")
    session_id = athena.start_session(WorkGroup="spark", EngineConfiguration={})["SessionId"]
    assert server.end() == 0
    server.start()
    status = server.client("athena").get_session_status(SessionId=session_id)["Status"]
    assert status["State"] == "TERMINATED"


def test_sessions_live_on_when_the_server_is_restarted(new_light: Any) -> None:
    server = new_light()
    athena = server.client("athena")
    options: dict[str, Any] = {"WorkGroup": "spark", "EngineConfiguration": {}}
    session_id = athena.start_session(Description="kept", **options)["SessionId"]
    wait_for(lambda: state(athena, session_id) == "CREATED")
    before = athena.get_session(SessionId=session_id)
    server.restart()
    athena = server.client("athena")
    told = athena.get_session(SessionId=session_id)
    assert told["Status"]["State"] == "CREATED"
    for member in set(before) - {"ResponseMetadata"}:
        assert told[member] == before[member]
    athena.terminate_session(SessionId=session_id)
    assert ended(athena, session_id)["Status"]["State"] == "TERMINATED"


# --- executors ---


def test_executors_follow_their_session(athena: Any, started: Any) -> None:
    session_id = started()
    wait_for(lambda: state(athena, session_id) == "CREATED")
    listed = athena.list_executors(SessionId=session_id)
    assert listed["SessionId"] == session_id
    [coordinator] = listed["ExecutorsSummary"]
    start = athena.get_session(SessionId=session_id)["Status"]["StartDateTime"]
    assert coordinator == {
        "ExecutorId": coordinator["ExecutorId"],
        "ExecutorType": "COORDINATOR",
        "StartDateTime": round(start.timestamp() * 1000),
        "ExecutorState": "CREATED",
        "ExecutorSize": 1,
    }
    athena.terminate_session(SessionId=session_id)
    end = ended(athena, session_id)["Status"]["EndDateTime"]
    [coordinator] = athena.list_executors(SessionId=session_id)["ExecutorsSummary"]
    assert coordinator["ExecutorState"] == "TERMINATED"
    assert coordinator["TerminationDateTime"] == round(end.timestamp() * 1000)
    assert athena.list_executors(SessionId=session_id, ExecutorStateFilter="TERMINATED")[
        "ExecutorsSummary"
    ]
    assert not athena.list_executors(SessionId=session_id, ExecutorStateFilter="REGISTERED")[
        "ExecutorsSummary"
    ]


# --- with Spark ---


def test_a_life_with_spark(session: Session) -> None:
    """From IDLE through BUSY to IDLE: each time stands exactly where its state is."""
    athena = session.athena
    idle = session.status()
    assert set(idle) == {"State", "StartDateTime", "LastModifiedDateTime", "IdleSinceDateTime"}
    assert idle["IdleSinceDateTime"] == idle["LastModifiedDateTime"]
    assert idle["StartDateTime"] < idle["IdleSinceDateTime"]
    calculation_id = session.start("import time; time.sleep(60)")
    busy = session.status()
    assert set(busy) == {"State", "StartDateTime", "LastModifiedDateTime"}
    assert busy["State"] == "BUSY"
    assert busy["LastModifiedDateTime"] > idle["LastModifiedDateTime"]
    sentence = r"^Session is in the BUSY state; needs to be IDLE to accept Calculations\.$"
    with refused(sentence):
        session.start("1")
    [coordinator] = athena.list_executors(SessionId=session.id)["ExecutorsSummary"]
    assert coordinator["ExecutorState"] == "REGISTERED"
    athena.stop_calculation_execution(CalculationExecutionId=calculation_id)
    session.wait_calculation(calculation_id)
    after = session.status()
    assert after["State"] == "IDLE"
    assert after["StartDateTime"] == idle["StartDateTime"]
    assert after["IdleSinceDateTime"] == after["LastModifiedDateTime"]
    assert after["IdleSinceDateTime"] > idle["IdleSinceDateTime"]


def dpu(session: Session) -> int:
    told = session.athena.get_session(SessionId=session.id)
    return int(told["Statistics"]["DpuExecutionInMillis"])


def test_dpu_time_grows_while_the_session_lives(session: Session) -> None:
    first = dpu(session)
    assert first > 0
    later = wait_for(lambda: max(dpu(session) - 20, first) - first)
    assert later > 0
    idle_since = session.status()["StartDateTime"]
    age = (datetime.now(UTC) - idle_since).total_seconds() * 1000
    assert dpu(session) <= age


def test_the_end_with_spark_is_final(glaux: Server) -> None:
    session = Session(glaux)
    session.wait("IDLE")
    calculation_id = session.start("while True: pass")
    assert session.athena.terminate_session(SessionId=session.id)["State"] == "TERMINATING"
    calculation = session.wait_calculation(calculation_id)
    assert calculation["Status"]["State"] in ("CANCELED", "FAILED")
    told = ended(session.athena, session.id)
    status = told["Status"]
    assert (status["State"], status["StateChangeReason"]) == (
        "TERMINATED",
        "Session was terminated per request",
    )
    lived = (status["EndDateTime"] - status["StartDateTime"]).total_seconds() * 1000
    assert 0 < told["Statistics"]["DpuExecutionInMillis"] <= lived
    assert told == told | {
        k: v
        for k, v in session.athena.get_session(SessionId=session.id).items()
        if k != "ResponseMetadata"
    }


def test_a_driver_that_dies_fails_calculation_and_session(glaux: Server) -> None:
    session = Session(glaux)
    session.wait("IDLE")
    answer = session.run("import os; os.write(2, b'last words'); os._exit(7)")
    assert answer["Status"]["State"] == "FAILED"
    assert answer["Status"]["StateChangeReason"]
    status = ended(session.athena, session.id)["Status"]
    assert status["State"] == "FAILED"
    reason = status["StateChangeReason"]
    assert "7" in reason
    assert "per request" not in reason
    assert "idle" not in reason
    lines = session.read(answer["Result"]["StdErrorS3Uri"]).splitlines()
    assert lines[:2] == ["last words", answer["Status"]["StateChangeReason"]]
    assert len(lines) > 3, "the tail of the session's log"
    assert json.loads(session.read(answer["Result"]["ResultS3Uri"]))["outputs"] == []
