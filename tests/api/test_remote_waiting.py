"""What clients are told of objects that wait for a bucket of another S3: lists, reads, writes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from far import BUCKET, delivered_all, leave_waiting, metric, remote_settings, started_far, waiting
from faulty_network import FaultyNetwork
from refusal import refusal
from s3_wire import Wire
from server import BUILD, Server
from versitygw import VersityGw

FAR = {
    "a": b"far a",
    "both/1": b"far",
    "both/2": b"far",
    "far/x/1": b"far",
    "m": b"older",
    "z&<": b"far",
}
NEAR = {
    "both/3": b"near",
    "m": b"newer one",
    "near/y/1": b"near",
    "near/y/2": b"near",
    "n 1+ü": b"near",
    "zz": b"near",
}
ALL = FAR | NEAR


class World:
    """Objects at the other S3, objects that wait for it, and the two ways to see them."""

    def __init__(self, server: Server, far: VersityGw, network: FaultyNetwork) -> None:
        self.server, self.far, self.network = server, far, network
        self.s3 = server.client("s3")

    def far_text(self, key: str) -> bytes:
        return bytes(self.far.client().get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def names(self, method: str = "list_objects_v2", size: int = 1000, **options: Any) -> list[str]:
        """The keys and common prefixes of all pages, in order; each page as full as it can be."""
        pages = self.s3.get_paginator(method).paginate(
            Bucket=BUCKET, PaginationConfig={"PageSize": size}, **options
        )
        found = []
        for page in pages:
            names = [o["Key"] for o in page.get("Contents", [])]
            names += [p["Prefix"] for p in page.get("CommonPrefixes", [])]
            assert len(names) == size or not page["IsTruncated"]
            if method == "list_objects_v2":
                assert page["KeyCount"] == len(names)
            found += sorted(names)
        return found

    def deliver(self) -> None:
        os.kill(self.server.pid, signal.SIGHUP)
        delivered_all(self.server)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Nothing is delivered before a SIGHUP."""
    with started_far(tmp_path / "far") as far, closing(FaultyNetwork(far.port)) as network:
        for key, body in FAR.items():
            far.client().put_object(Bucket=BUCKET, Key=key, Body=body)
        settings = remote_settings(far, network.endpoint) | {"isolation.mode": "none"}
        server = Server(tmp_path / "data", settings)
        try:
            leave_waiting(server, NEAR, seconds=3600)
            yield World(server, far, network)
        finally:
            server.end()


def test_lists(world: World) -> None:
    """One server for all of this: what waits stays as it is."""
    grouped = sorted({k.split("/")[0] + "/" if "/" in k else k for k in ALL})
    for method in ("list_objects_v2", "list_objects"):
        for size in (1, 2, 3, 1000):
            assert world.names(method, size) == sorted(ALL)
            assert world.names(method, size, Delimiter="/") == grouped
            assert world.names(method, size, Prefix="both/") == ["both/1", "both/2", "both/3"]
            assert world.names(method, size, Prefix="near/", Delimiter="/") == ["near/y/"]
            assert world.names(method, size, Prefix="near/y") == ["near/y/1", "near/y/2"]
            assert world.names(method, size, Prefix="far/") == ["far/x/1"]
            assert world.names(method, size, Prefix="none") == []
    s3 = world.s3
    for after in ("", "a", "b", "m", "near/y/", "near/y/1", "zz"):
        above = [k for k in sorted(ALL) if k > after]
        assert world.names(StartAfter=after) == above
        answer = s3.list_objects(Bucket=BUCKET, Marker=after)
        assert [o["Key"] for o in answer.get("Contents", [])] == above
    found = {o["Key"]: o for o in s3.list_objects_v2(Bucket=BUCKET, FetchOwner=True)["Contents"]}
    for key, body in ALL.items():
        head = s3.head_object(Bucket=BUCKET, Key=key)
        assert found[key]["Size"] == head["ContentLength"] == len(body)
        assert found[key]["ETag"] == head["ETag"]
        assert int(found[key]["LastModified"].timestamp()) == head["LastModified"].timestamp()
        assert "ID" in found[key]["Owner"]
    empty = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=0)
    assert (empty["KeyCount"], empty["IsTruncated"]) == (0, False)


