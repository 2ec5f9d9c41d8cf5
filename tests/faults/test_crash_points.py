"""A server that dies at every single change of its files: before each rename and each removal, in
the middle of each write. Whatever is asked of the store is done wholly or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, HTTPClientError
from crash_points import CrashPoints
from s3_content import MIB, content
from server import Server, wait_for
from store_checks import abort_uploads, check_bodies, differences, keys

BUCKET = "crash"
SMALL, LARGE, OTHER = content(2000, 1), content(300_000, 2), content(300_000, 3)
TWO_PARTS = [content(5 * MIB, 4), content(70_000, 5)]

# The objects that there are, by key; the value is a hash.
State = dict[str, str]


def state_of(**objects: bytes | None) -> State:
    return {k: hashlib.sha256(v).hexdigest() for k, v in objects.items() if v is not None}


BEFORE = state_of(a=SMALL, b=LARGE, c=OTHER, d=OTHER)  # c and d share a file


def put(client: Any, key: str, body: bytes) -> None:
    client.put_object(Bucket=BUCKET, Key=key, Body=body)


def upload(client: Any, key: str, bodies: list[bytes]) -> None:
    target = {"Bucket": BUCKET, "Key": key}
    target["UploadId"] = client.create_multipart_upload(**target)["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": client.upload_part(**target, PartNumber=number, Body=body)["ETag"],
        }
        for number, body in enumerate(bodies, 1)
    ]
    client.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})


def remove(client: Any, *some: str) -> None:
    client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in some]})


def rename(client: Any, source: str, key: str) -> None:
    """As S3A does it; the copy is in both places for a while."""
    client.copy_object(Bucket=BUCKET, Key=key, CopySource=f"{BUCKET}/{source}")
    client.delete_object(Bucket=BUCKET, Key=source)


# What is done, and what may be there afterwards: the last of it once the answer has come.
CASES: dict[str, tuple[Callable[[Any], None], list[State]]] = {
    "a small object": (
        lambda s3: put(s3, "a", SMALL[::-1]),
        [BEFORE | state_of(a=SMALL[::-1])],
    ),
    "a large object": (
        lambda s3: put(s3, "b", OTHER),
        [BEFORE | state_of(b=OTHER)],
    ),
    "an upload": (
        lambda s3: upload(s3, "b", TWO_PARTS),
        [BEFORE | state_of(b=b"".join(TWO_PARTS))],
    ),
    "a rename": (
        lambda s3: rename(s3, "b", "e"),
        [BEFORE | state_of(e=LARGE), state_of(a=SMALL, c=OTHER, d=OTHER, e=LARGE)],
    ),
    "a removal": (
        lambda s3: remove(s3, "a", "b", "c"),
        [
            state_of(a=a, b=b, c=c, d=OTHER)
            for a in (SMALL, None)
            for b in (LARGE, None)
            for c in (OTHER, None)
        ],
    ),
}


def read_state(client: Any) -> State:
    bodies = {
        key: client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        for key in keys(client, BUCKET)
    }
    return state_of(**bodies)


@pytest.fixture
def points(new_server: Callable[..., Server], tmp_path: Path) -> CrashPoints:
    return CrashPoints(new_server(), tmp_path)


def prepare(client: Any) -> None:
    put(client, "a", SMALL)
    put(client, "b", LARGE)
    put(client, "c", OTHER)
    client.copy_object(Bucket=BUCKET, Key="d", CopySource=f"{BUCKET}/c")
    remove(client, "e")


def settle(points: CrashPoints) -> None:
    """Wait until what was to be swept is, or the server has died of it."""
    wait_for(lambda: points.is_dead() or not differences(points.server.data))


def answered(points: CrashPoints, call: Callable[[], Any]) -> bool:
    try:
        call()
    except (BotoCoreError, HTTPClientError):
        wait_for(points.is_dead)
        return False
    settle(points)
    return True


@pytest.mark.parametrize("case", CASES)
def test_a_change_of_the_store_is_whole_or_absent(points: CrashPoints, case: str) -> None:
    server = points.server
    change, outcomes = CASES[case]
    server.client("s3").create_bucket(Bucket=BUCKET)

    def make() -> None:
        prepare(server.client("s3"))
        settle(points)

    def check(was_answered: bool) -> None:
        client = server.client("s3")
        allowed = outcomes[-1:] if was_answered else [BEFORE, *outcomes]
        assert read_state(client) in allowed
        check_bodies(client, BUCKET)
        abort_uploads(client, BUCKET)
        settle(points)

    died = points.explore(
        make, lambda: answered(points, lambda: change(server.client("s3"))), check
    )
    assert died >= 3


def test_a_start_clears_what_was_cut_at_whatever_point(points: CrashPoints) -> None:
    """Blobs that no row names, files that were never finished; and the next start after it."""
    server = points.server
    server.client("s3").create_bucket(Bucket=BUCKET)
    blobs = server.data / "blobs"

    def make() -> None:
        prepare(server.client("s3"))
        server.end()
        for number in range(2):
            name = f"{number:032x}"
            (blobs / "00" / name).write_bytes(LARGE)
            (blobs / "tmp" / name).write_bytes(LARGE)

    def change() -> bool:
        try:
            server.start()
        except RuntimeError:
            return False
        settle(points)
        return True

    def check(_: bool) -> None:
        settle(points)
        assert read_state(server.client("s3")) == BEFORE
        assert list((blobs / "tmp").iterdir()) == []

    assert points.explore(make, change, check) > 4


def test_an_upload_goes_on_after_whatever_crash(points: CrashPoints) -> None:
    """What a client was told of an upload holds: its parts, and that it is complete."""
    server = points.server
    server.client("s3").create_bucket(Bucket=BUCKET)
    target: dict[str, str] = {}
    parts: list[dict[str, Any]] = []
    place = {"Bucket": BUCKET, "Key": "a"}

    def go_on(client: Any) -> None:
        if not target:
            target.update(UploadId=client.create_multipart_upload(**place)["UploadId"])
        for number in range(len(parts) + 1, len(TWO_PARTS) + 1):
            body = TWO_PARTS[number - 1]
            answer = client.upload_part(**place, **target, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        client.complete_multipart_upload(**place, **target, MultipartUpload={"Parts": parts})

    def make() -> None:
        remove(server.client("s3"), "a")
        settle(points)
        target.clear()
        parts.clear()

    def check(was_answered: bool) -> None:
        client = server.client("s3")
        go_on(client)
        assert read_state(client) == state_of(a=b"".join(TWO_PARTS))
        abort_uploads(client, BUCKET)
        settle(points)

    died = points.explore(make, lambda: answered(points, lambda: go_on(server.client("s3"))), check)
    assert died > 5
