"""Airflow with Amazon's provider, unmodified: DAGs run by its own command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from s3_content import MIB, file_of
from server import Server, Session

DAGS = Path(__file__).parent / "dags"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Airflow's folder, with its database made."""
    folder = tmp_path_factory.mktemp("airflow")
    airflow(folder, {}, "db", "migrate").check_returncode()
    return folder


def airflow(
    home: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    own = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return subprocess.run(
        [str(Path(sys.executable).with_name("airflow")), *arguments],
        env=environment | own,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.fixture
def run(glaux: Server, environment: dict[str, str], home: Path) -> Run:
    """Run a DAG to its end. The server is known from the connection alone, as it is on a worker."""
    connection = {
        "conn_type": "aws",
        "login": glaux.key_id,
        "password": glaux.secret,
        "extra": {"endpoint_url": glaux.endpoint, "region_name": glaux.region},
    }
    clean = {k: v for k, v in environment.items() if not k.startswith("AWS_")}
    clean["AIRFLOW_CONN_AWS_DEFAULT"] = json.dumps(connection)

    def run(dag: str, **variables: str) -> subprocess.CompletedProcess[str]:
        named = {f"AIRFLOW_VAR_{name.upper()}": value for name, value in variables.items()}
        return airflow(home, clean | named, "dags", "test", dag)

    return run


def test_objects(run: Run, s3: Any, tmp_path: Path) -> None:
    big = file_of(tmp_path, "big", 20 * MIB)
    done = run("objects", file=str(big))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test-airflow" not in [one["Name"] for one in s3.list_buckets()["Buckets"]]


def test_a_table_from_a_file(run: Run, glaux: Server, tmp_path: Path) -> None:
    file = tmp_path / "carriers.csv"
    file.write_text("name,year\nAA,2013\nB6,2013\nUA,2014\n")
    done = run("carriers", file=str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    table = glaux.client("glue").get_table(DatabaseName="airflow_dag", Name="carriers")["Table"]
    assert table["StorageDescriptor"]["Location"].startswith("s3")


def test_why_a_calculation_failed_is_told(run: Run, session: Session) -> None:
    done = run("broken", session=session.id)
    output = done.stdout + done.stderr
    assert "Athena Spark calculation ended in FAILED" in output
    assert "no such owl" in output
