"""A disk that is full: nothing pretends, reads and deletes work, the server starts.

The disk is a tmpfs; where mounting is not permitted these tests are skipped.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from s3_content import new_bucket
from server import Server, Session, wait_for

MIB = 1 << 20
DISK_BYTES = 96 * MIB
RESERVE_BYTES = 8 * MIB


class Disk:
    """A small disk, and the file by which a test fills it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ballast = path / "ballast"

    def fill(self) -> None:
        piece = b"b" * MIB
        with self.ballast.open("ab", buffering=0) as file:
            while piece:
                try:
                    file.write(piece)
                except OSError:
                    piece = piece[: len(piece) // 2]

    def make_room(self) -> None:
        self.ballast.unlink()

    def has_reserve(self) -> bool:
        reserve = self.path / "reserve"
        return reserve.exists() and reserve.stat().st_size == RESERVE_BYTES


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    path = tmp_path / "data"
    path.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "glaux-test"]
    mounted = subprocess.run(["mount", *options, str(path)], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    yield Disk(path)
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture
def server(disk: Disk, new_server: Callable[..., Server]) -> Server:
    server = new_server()
    wait_for(disk.has_reserve)
    return server


def refused(call: Callable[..., Any], **members: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        call(**members)
    return caught.value


def refused_at_last(call: Callable[[int], Any]) -> ClientError:
    """Small changes may find room in files that are there: the error of the first that does not."""
    for n in range(2000):
        try:
            call(n)
        except ClientError as error:
            return error
    raise AssertionError("the disk never was full")


def assert_storage_full(error: ClientError) -> None:
    assert error.response["Error"]["Code"] == "XMinioStorageFull"
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 507


def assert_refused_in_words(error: ClientError, code: str) -> None:
    assert error.response["Error"]["Code"] == code
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 507
    assert "is full; free some space on it" in str(error)


def fill_by_small_objects(s3: Any, bucket: str) -> ClientError:
    return refused_at_last(
        lambda n: s3.put_object(Bucket=bucket, Key=f"small/{n}", Body=b"s" * 10_000)
    )


def test_writes_are_refused_reads_and_deletes_work(disk: Disk, server: Server) -> None:
    s3 = server.client("s3")
    bucket = new_bucket(s3)
    for n in range(40):
        s3.put_object(Bucket=bucket, Key=f"large/{n}", Body=bytes([n]) * 100_000)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    part = {"Bucket": bucket, "Key": "parts", "UploadId": upload, "PartNumber": 1}
    s3.upload_part(**part, Body=b"1" * MIB)
    disk.fill()

    assert_storage_full(refused(s3.put_object, Bucket=bucket, Key="large/0", Body=b"x" * MIB))
    assert_storage_full(refused(s3.upload_part, **part, Body=b"2" * MIB))
    assert_storage_full(fill_by_small_objects(s3, bucket))
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="large/")["Contents"]
    assert len(listed) == 40
    for n in range(40):
        body = s3.get_object(Bucket=bucket, Key=f"large/{n}")["Body"].read()
        assert body == bytes([n]) * 100_000

    for n in range(10):
        s3.delete_object(Bucket=bucket, Key=f"large/{n}")
    s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": f"large/{n}"} for n in range(10, 40)]}
    )
    s3.abort_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="large/")

    wait_for(lambda: not list((disk.path / "blobs").glob("??/*")))
    s3.put_object(Bucket=bucket, Key="after", Body=b"a" * MIB)
    disk.make_room()
    wait_for(disk.has_reserve)


def test_a_server_starts_on_a_full_disk(disk: Disk, server: Server) -> None:
    s3 = server.client("s3")
    bucket = new_bucket(s3)
    for n in range(20):
        s3.put_object(Bucket=bucket, Key=f"large/{n}", Body=bytes([n]) * 100_000)
    endpoint = server.endpoint
    server.end()
    disk.fill()

    server.start()
    assert server.endpoint == endpoint
    assert f'"pid":{server.pid},' in (disk.path / "server.json").read_text()
    assert "a part of the reserve was given up" in server.log.read_text()
    s3 = server.client("s3")
    for n in range(20):
        assert s3.get_object(Bucket=bucket, Key=f"large/{n}")["Body"].read() == bytes([n]) * 100_000
        s3.delete_object(Bucket=bucket, Key=f"large/{n}")
    s3.put_object(Bucket=bucket, Key="after", Body=b"a" * MIB)


def test_a_session_is_refused_in_words(disk: Disk, server: Server) -> None:
    bucket = new_bucket(server.client("s3"))
    disk.fill()
    fill_by_small_objects(server.client("s3"), bucket)
    assert_refused_in_words(refused_at_last(lambda _: Session(server)), "InternalServerException")


def test_a_table_is_refused_in_words(disk: Disk, server: Server) -> None:
    glue = server.client("glue")
    disk.fill()
    error = refused_at_last(
        lambda n: glue.create_database(DatabaseInput={"Name": f"db{n}", "Description": "d" * 2000})
    )
    assert_refused_in_words(error, "InternalServiceException")


def test_a_lost_result_fails_its_calculation(disk: Disk, server: Server) -> None:
    session = Session(server)
    session.wait("IDLE")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        go = Path(folder) / "go"
        calculation = session.start(
            f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)\n"
            "print('lost')\n'r' * 1000"
        )
        wait_for(lambda: session.calculation(calculation)["Status"]["State"] == "RUNNING")
        disk.fill()
        go.touch()
        answer = session.wait_calculation(calculation)
    assert answer["Status"]["State"] == "FAILED"
    reason = answer["Status"]["StateChangeReason"]
    assert reason.startswith("The code ran to its end. The result could not be stored, ")
    assert "No space left on device" in reason
    told = session.read(answer["Result"]["StdOutS3Uri"])
    assert told.startswith("[Glaux: the output is longer; it was cut here, as the disk ")
    session.athena.terminate_session(SessionId=session.id)
    session.wait("TERMINATED")
    disk.make_room()
