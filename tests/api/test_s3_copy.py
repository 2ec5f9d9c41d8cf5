"""Copies: CopyObject and UploadPartCopy, which share the bytes of their source."""

import base64
import hashlib
import os
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from refusal import code_of
from s3_wire import Wire
from server import Server, wait_for

MIB = 1024 * 1024
LARGE = os.urandom(6 * MIB)


def blob_files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def read(s3: Any, bucket: str, key: str) -> bytes:
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


@pytest.mark.parametrize("data", [b"", b"small", LARGE], ids=["empty", "row", "file"])
def test_a_copy_has_everything_of_its_source(s3: Any, bucket: str, data: bytes) -> None:
    s3.put_object(
        Bucket=bucket,
        Key="source",
        Body=data,
        ContentType="text/x",
        CacheControl="no-store",
        Metadata={"a": "b"},
        Tagging="t=1",
    )
    answer = s3.copy_object(
        Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "source"}
    )
    source = s3.head_object(Bucket=bucket, Key="source", ChecksumMode="ENABLED")
    copy = s3.get_object(Bucket=bucket, Key="copy", ChecksumMode="ENABLED")
    assert answer["CopyObjectResult"]["ETag"] == source["ETag"]
    assert copy["Body"].read() == data
    for name in ("ETag", "ContentType", "CacheControl", "Metadata", "ChecksumCRC32"):
        assert copy[name] == source[name]
    tags = s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"]
    assert tags == [{"Key": "t", "Value": "1"}]
    s3.delete_object(Bucket=bucket, Key="source")
    assert read(s3, bucket, "copy") == data


def test_a_copy_shares_its_source_on_disk(s3: Any, bucket: str, glaux: Server) -> None:
    folder = glaux.data / "blobs"
    before = blob_files(folder)
    s3.put_object(Bucket=bucket, Key="shared", Body=LARGE)
    for i in range(5):
        s3.copy_object(Bucket=bucket, Key=f"shared-{i}", CopySource=f"{bucket}/shared")
    assert len(blob_files(folder) - before) == 1
    s3.delete_object(Bucket=bucket, Key="shared")
    for i in range(4):
        s3.delete_object(Bucket=bucket, Key=f"shared-{i}")
    assert read(s3, bucket, "shared-4") == LARGE
    s3.delete_object(Bucket=bucket, Key="shared-4")
    wait_for(lambda: not blob_files(folder) - before)


def test_directives(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="d", Body=b"x", Metadata={"a": "b"}, Tagging="t=1&u=2")
    source = f"{bucket}/d"
    s3.copy_object(
        Bucket=bucket,
        Key="d2",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"c": "d"},
        ContentType="text/y",
        TaggingDirective="REPLACE",
        Tagging="v=3",
    )
    head = s3.head_object(Bucket=bucket, Key="d2")
    assert (head["Metadata"], head["ContentType"]) == ({"c": "d"}, "text/y")
    tags = s3.get_object_tagging(Bucket=bucket, Key="d2")["TagSet"]
    assert tags == [{"Key": "v", "Value": "3"}]
    s3.copy_object(Bucket=bucket, Key="d3", CopySource=source, Metadata={"c": "ignored"})
    assert s3.head_object(Bucket=bucket, Key="d3")["Metadata"] == {"a": "b"}
    wrong = lambda: s3.copy_object(  # noqa: E731
        Bucket=bucket, Key="d4", CopySource=source, MetadataDirective="OTHER"
    )
    assert code_of(wrong) == "InvalidArgument"


def test_a_copy_onto_itself(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="self", Body=LARGE)
    source = f"{bucket}/self"
    plain = lambda: s3.copy_object(Bucket=bucket, Key="self", CopySource=source)  # noqa: E731
    assert code_of(plain) == "InvalidRequest"
    s3.copy_object(
        Bucket=bucket,
        Key="self",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"touched": "yes"},
    )
    assert s3.head_object(Bucket=bucket, Key="self")["Metadata"] == {"touched": "yes"}
    assert read(s3, bucket, "self") == LARGE


