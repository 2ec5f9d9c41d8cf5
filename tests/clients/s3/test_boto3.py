"""boto3's transfers, checksums and resources with nothing set but the environment."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
from s3_content import BIG, MIB, NAMES, XML_NAMES, Stream, content, file_of, read

pytestmark = pytest.mark.usefixtures("environment")

ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]
PARTS = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
ONE_BY_ONE = TransferConfig(
    multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, use_threads=False
)


@pytest.fixture
def client() -> Any:
    return boto3.client("s3")


@pytest.mark.parametrize("config", [PARTS, ONE_BY_ONE], ids=["threads", "one"])
def test_a_file_goes_up_and_comes_down(
    client: Any, bucket: str, tmp_path: Path, config: TransferConfig
) -> None:
    source, back = file_of(tmp_path, "source", BIG), tmp_path / "back"
    headers = {"ContentType": "text/x-odd", "Metadata": {"colour": "blue"}}
    client.upload_file(str(source), bucket, "dir/ä +%.bin", ExtraArgs=headers, Config=config)
    client.download_file(bucket, "dir/ä +%.bin", str(back), Config=config)
    assert back.read_bytes() == content(BIG)
    head = client.head_object(Bucket=bucket, Key="dir/ä +%.bin")
    assert head["ETag"].endswith('-4"')
    assert head["ContentLength"] == BIG
    assert head["ContentType"] == "text/x-odd"
    assert head["Metadata"] == {"colour": "blue"}


@pytest.mark.parametrize("size", [0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1])
def test_sizes_around_a_part(client: Any, bucket: str, size: int) -> None:
    client.upload_fileobj(io.BytesIO(content(size)), bucket, "size", Config=PARTS)
    into = io.BytesIO()
    client.download_fileobj(bucket, "size", into, Config=PARTS)
    assert into.getvalue() == content(size)


def test_a_stream_without_a_length(client: Any, bucket: str) -> None:
    client.upload_fileobj(Stream(content(BIG)), bucket, "stream", Config=PARTS)
    assert read(client, bucket, "stream") == content(BIG)


def test_a_copy_by_parts_and_at_once(client: Any, bucket: str) -> None:
    client.upload_fileobj(
        io.BytesIO(content(BIG)), bucket, "a b/ä+", ExtraArgs={"Metadata": {"k": "v"}}
    )
    source = {"Bucket": bucket, "Key": "a b/ä+"}
    client.copy(source, bucket, "by parts", Config=PARTS)
    client.copy(source, bucket, "at once")
    client.delete_object(Bucket=bucket, Key="a b/ä+")
    for key in ("by parts", "at once"):
        assert read(client, bucket, key) == content(BIG)
    assert client.head_object(Bucket=bucket, Key="at once")["Metadata"] == {"k": "v"}


def test_an_abandoned_transfer_leaves_nothing(client: Any, bucket: str) -> None:
    class Breaks(Stream):
        def readinto(self, into: Any) -> int:
            if len(self.rest) < 6 * MIB:
                raise RuntimeError("the disk is gone")
            return super().readinto(into)

    with pytest.raises(RuntimeError, match="the disk is gone"):
        client.upload_fileobj(Breaks(content(BIG)), bucket, "broken", Config=PARTS)
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_checksums_of_one_request(client: Any, bucket: str, algorithm: str) -> None:
    name = f"Checksum{algorithm}"
    put = client.put_object(Bucket=bucket, Key="sum", Body=b"summed", ChecksumAlgorithm=algorithm)
    head = client.head_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")
    answer = client.get_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")
    assert answer["Body"].read() == b"summed"  # botocore verifies it
    assert put[name] == head[name] == answer[name]
    assert head["ChecksumType"] == "FULL_OBJECT"
    wrong = {name: put[name], "Bucket": bucket, "Key": "wrong", "Body": b"other"}
    with pytest.raises(ClientError) as refused:
        client.put_object(**wrong)
    assert refused.value.response["Error"]["Code"] == "BadDigest"
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_checksums_of_parts(client: Any, bucket: str, algorithm: str) -> None:
    client.upload_fileobj(
        io.BytesIO(content(BIG)),
        bucket,
        "parts",
        ExtraArgs={"ChecksumAlgorithm": algorithm},
        Config=PARTS,
    )
    head = client.head_object(Bucket=bucket, Key="parts", ChecksumMode="ENABLED")
    whole = algorithm == "CRC64NVME"
    assert head["ChecksumType"] == ("FULL_OBJECT" if whole else "COMPOSITE")
    assert head[f"Checksum{algorithm}"].endswith("-4") != whole
    answer = client.get_object(Bucket=bucket, Key="parts", ChecksumMode="ENABLED")
    assert answer["Body"].read() == content(BIG)
    attributes = client.get_object_attributes(
        Bucket=bucket, Key="parts", ObjectAttributes=["Checksum", "ObjectParts", "ObjectSize"]
    )
    assert attributes["ObjectSize"] == BIG
    assert attributes["ObjectParts"]["TotalPartsCount"] == 4


def test_hard_names(client: Any, bucket: str) -> None:
    for name in NAMES:
        client.put_object(Bucket=bucket, Key=name, Body=name.encode())
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 5}
    )
    listed = [one["Key"] for page in pages for one in page["Contents"]]
    assert listed == sorted(NAMES, key=str.encode)
    for name in NAMES:
        assert read(client, bucket, name) == name.encode()
        client.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": name})
        assert read(client, bucket, "copy") == name.encode()
    for name in set(NAMES) - set(XML_NAMES):
        with pytest.raises(ClientError, match="MalformedXML"):
            client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": name}]})
        client.delete_object(Bucket=bucket, Key=name)
    batch = [*XML_NAMES, "copy", "not there"]
    answer = client.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": name} for name in batch]}
    )
    assert "Errors" not in answer
    assert {one["Key"] for one in answer["Deleted"]} == set(batch)
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("version", [None, "s3v4"])
@pytest.mark.parametrize("key", ["plain", "ä +%41//x/", "question?mark#hash&amp"])
def test_presigned_urls(bucket: str, key: str, version: str | None) -> None:
    """By default in version 2 in this region."""
    client = boto3.client("s3", config=Config(signature_version=version))
    target = {"Bucket": bucket, "Key": key}
    put = client.generate_presigned_url("put_object", Params=target, ExpiresIn=60)
    assert urllib3.request("PUT", put, body=b"by URL").status == 200
    asked = target | {"ResponseContentDisposition": 'attachment; filename="a b.txt"'}
    get = client.generate_presigned_url("get_object", Params=asked, ExpiresIn=60)
    answer = urllib3.request("GET", get)
    assert answer.data == b"by URL"
    assert answer.headers["Content-Disposition"] == asked["ResponseContentDisposition"]
    assert urllib3.request("GET", get.replace("Expires=", "Expires=1")).status in (400, 403)


def test_resources(bucket: str, tmp_path: Path) -> None:
    resource = boto3.resource("s3").Bucket(bucket)
    for number in range(12):
        resource.put_object(Key=f"r/{number}", Body=b"x" * number)
    resource.upload_file(str(file_of(tmp_path, "one", 100)), "r/file")
    assert sum(one.size for one in resource.objects.filter(Prefix="r/").page_size(5)) == 66 + 100
    resource.Object("moved").copy_from(CopySource={"Bucket": bucket, "Key": "r/file"})
    assert resource.Object("moved").get(Range="bytes=5-9")["Body"].read() == content(100)[5:10]
    resource.objects.all().delete()
    assert not list(resource.objects.all())
    resource.delete()
    resource.wait_until_not_exists()


def test_a_reader_of_lines_and_pieces(client: Any, bucket: str) -> None:
    text = b"".join(b"line %d\n" % number for number in range(200000))
    client.upload_fileobj(io.BytesIO(text), bucket, "lines")
    body = client.get_object(Bucket=bucket, Key="lines")["Body"]
    assert list(body.iter_lines(chunk_size=1000))[-1] == b"line 199999"
    pieces = client.get_object(Bucket=bucket, Key="lines")["Body"].iter_chunks(65536)
    assert b"".join(pieces) == text
