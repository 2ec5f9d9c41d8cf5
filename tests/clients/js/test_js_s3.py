"""S3 through the AWS SDK for JavaScript, version 3, with lib-storage and its presigner."""

from __future__ import annotations

from pathlib import Path

import pytest
import s3_sdk
from server import Server


@pytest.fixture(scope="module")
def results(glaux: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    script = Path(__file__).with_name("s3.mjs")
    folder = tmp_path_factory.mktemp("js")
    return s3_sdk.run(glaux.client("s3"), glaux.environment(), folder, ["node", script])


@pytest.mark.parametrize("case", s3_sdk.CASES)
def test_s3(results: dict[str, str | None], case: str) -> None:
    assert results[case] is None
