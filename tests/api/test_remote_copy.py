"""Objects that one request copies between the built-in store and other S3s, in every direction."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import light_settings
from far import BUCKET, delivered_all, leave_waiting, remote_settings, started_far, waiting
from faulty_network import FaultyNetwork
from refusal import refusal
from s3_content import read
from server import Server, wait_for
from test_session_access import Code, start, telling_driver
from versitygw import VersityGw

pytestmark = pytest.mark.usefixtures("healed")

MIB = 1024 * 1024
HERE, OTHER = "here", "other-results"
DIRECTIONS = [(HERE, BUCKET), (BUCKET, HERE), (BUCKET, OTHER)]
ROLE = "arn:aws:iam::000000000000:role/Analysts"


@pytest.fixture(scope="module")
def far(far: VersityGw) -> VersityGw:
    for bucket in ("far-shared", "far-foreign"):
        far.client().create_bucket(Bucket=bucket)
    return far


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VersityGw]:
    with started_far(tmp_path_factory.mktemp("other"), OTHER) as one:
        yield one


def settings_of(far: VersityGw, network: FaultyNetwork, other: VersityGw) -> dict[str, str]:
    return remote_settings(far, network.endpoint) | {
        "isolation.mode": "none",
        "remote.other.endpoint": other.endpoint,
        "remote.other.buckets": OTHER,
        "remote.other.access_key_id": other.key_id,
        "remote.other.secret_access_key": other.secret,
    }


@pytest.fixture(scope="module")
def server(
    far: VersityGw,
    network: FaultyNetwork,
    other: VersityGw,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("near")
    settings = light_settings(folder) | settings_of(far, network, other)
    settings |= {
        "engine.interpreter": telling_driver(folder),
        "role.Analysts.buckets": f"{BUCKET}/in/*, far-shared:ro, mine",
    }
    one = Server(folder / "data", settings).start()
    for bucket in (HERE, "mine"):
        one.client("s3").create_bucket(Bucket=bucket)
    yield one
    one.end()


@pytest.fixture
def s3(server: Server) -> Any:
    return server.client("s3")


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
@pytest.mark.parametrize("size", [0, 1, 20_000, 9 * MIB + 7])
def test_bytes(s3: Any, source: str, target: str, size: int) -> None:
    body = os.urandom(size)
    key, to = f"from/{size} ü+&", f"to/{source}/{size}"
    s3.put_object(Bucket=source, Key=key, Body=body)
    told = s3.copy_object(Bucket=target, Key=to, CopySource={"Bucket": source, "Key": key})
    head = s3.head_object(Bucket=target, Key=to)
    assert told["CopyObjectResult"]["ETag"] == head["ETag"]
    assert told["CopyObjectResult"]["LastModified"]
    if target == HERE or size < 5 * MIB:  # else it goes in parts
        assert head["ETag"].strip('"') == hashlib.md5(body).hexdigest()
    assert read(s3, target, to) == body


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_what_is_told_of_an_object_goes_along(s3: Any, source: str, target: str) -> None:
    told = {
        "ContentType": "x/y",
        "CacheControl": "no-cache",
        "ContentDisposition": "inline",
        "ContentLanguage": "de",
        "Metadata": {"a": "1", "b": "two"},
    }
    key = f"told-{source}"
    s3.put_object(Bucket=source, Key=key, Body=b"x", Tagging="k=v&l=w%20w", **told)
    copy = {"Bucket": target, "CopySource": {"Bucket": source, "Key": key}}
    s3.copy_object(Key="same", **copy)
    head = s3.head_object(Bucket=target, Key="same")
    assert {name: head[name] for name in told} == told
    tags = s3.get_object_tagging(Bucket=target, Key="same")["TagSet"]
    assert {t["Key"]: t["Value"] for t in tags} == {"k": "v", "l": "w w"}
    s3.copy_object(
        Key="replaced",
        MetadataDirective="REPLACE",
        ContentType="p/q",
        Metadata={"c": "3"},
        TaggingDirective="REPLACE",
        Tagging="m=n",
        **copy,
    )
    head = s3.head_object(Bucket=target, Key="replaced")
    assert (head["ContentType"], head["Metadata"]) == ("p/q", {"c": "3"})
    assert "CacheControl" not in head
    tags = s3.get_object_tagging(Bucket=target, Key="replaced")["TagSet"]
    assert tags == [{"Key": "m", "Value": "n"}]


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_parts(s3: Any, source: str, target: str) -> None:
    body = os.urandom(12 * MIB)
    s3.put_object(Bucket=source, Key="parts", Body=body)
    upload = s3.create_multipart_upload(Bucket=target, Key="of-parts")["UploadId"]
    parts = []
    for number, (first, last) in enumerate([(0, 5 * MIB - 1), (5 * MIB, 12 * MIB - 1)], 1):
        told = s3.upload_part_copy(
            Bucket=target,
            Key="of-parts",
            UploadId=upload,
            PartNumber=number,
            CopySource={"Bucket": source, "Key": "parts"},
            CopySourceRange=f"bytes={first}-{last}",
        )["CopyPartResult"]
        assert told["ETag"].strip('"') == hashlib.md5(body[first : last + 1]).hexdigest()
        parts.append({"PartNumber": number, "ETag": told["ETag"]})
    s3.complete_multipart_upload(
        Bucket=target, Key="of-parts", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    assert read(s3, target, "of-parts") == body

    def copy(**changes: Any) -> Any:
        options = {"PartNumber": 1, "UploadId": upload, "Key": "of-parts", "Bucket": target}
        options["CopySource"] = {"Bucket": source, "Key": "parts"}
        return lambda: s3.upload_part_copy(**(options | changes))

    assert refusal(copy(CopySourceRange="bytes=0-9"))[:2] == (404, "NoSuchUpload")
    upload = s3.create_multipart_upload(Bucket=target, Key="of-parts")["UploadId"]
    told = refusal(copy(UploadId=upload, CopySourceRange=f"bytes=0-{12 * MIB}"))
    assert told[:2] == (416, "InvalidRange")
    told = refusal(copy(UploadId=upload, CopySourceRange="bytes=5"))
    assert told[:2] == (400, "InvalidArgument")
    s3.abort_multipart_upload(Bucket=target, Key="of-parts", UploadId=upload)


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_conditions(s3: Any, source: str, target: str) -> None:
    etag = s3.put_object(Bucket=source, Key="c", Body=b"c")["ETag"]
    key = f"conditional-{source}"

    def copy(**conditions: Any) -> Any:
        copy_source = {"Bucket": source, "Key": "c"}
        return s3.copy_object(Bucket=target, Key=key, CopySource=copy_source, **conditions)

    copy(CopySourceIfMatch=etag)
    for conditions in ({"CopySourceIfMatch": '"no"'}, {"CopySourceIfNoneMatch": etag}):
        told = refusal(lambda: copy(**conditions))  # noqa: B023
        assert told[:2] == (412, "PreconditionFailed")
    assert refusal(lambda: copy(IfNoneMatch="*"))[:2] == (412, "PreconditionFailed")


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_what_is_not_there(s3: Any, source: str, target: str) -> None:
    copy_source = {"Bucket": source, "Key": "not there"}
    told = refusal(lambda: s3.copy_object(Bucket=target, Key="x", CopySource=copy_source))
    assert told[:2] == (404, "NoSuchKey")
    s3.put_object(Bucket=source, Key="there", Body=b"x")
    copy_source = {"Bucket": source, "Key": "there"}
    missing = "far-missing" if target == BUCKET else "missing" if target == HERE else None
    if missing:
        told = refusal(lambda: s3.copy_object(Bucket=missing, Key="x", CopySource=copy_source))
        assert told[:2] == (404, "NoSuchBucket")


def test_a_store_that_is_away(s3: Any, network: FaultyNetwork) -> None:
    s3.put_object(Bucket=HERE, Key="away", Body=b"x" * 3 * MIB)
    s3.put_object(Bucket=BUCKET, Key="away", Body=b"x" * 3 * MIB)
    network.cut()
    for source, target in ((HERE, BUCKET), (BUCKET, HERE), (BUCKET, OTHER)):
        copy_source = {"Bucket": source, "Key": "away"}
        told = refusal(lambda: s3.copy_object(Bucket=target, Key="a", CopySource=copy_source))  # noqa: B023
        assert told[:2] == (503, "ServiceUnavailable")
        assert "(remote far)" in told[2]


@pytest.mark.parametrize("target", [HERE, OTHER])
def test_a_source_that_breaks_off_makes_no_object(
    s3: Any, far: VersityGw, network: FaultyNetwork, target: str
) -> None:
    far.client().put_object(Bucket=BUCKET, Key="breaks", Body=b"x" * 8 * MIB)
    network.cut()
    network.heal()
    network.bytes_per_second = 16 * MIB
    network.cut_after_answer = 2 * MIB
    copy_source = {"Bucket": BUCKET, "Key": "breaks"}
    told = refusal(lambda: s3.copy_object(Bucket=target, Key="broken", CopySource=copy_source))
    assert told[:2] == (503, "ServiceUnavailable")
    assert refusal(lambda: s3.head_object(Bucket=target, Key="broken"))[0] == 404


def test_a_target_that_breaks_off_has_no_object(
    s3: Any, far: VersityGw, network: FaultyNetwork
) -> None:
    s3.put_object(Bucket=HERE, Key="breaks", Body=b"x" * 8 * MIB)
    network.cut()
    network.heal()
    network.cut_after = 2 * MIB
    copy_source = {"Bucket": HERE, "Key": "breaks"}
    told = refusal(lambda: s3.copy_object(Bucket=BUCKET, Key="broken", CopySource=copy_source))
    assert told[:2] == (503, "ServiceUnavailable")
    network.heal()
    assert refusal(lambda: far.client().head_object(Bucket=BUCKET, Key="broken"))[0] == 404


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_memory_stays_flat(
    server: Server, s3: Any, network: FaultyNetwork, source: str, target: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(os.urandom(96 * MIB))
    s3.upload_file(str(file), source, "flat")
    status = Path(f"/proc/{server.pid}/status")
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")

    def peak() -> int:
        fields = status.read_text().split()
        return int(fields[fields.index("VmHWM:") + 1]) * 1024

    before = peak()
    s3.copy_object(Bucket=target, Key="flat", CopySource={"Bucket": source, "Key": "flat"})
    assert peak() - before < 64 * MIB  # of 96
    assert s3.head_object(Bucket=target, Key="flat")["ContentLength"] == 96 * MIB
    for bucket in (source, target):
        s3.delete_object(Bucket=bucket, Key="flat")


def test_the_aws_cli_copies_and_syncs(server: Server, s3: Any, tmp_path: Path) -> None:
    body = os.urandom(20 * MIB)
    (tmp_path / "large").write_bytes(body)
    (tmp_path / "small").write_bytes(b"small")

    def run(*words: str) -> None:
        command = [os.environ["GLAUX_AWS_CLI"], "s3", *words, "--only-show-errors"]
        subprocess.run(command, env=server.environment(), check=True)

    run("sync", str(tmp_path), f"s3://{HERE}/cli/")
    run("sync", f"s3://{HERE}/cli/", f"s3://{BUCKET}/cli/")
    run("sync", f"s3://{BUCKET}/cli/", f"s3://{OTHER}/cli/")
    run("cp", f"s3://{OTHER}/cli/large", f"s3://{HERE}/back")
    run("mv", f"s3://{OTHER}/cli/small", f"s3://{HERE}/moved")
    assert read(s3, HERE, "back") == body
    assert read(s3, HERE, "moved") == b"small"
    assert refusal(lambda: s3.head_object(Bucket=OTHER, Key="cli/small"))[0] == 404


# What waits


@pytest.fixture
def holding(
    far: VersityGw, network: FaultyNetwork, other: VersityGw, tmp_path: Path
) -> Iterator[Server]:
    """Two objects wait for the far bucket, until a SIGHUP."""
    one = Server(tmp_path / "holding", settings_of(far, network, other))
    try:
        leave_waiting(one, {"waits": b"near", "target": b"near"}, seconds=3600)
        one.client("s3").create_bucket(Bucket=HERE)
        yield one
    finally:
        one.end()


def test_what_waits_can_be_copied_and_overtaken(holding: Server, far: VersityGw) -> None:
    s3 = holding.client("s3")
    source = {"Bucket": BUCKET, "Key": "waits"}
    for bucket in (HERE, OTHER, BUCKET):
        s3.copy_object(Bucket=bucket, Key="copied", CopySource=source)
        assert read(s3, bucket, "copied") == b"near"
    s3.put_object(Bucket=HERE, Key="new", Body=b"new")
    s3.copy_object(Bucket=BUCKET, Key="target", CopySource={"Bucket": HERE, "Key": "new"})
    assert waiting(holding) == 1
    os.kill(holding.pid, signal.SIGHUP)
    delivered_all(holding)
    assert read(far.client(), BUCKET, "target") == b"new"
    assert read(far.client(), BUCKET, "waits") == b"near"


@pytest.fixture
def tight(
    far: VersityGw, network: FaultyNetwork, other: VersityGw, tmp_path: Path
) -> Iterator[Server]:
    """Its disk has little room for what is on its way."""
    settings = settings_of(far, network, other) | {"delivery.space": "1MiB"}
    one = Server(tmp_path / "data", settings).start()
    one.client("s3").create_bucket(Bucket=HERE)
    yield one
    one.end()


def test_copies_on_their_way_have_a_bound(
    tight: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    s3 = tight.client("s3")
    for key, size in (("large", MIB + 1), ("small", MIB // 2 + 1)):
        s3.put_object(Bucket=HERE, Key=key, Body=b"x" * size)

    def copy(key: str, to: str) -> None:
        s3.copy_object(Bucket=BUCKET, Key=to, CopySource={"Bucket": HERE, "Key": key})

    status, code, message = refusal(copy, "large", "large")
    assert (status, code) == (400, "InvalidRequest")
    assert "delivery.space" in message
    begun = network.connections
    network.fault = "stall"
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(copy, "small", "first")
        wait_for(lambda: network.connections > begun)
        status, code, message = refusal(copy, "small", "second")
        assert (status, code) == (503, "ServiceUnavailable")
        assert "delivery.space" in message
        network.heal()
        first.result()
    copy("small", "second")
    assert read(far.client(), BUCKET, "second") == b"x" * (MIB // 2 + 1)
    refusal(far.client().head_object, Bucket=BUCKET, Key="large")


# What the code of a session may


@pytest.fixture(scope="module")
def code(server: Server) -> Iterator[Code]:
    server.client("athena").create_work_group(
        Name="analysts",
        Configuration={
            "EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"},
            "ExecutionRole": ROLE,
            "ResultConfiguration": {"OutputLocation": "s3://glaux-results/analysts/"},
        },
    )
    one = start(server, "analysts")
    yield one
    one.session.end()


def test_sessions_copy_what_they_may_read_to_where_they_may_write(
    code: Code, s3: Any, far: VersityGw
) -> None:
    for bucket, key in (("far-shared", "a"), ("far-foreign", "a"), (BUCKET, "out"), (HERE, "a")):
        s3.put_object(Bucket=bucket, Key=key, Body=b"content")
    own = code.client("s3")

    def copy(source: tuple[str, str], target: tuple[str, str]) -> Any:
        copy_source = {"Bucket": source[0], "Key": source[1]}
        return own.copy_object(Bucket=target[0], Key=target[1], CopySource=copy_source)

    copy(("far-shared", "a"), ("mine", "a"))
    copy(("far-shared", "a"), (BUCKET, "in/a"))
    copy(("mine", "a"), (BUCKET, "in/b"))
    copy((BUCKET, "in/b"), ("mine", "b"))
    assert read(far.client(), BUCKET, "in/b") == b"content"
    denied = [
        (("far-foreign", "a"), ("mine", "x")),
        (("far-foreign", "a"), (BUCKET, "in/x")),
        ((BUCKET, "out"), ("mine", "x")),
        ((HERE, "a"), (BUCKET, "in/x")),
        (("mine", "a"), ("far-shared", "x")),
        (("mine", "a"), (BUCKET, "out/x")),
        (("mine", "a"), ("far-foreign", "x")),
        (("far-shared", "a"), (HERE, "x")),
    ]
    for source, target in denied:
        told = refusal(lambda: copy(source, target))  # noqa: B023
        assert told[:2] == (403, "AccessDenied"), (source, target)
        assert "The session's role does not reach this" in told[2]
    upload = own.create_multipart_upload(Bucket=BUCKET, Key="in/parts")["UploadId"]
    options = {"Bucket": BUCKET, "Key": "in/parts", "UploadId": upload, "PartNumber": 1}
    own.upload_part_copy(CopySource={"Bucket": "mine", "Key": "a"}, **options)
    foreign = {"Bucket": "far-foreign", "Key": "a"}
    told = refusal(lambda: own.upload_part_copy(CopySource=foreign, **options))
    assert told[:2] == (403, "AccessDenied")
    own.abort_multipart_upload(Bucket=BUCKET, Key="in/parts", UploadId=upload)


def test_sessions_delete_what_they_may_write(code: Code, s3: Any, far: VersityGw) -> None:
    keys = ["in/1", "in/2", "outside/1"]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    own = code.client("s3")
    delete = {"Objects": [{"Key": key} for key in keys]}
    told = own.delete_objects(Bucket=BUCKET, Delete=delete)
    assert sorted(d["Key"] for d in told["Deleted"]) == ["in/1", "in/2"]
    assert [(e["Key"], e["Code"]) for e in told["Errors"]] == [("outside/1", "AccessDenied")]
    listed = far.client().list_objects_v2(Bucket=BUCKET, Prefix="in/").get("Contents", [])
    assert not {o["Key"] for o in listed} & set(keys)
    assert read(far.client(), BUCKET, "outside/1") == b"x"
    told = own.delete_objects(Bucket="far-shared", Delete={"Objects": [{"Key": "a"}]})
    assert [(e["Key"], e["Code"]) for e in told["Errors"]] == [("a", "AccessDenied")]
    told = refusal(lambda: own.delete_objects(Bucket="far-foreign", Delete=delete))
    assert told[:2] == (403, "AccessDenied")


def test_sessions_set_no_access_lists(code: Code, far: VersityGw) -> None:
    own = code.client("s3")
    target = {"Bucket": BUCKET, "Key": "in/listed"}
    own.put_object(**target, Body=b"x", ACL="bucket-owner-full-control")
    calls: list[Callable[[], Any]] = [
        lambda: own.put_object_acl(**target, ACL="public-read"),
        lambda: own.put_object_acl(**target, ACL="private"),
        lambda: own.put_object(**target, Body=b"y", ACL="public-read"),
        lambda: own.put_object(**target, Body=b"y", GrantRead="id=1"),
        lambda: own.create_multipart_upload(**target, ACL="public-read"),
        lambda: own.copy_object(
            **target, CopySource={"Bucket": BUCKET, "Key": "in/listed"}, ACL="public-read"
        ),
    ]
    for call in calls:
        told = refusal(call)
        assert told[:2] == (403, "AccessDenied")
        assert "take a client with access keys" in told[2]
    assert read(far.client(), BUCKET, "in/listed") == b"x"


def test_no_key_of_a_session_leads_out_of_what_it_reaches(
    code: Code, s3: Any, far: VersityGw
) -> None:
    """The store there takes a key for a path of its file system."""
    s3.put_object(Bucket=BUCKET, Key="secret", Body=b"secret")
    s3.put_object(Bucket=BUCKET, Key="in/a", Body=b"a")
    own = code.client("s3")
    for out in ("in/../secret", "in/./../secret", "in/a/../../secret"):
        place = {"Bucket": BUCKET, "Key": out}
        calls: list[Callable[[], Any]] = [
            lambda place=place: own.get_object(**place),  # type: ignore[misc]
            lambda place=place: own.put_object(Body=b"planted", **place),  # type: ignore[misc]
            lambda place=place: own.delete_object(**place),  # type: ignore[misc]
            lambda place=place: own.create_multipart_upload(**place),  # type: ignore[misc]
            lambda place=place: own.copy_object(  # type: ignore[misc]
                Bucket="mine", Key="x", CopySource=place
            ),
            lambda place=place: own.copy_object(  # type: ignore[misc]
                CopySource={"Bucket": BUCKET, "Key": "in/a"}, **place
            ),
        ]
        for call in calls:
            assert refusal(call)[:2] == (403, "AccessDenied"), out
        told = own.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": out}]})
        assert [e["Code"] for e in told["Errors"]] == ["AccessDenied"]
    listed = refusal(lambda: own.list_objects_v2(Bucket=BUCKET, Prefix="in/../"))
    assert listed[:2] == (403, "AccessDenied")

    def with_a_question(request: Any, **_: Any) -> None:
        request.headers.replace_header("x-amz-copy-source", f"{BUCKET}/in/a?x=/../../secret")

    own.meta.events.register("before-sign.s3.CopyObject", with_a_question)
    told = refusal(lambda: own.copy_object(Bucket="mine", Key="x", CopySource=f"{BUCKET}/in/a"))
    assert told[:2] == (400, "InvalidArgument")
    assert read(far.client(), BUCKET, "secret") == b"secret"
