"""What clients of the store were told, so that a test can say what must be there after a crash."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from s3_content import MIB, content

SMALL, LARGE = 2000, 3 * MIB  # kept within the index, and as a file
PARTS = [5 * MIB, 5 * MIB, 70000]


class LostError(Exception):
    """The server was gone before it answered."""


class Key:
    """One key: what it holds by the last answer, and what a change under way would make of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.known: bytes | None = None
        self.wanted: list[bytes | None] = []

    def may_hold(self, digest: bytes | None) -> bool:
        return digest == self.known or digest in self.wanted

    def change(self, digest: bytes | None, call: Callable[[], Any]) -> None:
        self.wanted = [digest]
        try:
            call()
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise LostError from error
            raise
        except (BotoCoreError, HTTPClientError) as error:
            raise LostError from error
        self.known, self.wanted = digest, []


class Writer(threading.Thread):
    """Changes keys of its own, one call after the other, until the server is gone."""

    def __init__(
        self, client: Any, bucket: str, name: str, keys: dict[str, Key], seed: int
    ) -> None:
        super().__init__()
        self.client = client
        self.bucket = bucket
        self.keys = [keys.setdefault(key, Key(key)) for key in (f"{name}/{n}" for n in range(6))]
        self.random = random.Random(seed)
        self.calls = 0
        self.broken: BaseException | None = None

    def run(self) -> None:
        changes = [
            self.put,
            self.put,
            self.put_large,
            self.in_parts,
            self.copy,
            self.delete,
            self.purge,
        ]
        try:
            while True:
                self.random.choice(changes)()
                self.calls += 1
        except LostError:
            pass
        except BaseException as error:
            self.broken = error

    def _put(self, size: int) -> None:
        key = self.random.choice(self.keys)
        body = content(size, self.random.getrandbits(32))
        key.change(
            hashlib.sha256(body).digest(),
            lambda: self.client.put_object(Bucket=self.bucket, Key=key.name, Body=body),
        )

    def put(self) -> None:
        self._put(SMALL)

    def put_large(self) -> None:
        self._put(LARGE)

    def in_parts(self) -> None:
        key = self.random.choice(self.keys)
        body = content(sum(PARTS), self.random.getrandbits(32))
        target = {"Bucket": self.bucket, "Key": key.name}

        def upload() -> None:
            upload_id = self.client.create_multipart_upload(**target)["UploadId"]
            parts, at = [], 0
            for number, size in enumerate(PARTS, 1):
                answer = self.client.upload_part(
                    **target, UploadId=upload_id, PartNumber=number, Body=body[at : at + size]
                )
                parts.append({"PartNumber": number, "ETag": answer["ETag"]})
                at += size
            self.client.complete_multipart_upload(
                **target, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )

        key.change(hashlib.sha256(body).digest(), upload)

    def copy(self) -> None:
        source, key = self.random.sample(self.keys, 2)
        if source.known:
            origin = {"Bucket": self.bucket, "Key": source.name}
            key.change(
                source.known,
                lambda: self.client.copy_object(
                    Bucket=self.bucket, Key=key.name, CopySource=origin
                ),
            )

    def delete(self) -> None:
        key = self.random.choice(self.keys)
        key.change(None, lambda: self.client.delete_object(Bucket=self.bucket, Key=key.name))

    def purge(self) -> None:
        """Several at once: one call, and each key of it is there or not."""
        some = self.random.sample(self.keys, 3)
        for key in some[1:]:
            key.wanted = [None]
        names = {"Objects": [{"Key": key.name} for key in some]}
        some[0].change(None, lambda: self.client.delete_objects(Bucket=self.bucket, Delete=names))
        for key in some[1:]:
            key.known, key.wanted = None, []
