"""boto3 with its defaults, and the calls that Airflow's AthenaSparkOperator makes."""

from __future__ import annotations

import boto3
import pytest
from botocore.waiter import WaiterModel, create_waiter_with_client
from server import Session

pytestmark = pytest.mark.usefixtures("environment")

# The waiters that Airflow's provider ships; its delays are shortened here.
WAITERS = {
    "version": 2,
    "waiters": {
        "session_idle": {
            "operation": "GetSession",
            "delay": 0.2,
            "maxAttempts": 600,
            "acceptors": [
                {
                    "matcher": "path",
                    "argument": "Status.State",
                    "expected": state,
                    "state": "success" if state == "IDLE" else "failure",
                }
                for state in ("IDLE", "TERMINATED", "DEGRADED", "FAILED")
            ],
        },
        "calculation_complete": {
            "operation": "GetCalculationExecution",
            "delay": 0.2,
            "maxAttempts": 600,
            "acceptors": [
                {
                    "matcher": "path",
                    "argument": "Status.State",
                    "expected": state,
                    "state": "success" if state == "COMPLETED" else "failure",
                }
                for state in ("COMPLETED", "FAILED", "CANCELED")
            ],
        },
    },
}


def test_boto3_needs_the_environment_only() -> None:
    assert boto3.client("sts").get_caller_identity()["Account"] == "000000000000"
    groups = [group["Name"] for group in boto3.client("athena").list_work_groups()["WorkGroups"]]
    assert groups == ["primary", "spark"]


def test_the_pattern_of_airflows_operator() -> None:
    athena = boto3.client("athena")
    model = WaiterModel(WAITERS)
    session_id = athena.start_session(
        WorkGroup="spark", EngineConfiguration={"MaxConcurrentDpus": 2}
    )["SessionId"]
    create_waiter_with_client("session_idle", model, athena).wait(SessionId=session_id)

    calculation_id = athena.start_calculation_execution(
        SessionId=session_id,
        CodeBlock="print('from a task')",
        Description="dag.task",
        ClientRequestToken="dag-run-2026-11-23-and-a-task-of-it-1",
    )["CalculationExecutionId"]
    create_waiter_with_client("calculation_complete", model, athena).wait(
        CalculationExecutionId=calculation_id
    )
    answer = athena.get_calculation_execution(CalculationExecutionId=calculation_id)
    assert answer["Status"]["State"] == "COMPLETED"
    assert answer["SessionId"] == session_id
    assert answer["WorkingDirectory"]
    assert set(answer["Result"]) == {"StdOutS3Uri", "StdErrorS3Uri", "ResultS3Uri", "ResultType"}
    athena.terminate_session(SessionId=session_id)


def test_the_invocation_id_makes_retries_one_call(session: Session) -> None:
    """What botocore repeats when an answer is lost: the same invocation id, and one calculation."""
    athena = boto3.client("athena")

    def same_invocation(request: object, **_: object) -> None:
        request.headers["amz-sdk-invocation-id"] = "11111111-2222-4333-8444-555555555555"  # type: ignore[attr-defined]

    athena.meta.events.register("before-send.athena.StartCalculationExecution", same_invocation)
    first = athena.start_calculation_execution(SessionId=session.id, CodeBlock="print('once')")
    again = athena.start_calculation_execution(SessionId=session.id, CodeBlock="print('once')")
    assert first["CalculationExecutionId"] == again["CalculationExecutionId"]
    session.wait_calculation(first["CalculationExecutionId"])