def test_how_a_source_may_be_named(s3: Any, bucket: str, glaux: Server) -> None:
    wire = Wire(glaux)
    key = "a b/ä+%41?x"
    s3.put_object(Bucket=bucket, Key=key, Body=b"named")
    encoded = "a%20b/%C3%A4%2B%2541%3Fx"
    for source in (
        f"{bucket}/{encoded}",
        f"/{bucket}/{encoded}",
        f"/{bucket}/{encoded}?versionId=null",
        f"{bucket}%2F{encoded}",
    ):
        answer = wire.send("PUT", f"/{bucket}/named", headers={"x-amz-copy-source": source})
        assert answer.status == 200, (source, answer.body)
        assert read(s3, bucket, "named") == b"named"
    for source, code in (
        ("", "InvalidArgument"),
        ("/", "InvalidArgument"),
        (bucket, "InvalidArgument"),
        (f"{bucket}/", "InvalidArgument"),
        (f"{bucket}/%", "InvalidArgument"),
        ("UPPER/key", "InvalidBucketName"),
        ("no-such-bucket/key", "NoSuchBucket"),
        (f"{bucket}/no-such-key", "NoSuchKey"),
        (f"{bucket}/named?versionId=1", "NotImplemented"),
    ):
        answer = wire.send("PUT", f"/{bucket}/other", headers={"x-amz-copy-source": source})
        assert answer.code == code, source
    missing = lambda: s3.copy_object(  # noqa: E731
        Bucket="no-such-bucket", Key="k", CopySource=f"{bucket}/named"
    )
    assert code_of(missing) == "NoSuchBucket"


def test_conditions_on_the_source_and_the_destination(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="c", Body=b"c")["ETag"]
    source = f"{bucket}/c"

    def copy(**more: Any) -> Any:
        return s3.copy_object(Bucket=bucket, Key="c2", CopySource=source, **more)

    assert code_of(lambda: copy(CopySourceIfMatch='"x"')) == "PreconditionFailed"
    assert code_of(lambda: copy(CopySourceIfNoneMatch=etag)) == "PreconditionFailed"
    later, earlier = time.time() + 100, time.time() - 100
    assert code_of(lambda: copy(CopySourceIfUnmodifiedSince=earlier)) == "PreconditionFailed"
    assert code_of(lambda: copy(CopySourceIfModifiedSince=later)) == "PreconditionFailed"
    copy(CopySourceIfMatch=etag, CopySourceIfUnmodifiedSince=earlier)
    assert code_of(lambda: copy(IfNoneMatch="*")) == "PreconditionFailed"
    assert code_of(lambda: copy(IfMatch='"x"')) == "PreconditionFailed"
    copy(IfMatch=etag)


