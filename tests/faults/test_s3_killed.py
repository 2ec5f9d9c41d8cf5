"""A server that is killed amid uploads, completes, copies and deletes.

Afterwards every object is whole or as it was before, and the folder of blobs holds what the index
names and nothing else.
"""

import hashlib
import os
import random
import signal
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from server import Server, wait_for

MIB = 1024 * 1024
ROUNDS = 6
BODY = os.urandom(5 * MIB)
GONE = (ClientError, BotoCoreError, HTTPClientError, OSError)


class Worker:
    """Writes objects of three kinds under names of its own until the server is gone.

    `allowed` has, for each key, the hashes of the contents that it may have afterwards; None: it
    may be absent.
    """

    def __init__(self, server: Server, number: int) -> None:
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)
        self.s3 = server.client("s3", config=config)
        self.name = f"worker-{number}"
        self.allowed: dict[str, set[str | None]] = {}
        self.random = random.Random(number)
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        try:
            while True:
                key = f"{self.name}/{self.random.randrange(4)}"
                self.random.choice([self.put, self.upload, self.copy, self.delete])(key)
        except GONE:
            return

    def attempt(self, key: str, outcome: str | None, call: Callable[[], Any]) -> None:
        """Before the call both contents are possible, after its answer only the new one."""
        self.allowed.setdefault(key, {None}).add(outcome)
        call()
        self.allowed[key] = {outcome}

    def body(self) -> bytes:
        return os.urandom(self.random.choice([10, 20_000, 300_000]))

    def put(self, key: str) -> None:
        body = self.body()
        self.attempt(
            key, sha(body), lambda: self.s3.put_object(Bucket="killed", Key=key, Body=body)
        )

    def upload(self, key: str) -> None:
        tail = self.body()
        upload = {"Bucket": "killed", "Key": key}
        upload["UploadId"] = self.s3.create_multipart_upload(**upload)["UploadId"]
        parts = [
            {
                "PartNumber": number,
                "ETag": self.s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"],
            }
            for number, body in ((1, BODY), (2, tail))
        ]
        self.attempt(
            key,
            sha(BODY + tail),
            lambda: self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}),
        )

    def copy(self, key: str) -> None:
        self.attempt(
            key,
            sha(BODY),
            lambda: self.s3.copy_object(Bucket="killed", Key=key, CopySource="killed/source"),
        )

    def delete(self, key: str) -> None:
        self.attempt(key, None, lambda: self.s3.delete_object(Bucket="killed", Key=key))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def content_of(s3: Any, key: str) -> str | None:
    try:
        return sha(s3.get_object(Bucket="killed", Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey:
        return None


def blob_files(data: Path) -> set[str]:
    return {path.name for path in (data / "blobs").rglob("*") if path.is_file()}


def named_blobs(data: Path) -> set[str]:
    """What objects and parts name, read beside the server."""
    index = sqlite3.connect(f"file:{data}/glaux.db?mode=ro", uri=True)
    rows = index.execute("SELECT pieces FROM objects UNION ALL SELECT pieces FROM parts").fetchall()
    index.close()
    return {line.split(" ")[0] for (pieces,) in rows for line in (pieces or "").splitlines()}


def test_objects_are_whole_or_absent(new_server: Callable[..., Server]) -> None:
    server = new_server()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="killed")
    s3.put_object(Bucket="killed", Key="source", Body=BODY)
    known: dict[str, set[str | None]] = {}
    for round_ in range(ROUNDS):
        workers = [Worker(server, number) for number in range(3)]
        for worker in workers:
            worker.allowed = {k: v for k, v in known.items() if k.startswith(f"{worker.name}/")}
            worker.random.seed(100 * round_ + int(worker.name[-1]))
            worker.thread.start()
        moment = threading.Timer(
            random.uniform(0.3, 1.5), lambda: os.kill(server.pid, signal.SIGKILL)
        )
        moment.start()
        for worker in workers:
            worker.thread.join()
        moment.join()
        server.restart(signal.SIGKILL)
        s3 = server.client("s3")
        for worker in workers:
            for key, allowed in worker.allowed.items():
                found = content_of(s3, key)
                assert found in allowed, key
                known[key] = {found}
        assert content_of(s3, "source") == sha(BODY)
    assert known
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket="killed"):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(
                Bucket="killed", Key=upload["Key"], UploadId=upload["UploadId"]
            )
    wait_for(lambda: blob_files(server.data) == named_blobs(server.data))
