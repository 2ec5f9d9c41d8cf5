"""The AWS SDK for Go, version 2, with its transfer manager."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import s3_sdk
from server import Server

PROGRAM = Path(os.environ.get("GLAUX_GO_CLIENT", ""))


@pytest.fixture(scope="module")
def results(glaux: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    folder = tmp_path_factory.mktemp("go")
    return s3_sdk.run(glaux.client("s3"), glaux.environment(), folder, [PROGRAM])


@pytest.mark.parametrize("case", s3_sdk.CASES)
def test_s3(results: dict[str, str | None], case: str) -> None:
    assert results[case] is None