def test_keys_that_are_not_url_encoded(world: World) -> None:
    """The SDKs ask for url encoding; what asks for none gets XML."""
    answer = Wire(world.server).send("GET", f"/{BUCKET}?list-type=2&prefix=n")
    assert b"<Key>n 1+\xc3\xbc</Key>" in answer.body
    answer = Wire(world.server).send("GET", f"/{BUCKET}?prefix=z")
    assert b"<Key>z&amp;&lt;</Key>" in answer.body
    assert b"<Key>zz</Key>" in answer.body
    assert b"<EncodingType>" not in answer.body


def test_a_list_that_goes_on_as_all_is_delivered(world: World) -> None:
    first = world.s3.list_objects_v2(Bucket=BUCKET, MaxKeys=4)
    assert first["IsTruncated"]
    world.deliver()
    rest = world.s3.list_objects_v2(Bucket=BUCKET, ContinuationToken=first["NextContinuationToken"])
    names = [o["Key"] for page in (first, rest) for o in page["Contents"]]
    assert names == sorted(ALL)
    assert world.names() == sorted(ALL)


def test_a_list_needs_the_store(world: World) -> None:
    world.network.cut()
    assert refusal(lambda: world.s3.list_objects_v2(Bucket=BUCKET))[:2] == (
        503,
        "ServiceUnavailable",
    )
    world.network.answer(403, "AccessDenied")
    assert refusal(lambda: world.s3.list_objects_v2(Bucket=BUCKET))[:2] == (403, "AccessDenied")
    world.network.answer(200, "NoList")
    assert refusal(lambda: world.s3.list_objects_v2(Bucket=BUCKET))[:2] == (
        503,
        "ServiceUnavailable",
    )


def pages(*, truncated: bool, token: str = "t", lines: str = "") -> str:
    told = f"<IsTruncated>{str(truncated).lower()}</IsTruncated>{lines}"
    told += f"<NextContinuationToken>{token}</NextContinuationToken>"
    return f"<ListBucketResult>{told}</ListBucketResult>"


def test_a_store_that_lists_nonsense(world: World) -> None:
    """Pages without an end, lines without a name or out of order, names that are none."""
    s3, network = world.s3, world.network
    network.cut()
    network.answer_with(200, pages(truncated=True))
    told = refusal(lambda: s3.list_objects_v2(Bucket=BUCKET))
    assert told[:2] == (503, "ServiceUnavailable")
    assert 1 < network.answer_times < 100
    for body in (
        pages(truncated=True, token=""),
        pages(truncated=True, token="t" * 100_000),
        "<ListBucketResult>",
        "x" * 5_000_000,
        "",
    ):
        network.answer_with(200, body)
        told = refusal(lambda: s3.list_objects_v2(Bucket=BUCKET))
        assert told[:2] == (503, "ServiceUnavailable")
    many = "<CommonPrefixes/><Contents/><Contents><Key></Key></Contents>" * 5000
    for lines in (many, "<Contents><Key>%</Key></Contents>" * 2):
        network.answer_with(
            200, pages(truncated=False, lines=f"<EncodingType>url</EncodingType>{lines}")
        )
        listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
        assert [o["Key"] for o in listed] == sorted(NEAR)
    lines = "".join(f"<Contents><Key>{k}</Key><Size>1</Size></Contents>" for k in ("z", "b", "b"))
    network.answer_with(200, pages(truncated=False, lines=lines))
    listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert {o["Key"] for o in listed} == {"z", "b"} | set(NEAR)


