"""S3 requests for buckets of another S3 that come to Glaux's own endpoint."""

from __future__ import annotations

import hashlib
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import Config
from far import BUCKET, remote_settings
from faulty_network import FaultyNetwork
from refusal import refusal
from s3_wire import Wire
from server import Server, wait_for
from test_s3_framing import (
    SIGNED,
    SIGNED_TRAILER,
    UNSIGNED_TRAILER,
    Upload,
    crc32,
    signed_body,
    status,
    unsigned_body,
)
from versitygw import VersityGw

pytestmark = pytest.mark.usefixtures("healed")

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server(
    far: VersityGw, network: FaultyNetwork, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    settings = remote_settings(far, network.endpoint) | {"isolation.mode": "none"}
    one = Server(tmp_path_factory.mktemp("near") / "data", settings).start()
    yield one
    one.end()


@pytest.fixture
def s3(server: Server) -> Any:
    return server.client("s3")


def far_body(far: VersityGw, key: str) -> bytes:
    return bytes(far.client().get_object(Bucket=BUCKET, Key=key)["Body"].read())


@pytest.mark.parametrize("key", ["plain", "with space/ü?%2F+&=", "a//b/../c", "~!*'()"])
def test_there_and_back(s3: Any, far: VersityGw, key: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"bytes", ContentType="x/y", Metadata={"m": "v"})
    assert far_body(far, key) == b"bytes"
    told = s3.get_object(Bucket=BUCKET, Key=key)
    assert told["Body"].read() == b"bytes"
    assert told["ContentType"] == "x/y"
    assert told["Metadata"] == {"m": "v"}
    assert s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == 5
    assert s3.get_object(Bucket=BUCKET, Key=key, Range="bytes=1-2")["Body"].read() == b"yt"
    s3.delete_object(Bucket=BUCKET, Key=key)
    assert refusal(lambda: far_body(far, key))[0] == 404


def test_what_the_store_refuses_is_refused(s3: Any) -> None:
    number, code, _ = refusal(lambda: s3.get_object(Bucket=BUCKET, Key="none"))
    assert (number, code) == (404, "NoSuchKey")
    number, code, _ = refusal(lambda: s3.list_objects_v2(Bucket="far-none"))
    assert (number, code) == (404, "NoSuchBucket")
    s3.put_object(Bucket=BUCKET, Key="once", Body=b"1")
    number, code, _ = refusal(
        lambda: s3.put_object(Bucket=BUCKET, Key="once", Body=b"2", IfNoneMatch="*")
    )
    assert (number, code) == (412, "PreconditionFailed")


def test_lists(s3: Any) -> None:
    for name in ("list/a", "list/b", "list/c/d"):
        s3.put_object(Bucket=BUCKET, Key=name, Body=name.encode())
    told = s3.list_objects_v2(Bucket=BUCKET, Prefix="list/", Delimiter="/")
    assert [o["Key"] for o in told["Contents"]] == ["list/a", "list/b"]
    assert [p["Prefix"] for p in told["CommonPrefixes"]] == ["list/c/"]
    names = [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert BUCKET in names
    assert "glaux-results" in names
    assert names == sorted(set(names))
    assert s3.head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPStatusCode"] == 200
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "list/a"}, {"Key": "list/b"}]})
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="list/")["KeyCount"] == 1


def test_a_folder_that_is_not_empty_counts_as_deleted(s3: Any, far: VersityGw) -> None:
    """As S3 has it; the other store keeps folders, and refuses to delete this one."""
    s3.put_object(Bucket=BUCKET, Key="folder/file", Body=b"x")
    delete = {"Objects": [{"Key": "folder/"}, {"Key": "folder/none"}]}
    assert far.client().delete_objects(Bucket=BUCKET, Delete=delete)["Errors"]
    told = s3.delete_objects(Bucket=BUCKET, Delete=delete)
    assert "Errors" not in told
    assert {one["Key"] for one in told["Deleted"]} == {"folder/", "folder/none"}
    assert far_body(far, "folder/file") == b"x"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
