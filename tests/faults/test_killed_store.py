"""kill -9 of the server while clients write: objects are whole or absent, and answers are kept.

It dies at any moment, or at a change of its files that chance names.

GLAUX_CRASHES says how many times, GLAUX_SEED where the moments and the changes come from.
"""

from __future__ import annotations

import faulthandler
import hashlib
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from crash_points import CrashPoints
from s3_content import new_bucket
from server import Server, wait_for
from store_checks import differences
from store_model import PARTS, Key, Writer

CRASHES = int(os.environ.get("GLAUX_CRASHES", "15"))
SEED = int(os.environ.get("GLAUX_SEED", "0")) or random.SystemRandom().getrandbits(32)
WRITERS = 4


def digest_of(client: Any, bucket: str, key: str) -> bytes | None:
    """The hash of what is read; absent if nothing is there. A body that is not whole fails."""
    try:
        answer = client.get_object(Bucket=bucket, Key=key)
    except client.exceptions.NoSuchKey:
        return None
    body = answer["Body"].read()
    assert len(body) == answer["ContentLength"]
    return hashlib.sha256(body).digest()


def check_objects(client: Any, bucket: str, keys: dict[str, Key]) -> None:
    for key in keys.values():
        found = digest_of(client, bucket, key.name)
        assert key.may_hold(found), f"{key.name} is not what was answered"
        key.known, key.wanted = found, []
    listed = {one["Key"] for one in client.list_objects_v2(Bucket=bucket).get("Contents", [])}
    assert listed == {key.name for key in keys.values() if key.known is not None}


def check_uploads(client: Any, bucket: str) -> None:
    """An upload that was cut has whole parts, and can be given up."""
    for upload in client.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
        target = {"Bucket": bucket, "Key": upload["Key"], "UploadId": upload["UploadId"]}
        for part in client.list_parts(**target).get("Parts", []):
            assert part["Size"] == PARTS[part["PartNumber"] - 1]
        client.abort_multipart_upload(**target)


@pytest.mark.timeout(60 + 30 * CRASHES)
def test_objects_are_whole_or_absent(new_server: Callable[..., Server], tmp_path: Path) -> None:
    faulthandler.cancel_dump_traceback_later()  # pytest's, for tests that have no time of their own
    print(f"GLAUX_SEED={SEED}")
    moments = random.Random(SEED)
    server = new_server()
    points = CrashPoints(server, tmp_path)
    bucket = new_bucket(server.client("s3"))
    keys: dict[str, Key] = {}
    calls = 0
    for crash in range(CRASHES):
        writers = [
            Writer(server.client("s3"), bucket, f"writer {n}", keys, SEED + crash * WRITERS + n)
            for n in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        if crash % 2:
            time.sleep(moments.uniform(0.05, 1.5))
            os.kill(server.pid, signal.SIGKILL)
        else:
            points.die_within(200, moments)
        for writer in writers:
            writer.join()
            if writer.broken:
                raise writer.broken
            calls += writer.calls
        server.end()
        server.start()
        client = server.client("s3")
        check_objects(client, bucket, keys)
        check_uploads(client, bucket)
        try:
            wait_for(lambda: not differences(server.data), timeout=20, every=0.1)
        except TimeoutError:
            assert differences(server.data) == []
    assert calls > CRASHES
