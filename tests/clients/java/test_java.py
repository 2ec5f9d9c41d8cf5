"""The AWS SDK for Java, version 2: the synchronous client, and transfers over Netty and the CRT."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import s3_sdk
from server import Server

Results = dict[str, str | None]
PLACE = Path(os.environ.get("GLAUX_JAVA_CLIENT", ""))
KINDS = {"sync": s3_sdk.CASES, "netty": s3_sdk.TRANSFERS, "crt": s3_sdk.TRANSFERS}


@pytest.fixture(scope="module")
def results(glaux: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    found = {}
    for kind, cases in KINDS.items():
        command = ["java", "-cp", f"{PLACE}/classes:{PLACE}/dependency/*", "Main", kind]
        folder = tmp_path_factory.mktemp(kind)
        found[kind] = s3_sdk.run(glaux.client("s3"), glaux.environment(), folder, command, cases)
    return found


@pytest.mark.parametrize(
    ("kind", "case"), [(kind, case) for kind, cases in KINDS.items() for case in cases]
)
def test_s3(results: dict[str, Results], kind: str, case: str) -> None:
    assert results[kind][case] is None
