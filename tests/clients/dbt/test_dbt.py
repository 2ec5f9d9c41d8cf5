"""dbt-core with dbt-athena, unmodified: Python models on Spark, twice."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from server import Server, Session

PROJECT = Path(__file__).parent / "project"


def dbt(folder: Path, environment: dict[str, str], *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("dbt")), *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment | {"DBT_PROFILES_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    return output


def rows(server: Server, table: str) -> list[tuple[str, int, int]]:
    """The rows of a table, read by a session of one's own."""
    session = Session(server)
    try:
        session.wait("IDLE")
        code = f"print([tuple(r) for r in spark.table('{table}').orderBy('name').collect()])"
        return list(ast.literal_eval(session.stdout(code)))
    finally:
        session.end()


@pytest.mark.timeout(1200)
def test_python_models_run_twice(
    glaux: Server, environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(PROJECT, folder)
    expected = [("A", 100, 148500), ("B", 100, 149500), ("L", 100, 150500)]
    for _ in range(2):
        output = dbt(folder, environment, "run")
        assert "PASS=4 WARN=0 ERROR=0" in output, output
        assert rows(glaux, "dbt_flights.totals") == expected
    glue = glaux.client("glue")
    tables = glue.get_tables(DatabaseName="dbt_flights")["TableList"]
    assert [table["Name"] for table in tables] == ["carriers", "legs", "ranking", "totals"]
    assert tables[2]["Parameters"]["table_type"] == "ICEBERG"
    assert all(t["StorageDescriptor"]["Location"].startswith("s3") for t in tables)
