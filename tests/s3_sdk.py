"""Cases for the SDKs of other languages: a program runs all, and prints a line of JSON for each."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from s3_content import BIG, NAMES, XML_NAMES, content, file_of, new_bucket, read

CASES = [
    "bytes",  # sent at once, left as kept/bytes
    "stream",  # that cannot be read twice, left as kept/stream
    "empty",
    "parts",  # a big file by the transfer manager, if there is one; left as kept/parts
    "own-parts",  # a part that is sent and a part that is copied
    "abort",
    "foreign",  # an object that another client has put
    "range",
    "conditional-read",
    "conditional-write",
    "copy",
    "list",
    "delimiter",
    "delete",
    "presign",
    "metadata",  # left as kept/metadata
    "checksums",
    "wrong-checksum",
    "names",
    "errors",
]
# For a client that only carries content: these, in this order.
TRANSFERS = [
    "bytes",
    "stream",
    "empty",
    "parts",
    "foreign",
    "range",
    "copy",
    "checksums",
    "names",
    "errors",
]
FOREIGN = "foreign/ä b"
SMALL = 3000


def make_plan(folder: Path, bucket: str) -> Path:
    """What the program is told."""
    told = {
        "bucket": bucket,
        "small": str(file_of(folder, "small", SMALL, 1)),
        "big": str(file_of(folder, "big", BIG, 2)),
        "names": NAMES,
        "xmlNames": XML_NAMES,
        "foreign": FOREIGN,
    }
    plan = folder / "plan.json"
    plan.write_text(json.dumps(told))
    return plan


def run(
    client: Any,
    environment: dict[str, str],
    folder: Path,
    command: Sequence[str | Path],
    cases: Sequence[str] = CASES,
) -> dict[str, str | None]:
    """Every case's error, or None; boto3 reads what the program left behind."""
    bucket = new_bucket(client)
    plan = make_plan(folder, bucket)
    client.upload_file(str(folder / "big"), bucket, FOREIGN)
    done = subprocess.run(
        [*command, plan], env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["case"] for line in lines] == list(cases), done.stderr
    results: dict[str, str | None] = {line["case"]: line["error"] for line in lines}
    for case, size, seed in (("bytes", SMALL, 1), ("stream", BIG, 2), ("parts", BIG, 2)):
        if results[case] is None and read(client, bucket, f"kept/{case}") != content(size, seed):
            results[case] = "boto3 reads other bytes"
    if results.get("metadata", "not run") is None:
        kept = client.head_object(Bucket=bucket, Key="kept/metadata")["Metadata"]
        if kept != {"colour": "dark  blue", "with-dash": "1"}:
            results["metadata"] = f"boto3 reads {kept}"
    return results