def test_reads_take_nothing_away(world: World) -> None:
    world.network.cut()
    s3 = world.s3
    assert s3.get_object(Bucket=BUCKET, Key="m")["Body"].read() == b"newer one"
    ranged = s3.get_object(Bucket=BUCKET, Key="m", Range="bytes=1-3")
    assert (ranged["Body"].read(), ranged["ContentRange"]) == (b"ewe", "bytes 1-3/9")
    assert s3.get_object_tagging(Bucket=BUCKET, Key="m")["TagSet"] == []
    told = s3.get_object_attributes(Bucket=BUCKET, Key="m", ObjectAttributes=["ObjectSize"])
    assert told["ObjectSize"] == 9
    refusal(lambda: s3.get_object_legal_hold(Bucket=BUCKET, Key="m"))
    assert waiting(world.server) == len(NEAR)
    world.network.heal()
    world.deliver()
    assert world.far_text("m") == b"newer one"


def test_what_is_written_or_deleted_meanwhile_wins(world: World) -> None:
    s3 = world.s3
    s3.put_object(Bucket=BUCKET, Key="zz", Body=b"written")
    s3.delete_object(Bucket=BUCKET, Key="both/3")
    s3.copy_object(Bucket=BUCKET, Key="near/y/1", CopySource={"Bucket": BUCKET, "Key": "a"})
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="near/y/2")["UploadId"]
    part = s3.upload_part(
        Bucket=BUCKET, Key="near/y/2", UploadId=upload, PartNumber=1, Body=b"in parts"
    )
    assert s3.get_object(Bucket=BUCKET, Key="near/y/2")["Body"].read() == b"near"
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(
        Bucket=BUCKET, Key="near/y/2", UploadId=upload, MultipartUpload=parts
    )
    assert waiting(world.server) == len(NEAR) - 4
    world.deliver()
    assert world.far_text("zz") == b"written"
    assert world.far_text("near/y/1") == b"far a"
    assert world.far_text("near/y/2") == b"in parts"
    assert world.far_text("m") == b"newer one"
    assert "both/3" not in world.names()


def test_what_could_not_be_written_or_deleted_takes_nothing_away(world: World) -> None:
    s3 = world.s3
    world.network.cut()
    assert refusal(lambda: s3.put_object(Bucket=BUCKET, Key="zz", Body=b"lost"))[0] == 503
    assert refusal(lambda: s3.delete_object(Bucket=BUCKET, Key="m"))[0] == 503
    world.network.heal()
    for key in ("m", "zz"):  # one of them is at the other S3, too
        told = refusal(lambda: s3.put_object(Bucket=BUCKET, Key=key, Body=b"no", IfNoneMatch="*"))  # noqa: B023
        assert told[:2] == (412, "PreconditionFailed")
    older = world.far.client().head_object(Bucket=BUCKET, Key="m")["ETag"]
    told = refusal(lambda: s3.put_object(Bucket=BUCKET, Key="m", Body=b"no", IfMatch=older))
    assert told[:2] == (412, "PreconditionFailed")
    assert waiting(world.server) == len(NEAR)
    world.deliver()
    assert world.far_text("zz") == b"near"
    assert world.far_text("m") == b"newer one"


def deletions(*keys: str, quiet: bool = False) -> dict[str, Any]:
    return {"Objects": [{"Key": k} for k in keys], "Quiet": quiet}


def test_many_are_deleted_at_once(world: World) -> None:
    s3 = world.s3
    told = s3.delete_objects(Bucket=BUCKET, Delete=deletions("a", "m", "zz", "z&<", "none"))
    assert sorted(d["Key"] for d in told["Deleted"]) == ["a", "m", "none", "z&<", "zz"]
    assert "Errors" not in told
    told = s3.delete_objects(Bucket=BUCKET, Delete=deletions("both/1", "both/3", quiet=True))
    assert "Deleted" not in told
    assert "Errors" not in told
    gone = {"a", "m", "zz", "z&<", "both/1", "both/3"}
    assert world.names() == sorted(set(ALL) - gone)
    world.deliver()
    assert world.names() == sorted(set(ALL) - gone)