@pytest.mark.parametrize("size", [0, 1, 3 * MIB + 7])
def test_every_size_and_checksum(s3: Any, far: VersityGw, size: int, algorithm: str) -> None:
    body = os.urandom(size)
    s3.put_object(Bucket=BUCKET, Key="sum", Body=body, ChecksumAlgorithm=algorithm)
    assert far_body(far, "sum") == body


def framed(server: Server, key: str, payload: str, data: bytes, trailer: str = "") -> bytes:
    """Uploads in chunks of aws-chunked; returns the answer."""
    headers = {"x-amz-trailer": "x-amz-checksum-crc32"} if trailer else {}
    upload = Upload(Wire(server), f"/{BUCKET}/{key}", payload, len(data), headers)
    if payload == UNSIGNED_TRAILER:
        body = unsigned_body(data, 65_536, f"x-amz-checksum-crc32:{trailer}")
    else:
        pair = ("x-amz-checksum-crc32", trailer) if trailer else None
        body = signed_body(upload.chain, data, 65_536, pair)
    return upload.send(body)


@pytest.mark.parametrize("size", [0, 1, 65_536, 3 * MIB + 5])
@pytest.mark.parametrize("payload", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_framings_are_taken_off(server: Server, far: VersityGw, payload: str, size: int) -> None:
    data = os.urandom(size)
    trailer = crc32(data) if payload != SIGNED else ""
    assert status(framed(server, "framed", payload, data, trailer)) == 200
    assert far_body(far, "framed") == data


@pytest.mark.parametrize("size", [1, 3 * MIB + 5])
def test_a_wrong_trailer_is_no_object(server: Server, far: VersityGw, size: int) -> None:
    """The last byte never leaves (versitygw keeps what came of unsigned bytes that break off)."""
    answer = framed(server, "bad-trailer", UNSIGNED_TRAILER, b"x" * size, crc32(b"other"))
    assert status(answer) == 400
    assert b"<Code>BadDigest</Code>" in answer
    listed = far.client().list_objects_v2(Bucket=BUCKET, Prefix="bad-trailer").get("Contents", [])
    assert all(o["Size"] < size for o in listed)


def test_large_objects_in_parts(s3: Any, far: VersityGw, tmp_path: Path) -> None:
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(os.urandom(40 * MIB))
    s3.upload_file(str(source), BUCKET, "large")
    far.client().download_file(BUCKET, "large", str(back))
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert hashlib.sha256(back.read_bytes()).hexdigest() == digest
    s3.download_file(BUCKET, "large", str(back))
    assert hashlib.sha256(back.read_bytes()).hexdigest() == digest


def test_presigned_urls(server: Server, far: VersityGw) -> None:
    s3 = server.client("s3", config=Config(signature_version="s3v4"))
    put = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "presigned"})
    request = urllib.request.Request(put, data=b"by url", method="PUT")
    request.add_header("Content-Type", "")
    assert urllib.request.urlopen(request, timeout=30).status == 200
    assert far_body(far, "presigned") == b"by url"
    get = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "presigned"})
    assert urllib.request.urlopen(get, timeout=30).read() == b"by url"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(get + "0", timeout=30)


def test_copies(s3: Any, far: VersityGw) -> None:
    s3.put_object(Bucket=BUCKET, Key="from", Body=b"copied")
    s3.copy_object(Bucket=BUCKET, Key="to", CopySource={"Bucket": BUCKET, "Key": "from"})
    assert far_body(far, "to") == b"copied"


def test_a_store_that_is_away(s3: Any, network: FaultyNetwork) -> None:
    network.cut()
    number, code, message = refusal(lambda: s3.get_object(Bucket=BUCKET, Key="once"))
    assert (number, code) == (503, "ServiceUnavailable")
    assert "The store of the bucket (remote far) cannot be reached" in message
    number, code, _ = refusal(lambda: s3.put_object(Bucket=BUCKET, Key="away", Body=b"x" * MIB))
    assert (number, code) == (503, "ServiceUnavailable")


