"""A bucket of another S3 behind a network with faults, and servers that know it as a remote."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from server import Server, wait_for
from versitygw import PROGRAM, VersityGw

BUCKET = "far-results"


@contextmanager
def started_far(folder: Path, bucket: str = BUCKET) -> Iterator[VersityGw]:
    """The other S3 with a bucket; where there is none, its tests are skipped."""
    if not PROGRAM.is_file():
        pytest.skip("no versitygw here (it needs Go)")
    one = VersityGw(folder).start()
    try:
        one.client().create_bucket(Bucket=bucket)
        yield one
    finally:
        one.end()


def remote_settings(far: VersityGw, endpoint: str) -> dict[str, str]:
    """The buckets far-* live there; waits are short."""
    return {
        "remote.far.endpoint": endpoint,
        "remote.far.buckets": f"{BUCKET}, far-*",
        "remote.far.access_key_id": far.key_id,
        "remote.far.secret_access_key": far.secret,
        "remote.far.connect_timeout": "1s",
        "remote.far.retries": "1",
        "remote.far.part_size": "5MiB",
        "delivery.wait": "1s",
        "delivery.retry": "1s",
    }


def metric(server: Server, name: str) -> float:
    """A metric's value; the name may have labels."""
    lines = server.get("/-/metrics").splitlines()
    return float(next(line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ")))


def waiting(server: Server) -> float:
    return metric(server, "glaux_deliveries_waiting")


def delivered_all(server: Server) -> None:
    wait_for(lambda: waiting(server) == 0)


def leave_waiting(server: Server, objects: dict[str, bytes], seconds: int = 0) -> None:
    """Start the server with objects of BUCKET that wait, as an earlier one would have left them.

    They are tried after so many seconds, or a SIGHUP. They are written while the bucket is here
    still, and are made waiting ones behind the server's back: nothing but Spark makes such objects,
    and it is slow."""
    settings = server.settings
    server.settings = {k: v for k, v in settings.items() if not k.startswith("remote.")}
    server.start()
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for key, body in objects.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body, ContentType="text/plain")
    server.end()
    with closing(sqlite3.connect(server.data / "glaux.db")) as db, db:
        tried = int((time.time() + seconds) * 1000) if seconds else 0
        db.execute(
            "INSERT INTO deliveries"
            " (bucket, key, owner_id, etag, size, created_ms, attempts, next_ms)"
            " SELECT bucket, key, 'owner', etag, size, modified_ms, 0, ? FROM objects"
            " WHERE bucket = ?",
            (tried, BUCKET),
        )
    server.settings = settings
    server.start()