def test_many_that_could_not_be_deleted(world: World) -> None:
    s3 = world.s3
    world.network.cut()
    told = refusal(lambda: s3.delete_objects(Bucket=BUCKET, Delete=deletions("m", "zz")))
    assert told[:2] == (503, "ServiceUnavailable")
    for nonsense in ("", "<x/>", "<DeleteResult>", "x" * 5_000_000):
        world.network.answer_with(200, nonsense)
        told = refusal(lambda: s3.delete_objects(Bucket=BUCKET, Delete=deletions("m", "zz")))
        assert told[:2] == (503, "ServiceUnavailable")
    denied = "<Error><Key>m</Key><Code>AccessDenied</Code><Message>no</Message></Error>"
    world.network.answer_with(200, f"<DeleteResult>{denied}</DeleteResult>")
    errors = s3.delete_objects(Bucket=BUCKET, Delete=deletions("m", "zz"))["Errors"]
    assert [(e["Key"], e["Code"]) for e in errors] == [("m", "AccessDenied")]
    world.network.heal()
    assert waiting(world.server) == len(NEAR)
    wire = Wire(world.server)
    document = b"<Delete><Object><Key>m</Key></Object></Delete>"
    answer = wire.send("POST", f"/{BUCKET}?delete", document)
    assert (answer.status, answer.code) == (400, "InvalidRequest")  # no checksum
    answer = wire.send("POST", f"/{BUCKET}?delete", document, {"Content-MD5": "A" * 22 + "=="})
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert world.names() == sorted(ALL)


def test_a_version_is_the_remotes(world: World) -> None:
    """What waits is the newest, and none that the remote has: nothing of it is read or dropped."""
    wire = Wire(world.server)
    assert wire.send("GET", f"/{BUCKET}/m").body == b"newer one"
    assert b"newer" not in wire.send("GET", f"/{BUCKET}/m?versionId=null").body
    assert b"newer" not in wire.send("GET", f"/{BUCKET}/m?versionId=1").body
    for version in ("null", "1"):
        wire.send("DELETE", f"/{BUCKET}/m?versionId={version}")
    assert waiting(world.server) == len(NEAR)
    assert wire.send("PUT", f"/{BUCKET}/a?versionId=null", b"x").code == "InvalidArgument"
    assert wire.send("GET", f"/{BUCKET}?acl&policy").code == "InvalidArgument"
    assert wire.send("PUT", f"/{BUCKET}/a?acl&tagging", b"x").code == "InvalidArgument"
    assert world.far_text("a") == b"far a"
    world.deliver()
    assert world.far_text("m") == b"newer one"


def test_operators_are_told(world: World) -> None:
    server, network = world.server, world.network
    world.s3.head_object(Bucket=BUCKET, Key="a")
    assert metric(server, 'glaux_remote_up{remote="far"}') == 1
    ready = server.get("/-/readyz").splitlines()
    size = sum(map(len, NEAR.values()))
    assert ready[0] == "ready"
    assert ready[1].startswith(f"6 objects wait for buckets elsewhere, {size} bytes, the oldest")
    assert len(ready) == 2
    network.cut()
    refusal(lambda: world.s3.head_object(Bucket=BUCKET, Key="a"))
    assert metric(server, 'glaux_remote_up{remote="far"}') == 0
    assert metric(server, "glaux_remotes_away") == 1
    assert "remote far does not answer since 20" in server.get("/-/readyz").splitlines()[1]
    command = [str(BUILD / "glaux"), "status", "--data", str(server.data)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GLAUX_")}
    table = subprocess.run(command, capture_output=True, text=True, env=environment).stdout
    assert "1, 1 of them do not answer" in table
    told = subprocess.run([*command, "--json"], capture_output=True, text=True, env=environment)
    assert json.loads(told.stdout)["remotes_away"] == 1
    network.heal()
    network.answer(503, "SlowDown")
    refusal(lambda: world.s3.get_object(Bucket=BUCKET, Key="a"))
    assert "far does not answer" in server.get("/-/readyz")
    network.heal()
    refusal(lambda: world.s3.get_object(Bucket=BUCKET, Key="none"))
    world.deliver()
    assert server.get("/-/readyz") == "ready\n"
    assert metric(server, "glaux_remotes_away") == 0
