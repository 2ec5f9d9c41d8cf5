"""The AWS SDK for JavaScript, version 3."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path


def test_a_session_from_start_to_end(environment: dict[str, str]) -> None:
    script = Path(__file__).with_name("session.mjs")
    done = subprocess.run(
        ["node", str(script)], env=environment, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "Account": "000000000000",
        "state": "COMPLETED",
        "stdout": "from JavaScript\n",
        "error": "InvalidRequestException",
        "ended": "TERMINATING",
        "date": True,
    }


def test_streams_are_uploaded_in_chunks(environment: dict[str, str]) -> None:
    script = Path(__file__).with_name("streams.mjs")
    done = subprocess.run(
        ["node", str(script)], env=environment, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"same": [True] * 4, "missing": "NoSuchBucket"}