def test_parts_that_are_copied(s3: Any, bucket: str, glaux: Server) -> None:
    folder = glaux.data / "blobs"
    s3.put_object(Bucket=bucket, Key="p", Body=LARGE)
    s3.put_object(Bucket=bucket, Key="tiny", Body=b"0123456789")
    before = blob_files(folder)
    wire = Wire(glaux)
    answer = wire.send("POST", f"/{bucket}/joined?uploads")
    upload = {
        "Bucket": bucket,
        "Key": "joined",
        "UploadId": next(e.text for e in answer.xml if e.tag.endswith("UploadId")),
    }
    sources = [("p", None), ("p", f"bytes=100-{100 + 5 * MIB - 1}"), ("tiny", "bytes=2-5")]
    parts = []
    for number, (key, wanted) in enumerate(sources, 1):
        more = {"CopySourceRange": wanted} if wanted else {}
        copied = s3.upload_part_copy(
            **upload, PartNumber=number, CopySource=f"{bucket}/{key}", **more
        )
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    assert parts[0]["ETag"] == s3.head_object(Bucket=bucket, Key="p")["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert len(blob_files(folder) - before) == 1  # of the four bytes
    s3.delete_object(Bucket=bucket, Key="p")
    assert read(s3, bucket, "joined") == LARGE + LARGE[100 : 100 + 5 * MIB] + b"2345"
    ranged = s3.get_object(Bucket=bucket, Key="joined", Range=f"bytes={6 * MIB - 2}-{6 * MIB + 1}")
    assert ranged["Body"].read() == LARGE[-2:] + LARGE[100:102]


def test_checksums_of_parts_that_are_copied(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="hashed", Body=LARGE)
    begun = s3.create_multipart_upload(
        Bucket=bucket, Key="hashed2", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT"
    )
    upload = {"Bucket": bucket, "Key": "hashed2", "UploadId": begun["UploadId"]}
    parts = []
    for number, (first, last) in enumerate([(0, 5 * MIB - 1), (7, 100)], 1):
        copied = s3.upload_part_copy(
            **upload,
            PartNumber=number,
            CopySource=f"{bucket}/hashed",
            CopySourceRange=f"bytes={first}-{last}",
        )["CopyPartResult"]
        body = LARGE[first : last + 1]
        assert copied["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
        assert copied["ChecksumCRC32"] == crc32(body)
        checksum = copied["ChecksumCRC32"]
        parts.append({"PartNumber": number, "ETag": copied["ETag"], "ChecksumCRC32": checksum})
    answer = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert answer["ChecksumCRC32"] == crc32(LARGE[: 5 * MIB] + LARGE[7:101])


def test_ranges_of_copied_parts(s3: Any, bucket: str, glaux: Server) -> None:
    wire = Wire(glaux)
    s3.put_object(Bucket=bucket, Key="r", Body=b"0123456789")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="r2")["UploadId"]
    target = f"/{bucket}/r2?partNumber=1&uploadId={upload}"
    for wanted, code in (
        ("0-1", "InvalidArgument"),
        ("bytes=0", "InvalidArgument"),
        ("bytes=-2", "InvalidArgument"),
        ("bytes=2-", "InvalidArgument"),
        ("bytes=3-2", "InvalidArgument"),
        ("bytes=0-10", "InvalidRange"),
        ("bytes=11-12", "InvalidRange"),
    ):
        headers = {"x-amz-copy-source": f"{bucket}/r", "x-amz-copy-source-range": wanted}
        assert wire.send("PUT", target, headers=headers).code == code, wanted


def test_a_large_copy_by_the_transfer_manager(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="managed", Body=LARGE * 4)
    s3.copy({"Bucket": bucket, "Key": "managed"}, bucket, "managed-copy")
    assert read(s3, bucket, "managed-copy") == LARGE * 4


def test_a_reader_keeps_its_object(s3: Any, bucket: str, glaux: Server) -> None:
    """Of several blobs, of which only the first is open when the object goes."""
    before = blob_files(glaux.data / "blobs")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="read")
    upload = {"Bucket": bucket, "Key": "read", "UploadId": upload["UploadId"]}
    parts = []
    for number in (1, 2, 3):
        sent = s3.upload_part(**upload, PartNumber=number, Body=LARGE)
        parts.append(
            {"PartNumber": number, "ETag": sent["ETag"], "ChecksumCRC32": sent["ChecksumCRC32"]}
        )
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    body = s3.get_object(Bucket=bucket, Key="read")["Body"]
    first = body.read(1000)
    s3.delete_object(Bucket=bucket, Key="read")
    s3.put_object(Bucket=bucket, Key="sweeps", Body=LARGE)
    assert first + body.read() == LARGE * 3
    s3.delete_object(Bucket=bucket, Key="sweeps")
    wait_for(lambda: not blob_files(glaux.data / "blobs") - before)