def test_a_download_that_breaks_off_is_no_whole_one(
    s3: Any, far: VersityGw, network: FaultyNetwork
) -> None:
    far.client().put_object(Bucket=BUCKET, Key="breaks", Body=b"x" * (8 * MIB))
    network.bytes_per_second = 16 * MIB  # or all of it is in buffers on the way already
    body = s3.get_object(Bucket=BUCKET, Key="breaks")["Body"]
    assert body.read(1000) == b"x" * 1000
    network.cut()
    with pytest.raises(Exception, match=r"(?i)incomplete|broken|reset|read"):
        body.read()


def test_an_upload_that_breaks_off_stores_nothing(
    server: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    network.cut()
    network.heal()
    network.cut_after = MIB
    s3 = server.client("s3")
    number, _, _ = refusal(lambda: s3.put_object(Bucket=BUCKET, Key="half", Body=b"x" * 4 * MIB))
    assert number == 503
    assert refusal(lambda: far_body(far, "half"))[0] == 404


def test_a_wrong_checksum_stores_nothing(s3: Any, far: VersityGw) -> None:
    told = refusal(
        lambda: s3.put_object(Bucket=BUCKET, Key="wrong", Body=b"x", ChecksumCRC32="AAAAAA==")
    )
    assert told[0] == 400
    assert refusal(lambda: far_body(far, "wrong"))[0] == 404


def test_our_keys_are_not_the_clients_matter(
    far: VersityGw, new_server: Callable[..., Server]
) -> None:
    settings = remote_settings(far, far.endpoint) | {"isolation.mode": "none"}
    settings["remote.far.secret_access_key"] = "wrong"
    server = new_server(*(f"{k}={v}" for k, v in settings.items()))
    s3 = server.client("s3")
    number, code, message = refusal(lambda: s3.get_object(Bucket=BUCKET, Key="once"))
    assert (number, code) == (403, "AccessDenied")
    assert "(remote far) refused this server: status 403, SignatureDoesNotMatch" in message


def test_memory_stays_flat_for_a_slow_client(server: Server, s3: Any, far: VersityGw) -> None:
    far.client().put_object(Bucket=BUCKET, Key="flat", Body=os.urandom(64 * MIB))

    def resident() -> int:
        fields = Path(f"/proc/{server.pid}/status").read_text().split()
        return int(fields[fields.index("VmRSS:") + 1]) * 1024

    before = resident()
    bodies = [s3.get_object(Bucket=BUCKET, Key="flat")["Body"] for _ in range(4)]
    for body in bodies:
        body.read(MIB)
    assert resident() - before < 40 * MIB
    for body in bodies:
        body.close()


def test_clients_that_go_away_leave_nothing_open(
    server: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    far.client().put_object(Bucket=BUCKET, Key="left", Body=b"x" * (16 * MIB))
    s3 = server.client("s3", config=Config(retries={"max_attempts": 1}))
    for _ in range(5):
        body = s3.get_object(Bucket=BUCKET, Key="left")["Body"]
        body.read(10)
        body.close()
    s3.close()

    def descriptors() -> int:
        return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))

    wait_for(lambda: descriptors() < 60)
    assert server.client("s3").get_object(Bucket=BUCKET, Key="once")["Body"].read() == b"1"


def test_the_aws_cli_copies_both_ways(server: Server, far: VersityGw, tmp_path: Path) -> None:
    cli = os.environ["GLAUX_AWS_CLI"]
    source = tmp_path / "file"
    source.write_bytes(os.urandom(20 * MIB))

    def run(*words: str) -> None:
        command = [cli, "s3", *words, "--only-show-errors"]
        subprocess.run(command, env=server.environment(), check=True)

    run("cp", str(source), f"s3://{BUCKET}/cli/file")
    assert far_body(far, "cli/file") == source.read_bytes()
    run("cp", f"s3://{BUCKET}/cli/file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == source.read_bytes()
