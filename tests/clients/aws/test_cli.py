"""The plain AWS CLI."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from server import Session, wait_for

AWS = os.environ.get("GLAUX_AWS_CLI", "aws")


class Cli:
    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [AWS, *words], env=self.environment, capture_output=True, text=True, timeout=60
        )

    def text(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def athena(self, *words: str) -> Any:
        out = self.text("athena", *words, "--output", "json")
        return json.loads(out) if out else None


@pytest.fixture
def cli(environment: dict[str, str]) -> Cli:
    return Cli(environment)


def test_a_session_from_start_to_end(cli: Cli) -> None:
    started = cli.athena(
        *("start-session", "--work-group", "spark", "--description", "by the CLI"),
        *("--engine-configuration", "CoordinatorDpuSize=1,MaxConcurrentDpus=2"),
    )
    session_id = started["SessionId"]
    assert started["State"] in ("CREATING", "CREATED", "IDLE")

    def state() -> str:
        answer = cli.athena("get-session-status", "--session-id", session_id)
        return str(answer["Status"]["State"])

    wait_for(lambda: state() == "IDLE")
    session = cli.athena("get-session", "--session-id", session_id)
    assert session["Description"] == "by the CLI"
    assert isinstance(session["Status"]["StartDateTime"], float)

    calculation_id = cli.athena(
        *("start-calculation-execution", "--session-id", session_id),
        *("--code-block", "print(sum(range(10)))"),
    )["CalculationExecutionId"]

    def calculation() -> Any:
        return cli.athena("get-calculation-execution", "--calculation-execution-id", calculation_id)

    wait_for(lambda: calculation()["Status"]["State"] == "COMPLETED")
    assert cli.text("s3", "cp", calculation()["Result"]["StdOutS3Uri"], "-") == "45\n"
    listed = cli.athena("list-sessions", "--work-group", "spark")["Sessions"]
    assert session_id in [one["SessionId"] for one in listed]
    ended = cli.athena("terminate-session", "--session-id", session_id)
    assert ended["State"] in ("TERMINATING", "TERMINATED")
    wait_for(lambda: state() == "TERMINATED")


def test_errors_are_printed_with_their_name(cli: Cli) -> None:
    done = cli.run("athena", "get-session", "--session-id", "00000000-0000-4000-8000-000000000000")
    assert done.returncode == 255
    assert (
        "An error occurred (InvalidRequestException) when calling the GetSession operation"
        in done.stderr
    )


def test_files_go_in_and_out(cli: Cli, session: Session, tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_bytes(b"some text\n" * 1000)
    cli.text("s3", "cp", str(source), "s3://glaux-results/files/in.txt")
    assert "in.txt" in cli.text("s3", "ls", "s3://glaux-results/files/")
    cli.text("s3", "cp", "s3://glaux-results/files/in.txt", str(tmp_path / "out.txt"))
    assert (tmp_path / "out.txt").read_bytes() == source.read_bytes()
    cli.text("s3", "rm", "s3://glaux-results/files/in.txt")
    assert cli.run("s3", "ls", "s3://glaux-results/files/in.txt").returncode == 1
