"""Clients find the server by the environment, as users' programs do."""

from __future__ import annotations

import os
from typing import Any

import pytest
from s3_content import new_bucket
from server import Server


@pytest.fixture
def environment(glaux: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The server's variables, set in this process as well."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    variables = glaux.environment()
    for name, value in variables.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def s3(glaux: Server) -> Any:
    """boto3's client, for what another client is compared with."""
    return glaux.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    return new_bucket(s3)
