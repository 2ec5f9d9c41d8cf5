"""Multipart uploads: through boto3, and the rules that SDKs do not break by themselves."""

import base64
import hashlib
import os
import threading
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from refusal import code_of
from s3_wire import NAMESPACE, Wire, new_bucket
from server import Server, wait_for

MIB = 1024 * 1024
LARGE = os.urandom(5 * MIB)
SMALL = b"the last part"
ANY_PART = {"PartNumber": 1, "ETag": '"a"'}


def begin(s3: Any, bucket: str, key: str, **more: Any) -> dict[str, Any]:
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **more)
    return {"Bucket": bucket, "Key": key, "UploadId": upload["UploadId"]}


def send(s3: Any, upload: dict[str, Any], number: int, body: bytes, **more: Any) -> dict[str, Any]:
    answer = s3.upload_part(**upload, PartNumber=number, Body=body, **more)
    kept = {name: value for name, value in answer.items() if name.startswith("Checksum")}
    kept.pop("ChecksumType", None)
    return {"PartNumber": number, "ETag": answer["ETag"], **kept}


def complete(s3: Any, upload: dict[str, Any], parts: list[dict[str, Any]], **more: Any) -> Any:
    return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **more)


def etag_of(*bodies: bytes) -> str:
    whole = hashlib.md5(b"".join(hashlib.md5(body).digest() for body in bodies))
    return f'"{whole.hexdigest()}-{len(bodies)}"'


def blob_files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_upload_and_download_of_a_file(s3: Any, bucket: str, tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(os.urandom(23 * MIB + 17))
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    extra = {"Metadata": {"a": "b"}, "ContentType": "text/x", "CacheControl": "no-store"}
    s3.upload_file(str(source), bucket, "file", Config=config, ExtraArgs=extra)
    s3.download_file(bucket, "file", str(copy), Config=config)
    assert copy.read_bytes() == source.read_bytes()
    head = s3.head_object(Bucket=bucket, Key="file")
    assert head["ETag"].endswith('-5"')
    assert (head["Metadata"], head["ContentType"]) == ({"a": "b"}, "text/x")
    assert (head["CacheControl"], head["ContentLength"]) == ("no-store", 23 * MIB + 17)


def test_parts_make_the_object(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket, "parts")
    last = send(s3, upload, 7, SMALL)  # parts come in any order
    first = send(s3, upload, 2, LARGE)
    answer = complete(s3, upload, [first, last])
    assert answer["ETag"] == etag_of(LARGE, SMALL)
    assert (answer["Bucket"], answer["Key"]) == (bucket, "parts")
    whole = s3.get_object(Bucket=bucket, Key="parts")
    assert whole["Body"].read() == LARGE + SMALL
    assert whole["ETag"] == etag_of(LARGE, SMALL)
    across = s3.get_object(Bucket=bucket, Key="parts", Range=f"bytes={5 * MIB - 3}-{5 * MIB + 2}")
    assert across["Body"].read() == LARGE[-3:] + SMALL[:3]
    assert s3.get_object(Bucket=bucket, Key="parts", Range="bytes=-4")["Body"].read() == b"part"


def test_a_part_can_be_read_by_its_number(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket, "numbered")
    complete(s3, upload, [send(s3, upload, 1, LARGE), send(s3, upload, 2, SMALL)])
    part = s3.get_object(Bucket=bucket, Key="numbered", PartNumber=2)
    assert part["Body"].read() == SMALL
    assert (part["PartsCount"], part["ContentLength"]) == (2, len(SMALL))
    assert (
        part["ContentRange"] == f"bytes {5 * MIB}-{5 * MIB + len(SMALL) - 1}/{5 * MIB + len(SMALL)}"
    )
    head = s3.head_object(Bucket=bucket, Key="numbered", PartNumber=1)
    assert (head["PartsCount"], head["ContentLength"]) == (2, 5 * MIB)
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="numbered", PartNumber=3)
    assert caught.value.response["Error"]["Code"] == "InvalidPartNumber"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 416
    s3.put_object(Bucket=bucket, Key="plain", Body=SMALL)
    plain = s3.get_object(Bucket=bucket, Key="plain", PartNumber=1)
    assert plain["Body"].read() == SMALL
    assert "PartsCount" not in plain


def test_a_part_that_is_sent_again_replaces_the_first(s3: Any, bucket: str, glaux: Server) -> None:
    upload = begin(s3, bucket, "again")
    wrong = send(s3, upload, 1, b"x" * 300_000)
    right = send(s3, upload, 1, SMALL)
    assert code_of(lambda: complete(s3, upload, [wrong])) == "InvalidPart"
    complete(s3, upload, [right])
    assert s3.get_object(Bucket=bucket, Key="again")["Body"].read() == SMALL


def test_rules_of_completing(s3: Any, bucket: str, wire: Wire) -> None:
    upload = begin(s3, bucket, "rules", ChecksumAlgorithm="CRC32")
    small, large = send(s3, upload, 1, SMALL), send(s3, upload, 2, LARGE)
    assert code_of(lambda: complete(s3, upload, [small, large])) == "EntityTooSmall"
    assert code_of(lambda: complete(s3, upload, [large, small])) == "InvalidPartOrder"
    assert code_of(lambda: complete(s3, upload, [large, large])) == "InvalidPartOrder"
    missing = {"PartNumber": 3, "ETag": large["ETag"]}
    assert code_of(lambda: complete(s3, upload, [large, missing])) == "InvalidPart"
    tag = {"PartNumber": 2, "ETag": small["ETag"]}
    assert code_of(lambda: complete(s3, upload, [tag])) == "InvalidPart"
    checksum = large | {"ChecksumCRC32": "AAAAAA=="}
    assert code_of(lambda: complete(s3, upload, [checksum])) == "InvalidPart"
    assert code_of(lambda: complete(s3, upload, [large], MpuObjectSize=1)) == "InvalidRequest"
    target = f"/{bucket}/rules?uploadId={upload['UploadId']}"
    for document in (
        b"",
        b"<a/>",
        b"<CompleteMultipartUpload/>",
        b"<CompleteMultipartUpload><Part>",
    ):
        answer = wire.send("POST", target, document)
        assert (answer.status, answer.code) == (400, "MalformedXML")
    assert s3.list_objects_v2(Bucket=bucket, Prefix="rules")["KeyCount"] == 0
    complete(s3, upload, [large], MpuObjectSize=5 * MIB)
    assert s3.head_object(Bucket=bucket, Key="rules")["ContentLength"] == 5 * MIB


def test_part_numbers(s3: Any, bucket: str, wire: Wire) -> None:
    upload = begin(s3, bucket, "numbers")
    for number in ("0", "10001", "-1", "a", ""):
        target = f"/{bucket}/numbers?partNumber={number}&uploadId={upload['UploadId']}"
        answer = wire.send("PUT", target, SMALL)
        assert (answer.status, answer.code) == (400, "InvalidArgument")
    complete(s3, upload, [send(s3, upload, 10000, SMALL)])


def test_a_long_document_for_an_upload_without_parts(s3: Any, bucket: str, wire: Wire) -> None:
    upload = begin(s3, bucket, "no parts")
    part = "<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>"
    parts = "".join(part.format(number, "e" * 990) for number in range(1, 3901))
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
    target = f"/{bucket}/no%20parts?uploadId={upload['UploadId']}"
    answer = wire.send("POST", target, body)
    assert (answer.status, answer.code) == (400, "InvalidPart")
    s3.abort_multipart_upload(**upload)


def test_unknown_uploads(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket, "known")
    for other in (
        upload | {"UploadId": "none"},
        upload | {"Key": "other"},
        upload | {"Bucket": new_bucket(s3)},
    ):
        assert code_of(send, s3, other, 1, SMALL) == "NoSuchUpload"
        assert code_of(complete, s3, other, [ANY_PART]) == "NoSuchUpload"
        assert code_of(s3.abort_multipart_upload, **other) == "NoSuchUpload"
        assert code_of(s3.list_parts, **other) == "NoSuchUpload"
    create = lambda: s3.create_multipart_upload(Bucket="no-such-bucket", Key="k")  # noqa: E731
    assert code_of(create) == "NoSuchBucket"


def test_a_lost_answer_is_given_again(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket, "lost", ChecksumAlgorithm="CRC32")
    part = send(s3, upload, 1, SMALL)
    first = complete(s3, upload, [part])
    again = complete(s3, upload, [part])
    assert (first["ETag"], first["ChecksumCRC32"]) == (again["ETag"], again["ChecksumCRC32"])
    other = {"PartNumber": 1, "ETag": '"%s"' % ("0" * 32)}
    assert code_of(lambda: complete(s3, upload, [other])) == "NoSuchUpload"
    assert code_of(lambda: send(s3, upload, 2, SMALL)) == "NoSuchUpload"
    assert code_of(lambda: s3.abort_multipart_upload(**upload)) == "NoSuchUpload"
    assert s3.get_object(Bucket=bucket, Key="lost")["Body"].read() == SMALL


def test_aborting_frees_the_parts(s3: Any, bucket: str, glaux: Server) -> None:
    before = blob_files(glaux.data / "blobs")
    upload = begin(s3, bucket, "aborted")
    send(s3, upload, 1, LARGE)
    send(s3, upload, 2, SMALL)
    assert len(blob_files(glaux.data / "blobs") - before) == 2
    s3.abort_multipart_upload(**upload)
    wait_for(lambda: not blob_files(glaux.data / "blobs") - before)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket, Prefix="aborted")


def test_conditions_hold_when_the_upload_is_completed(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="condition", Body=b"before")
    upload = begin(s3, bucket, "condition")
    part = send(s3, upload, 1, SMALL)
    assert code_of(lambda: complete(s3, upload, [part], IfNoneMatch="*")) == "PreconditionFailed"
    assert code_of(lambda: complete(s3, upload, [part], IfMatch='"x"')) == "PreconditionFailed"
    etag = s3.head_object(Bucket=bucket, Key="condition")["ETag"]
    complete(s3, upload, [part], IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="condition")["Body"].read() == SMALL


# --- Checksums ---


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def test_full_object_checksums_combine(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket, "full", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = [send(s3, upload, 1, LARGE), send(s3, upload, 2, LARGE), send(s3, upload, 3, SMALL)]
    whole = crc32(LARGE + LARGE + SMALL)
    wrong = lambda: complete(s3, upload, parts, ChecksumCRC32="AAAAAA==")  # noqa: E731
    assert code_of(wrong) == "BadDigest"
    composite = lambda: complete(s3, upload, parts, ChecksumType="COMPOSITE")  # noqa: E731
    assert code_of(composite) == "InvalidRequest"
    answer = complete(s3, upload, parts, ChecksumType="FULL_OBJECT", ChecksumCRC32=whole)
    assert (answer["ChecksumCRC32"], answer["ChecksumType"]) == (whole, "FULL_OBJECT")
    head = s3.head_object(Bucket=bucket, Key="full", ChecksumMode="ENABLED")
    assert (head["ChecksumCRC32"], head["ChecksumType"]) == (whole, "FULL_OBJECT")
    body = s3.get_object(Bucket=bucket, Key="full", ChecksumMode="ENABLED")["Body"]
    assert body.read() == LARGE + LARGE + SMALL  # botocore compares the checksum


def test_composite_checksums(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket, "composite", ChecksumAlgorithm="SHA256")
    parts = [
        send(s3, upload, 1, LARGE, ChecksumAlgorithm="SHA256"),
        send(s3, upload, 2, SMALL, ChecksumAlgorithm="SHA256"),
    ]
    digests = hashlib.sha256(LARGE).digest() + hashlib.sha256(SMALL).digest()
    whole = base64.b64encode(hashlib.sha256(digests).digest()).decode() + "-2"
    listed = s3.list_parts(**upload)
    assert listed["ChecksumAlgorithm"] == "SHA256"
    assert [p["ChecksumSHA256"] for p in listed["Parts"]] == [p["ChecksumSHA256"] for p in parts]
    answer = complete(s3, upload, parts)
    assert (answer["ChecksumSHA256"], answer["ChecksumType"]) == (whole, "COMPOSITE")
    second = s3.get_object(Bucket=bucket, Key="composite", PartNumber=2, ChecksumMode="ENABLED")
    assert second["ChecksumSHA256"] == parts[1]["ChecksumSHA256"]
    assert (second["ChecksumType"], second["Body"].read()) == ("COMPOSITE", SMALL)
    names = ["ETag", "Checksum", "ObjectParts", "ObjectSize", "StorageClass"]
    seen = s3.get_object_attributes(Bucket=bucket, Key="composite", ObjectAttributes=names)
    assert seen["Checksum"] == {"ChecksumSHA256": whole, "ChecksumType": "COMPOSITE"}
    assert seen["ObjectSize"] == 5 * MIB + len(SMALL)
    assert seen["ObjectParts"]["TotalPartsCount"] == 2
    assert [p["Size"] for p in seen["ObjectParts"]["Parts"]] == [5 * MIB, len(SMALL)]
    more = s3.get_object_attributes(
        Bucket=bucket, Key="composite", ObjectAttributes=["ObjectParts"], MaxParts=1
    )["ObjectParts"]
    assert (more["IsTruncated"], more["NextPartNumberMarker"]) == (True, 1)


def test_an_upload_without_an_algorithm_gets_crc64nvme(s3: Any, bucket: str, wire: Wire) -> None:
    answer = wire.send("POST", f"/{bucket}/plain-upload?uploads")
    upload_id = answer.xml.findtext(f"{NAMESPACE}UploadId")
    target = f"/{bucket}/plain-upload?partNumber={{}}&uploadId={upload_id}"
    document = ElementTree.Element("CompleteMultipartUpload")
    for number, body in ((1, LARGE), (2, SMALL)):
        sent = wire.send("PUT", target.format(number), body)
        part = ElementTree.SubElement(document, "Part")
        ElementTree.SubElement(part, "PartNumber").text = str(number)
        ElementTree.SubElement(part, "ETag").text = sent.headers["ETag"]
    target = f"/{bucket}/plain-upload?uploadId={upload_id}"
    done = wire.send("POST", target, ElementTree.tostring(document))
    wire.send("PUT", f"/{bucket}/plain-at-once", LARGE + SMALL)
    at_once = s3.head_object(Bucket=bucket, Key="plain-at-once", ChecksumMode="ENABLED")
    assert done.xml.findtext(f"{NAMESPACE}ChecksumCRC64NVME") == at_once["ChecksumCRC64NVME"]
    assert done.xml.findtext(f"{NAMESPACE}ChecksumType") == "FULL_OBJECT"


def test_algorithms_that_do_not_fit(s3: Any, bucket: str) -> None:
    for algorithm, kind in (("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")):
        more = {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}
        assert code_of(begin, s3, bucket, "unfit", **more) == "InvalidRequest"
    upload = begin(s3, bucket, "unfit", ChecksumAlgorithm="SHA256")
    part = lambda: send(s3, upload, 1, SMALL, ChecksumAlgorithm="SHA1")  # noqa: E731
    assert code_of(part) == "InvalidRequest"


# --- Lists ---


def test_uploads_are_listed(s3: Any, glaux: Server) -> None:
    bucket = new_bucket(s3)
    keys = ["a", "b/1", "b/2", "c d", "c d"]
    ids = [begin(s3, bucket, key)["UploadId"] for key in keys]
    listed = s3.list_multipart_uploads(Bucket=bucket)
    assert [(u["Key"], u["UploadId"]) for u in listed["Uploads"]] == list(
        zip(keys, ids, strict=True)
    )
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in rolled["CommonPrefixes"]] == ["b/"]
    assert [u["Key"] for u in rolled["Uploads"]] == ["a", "c d", "c d"]
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    seen = [
        item
        for page in pages
        for item in [u["UploadId"] for u in page.get("Uploads", [])]
        + [p["Prefix"] for p in page.get("CommonPrefixes", [])]
    ]
    assert seen == [ids[0], "b/", ids[3], ids[4]]


def test_parts_are_listed_in_pages(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket, "listed")
    for number in (3, 1, 20):
        send(s3, upload, number, bytes(number))
    pages = s3.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": 2})
    parts = [[(p["PartNumber"], p["Size"]) for p in page["Parts"]] for page in pages]
    assert parts == [[(1, 1), (3, 3)], [(20, 20)]]


# --- Several at once ---


def test_of_two_completes_and_an_abort_one_wins(s3: Any, bucket: str, glaux: Server) -> None:
    for round_ in range(5):
        key = f"race-{round_}"
        upload = begin(s3, bucket, key)
        one, two = send(s3, upload, 1, b"one"), send(s3, upload, 2, b"two")
        outcomes: list[str] = []

        def run(call: Callable[[], Any], name: str, outcomes: list[str] = outcomes) -> None:
            try:
                call()
                outcomes.append(name)
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchUpload":
                    outcomes.append(str(error))

        calls: list[tuple[str, Callable[[], Any]]] = [
            ("one", partial(complete, glaux.client("s3"), upload, [one])),
            ("two", partial(complete, glaux.client("s3"), upload, [two])),
            ("abort", partial(glaux.client("s3").abort_multipart_upload, **upload)),
        ]
        threads = [threading.Thread(target=run, args=(call, name)) for name, call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(outcomes) == 1
        if outcomes == ["abort"]:
            assert s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"] == 0
        else:
            assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == outcomes[0].encode()


def test_a_bucket_takes_its_open_uploads_along(s3: Any, glaux: Server) -> None:
    bucket = new_bucket(s3)
    before = blob_files(glaux.data / "blobs")
    upload = begin(s3, bucket, "k")
    send(s3, upload, 1, LARGE)
    s3.delete_bucket(Bucket=bucket)
    assert code_of(lambda: send(s3, upload, 2, SMALL)) == "NoSuchUpload"
    wait_for(lambda: not blob_files(glaux.data / "blobs") - before)


def test_an_upload_that_is_aborted_while_a_part_comes(s3: Any, bucket: str, glaux: Server) -> None:
    wire = Wire(glaux)
    before = blob_files(glaux.data / "blobs")
    upload = begin(s3, bucket, "amid")
    target = f"/{bucket}/amid?partNumber=1&uploadId={upload['UploadId']}"
    signed = wire.sign("PUT", target, {}, "UNSIGNED-PAYLOAD")
    head = f"PUT {target} HTTP/1.1\r\nHost: {wire.host}\r\nContent-Length: {len(LARGE)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in signed.items()) + "\r\n"
    with wire.socket() as connection:
        connection.sendall(head.encode() + LARGE[:MIB])
        wait_for(lambda: bool(blob_files(glaux.data / "blobs") - before))
        s3.abort_multipart_upload(**upload)
        connection.sendall(LARGE[MIB:])
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 404 ")
    wait_for(lambda: not blob_files(glaux.data / "blobs") - before)


def test_ten_thousand_parts(s3: Any, glaux: Server, bucket: str) -> None:
    """The parts share one source, so that they cost no disk."""
    s3.put_object(Bucket=bucket, Key="source", Body=LARGE)
    upload = begin(s3, bucket, "many")
    wire = Wire(glaux)
    document = ["<CompleteMultipartUpload>"]
    connection = wire.connect()
    for number in range(1, 10_001):
        target = f"/{bucket}/many?partNumber={number}&uploadId={upload['UploadId']}"
        source = {"x-amz-copy-source": f"{bucket}/source"}
        signed = wire.sign("PUT", target, source, hashlib.sha256(b"").hexdigest())
        connection.request("PUT", target, headers=signed)
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, body
        etag = ElementTree.fromstring(body).findtext(f"{NAMESPACE}ETag")
        document.append(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    connection.close()
    document.append("</CompleteMultipartUpload>")
    answer = wire.send(
        "POST", f"/{bucket}/many?uploadId={upload['UploadId']}", "".join(document).encode()
    )
    assert answer.status == 200, answer.body
    size = 10_000 * 5 * MIB
    head = s3.head_object(Bucket=bucket, Key="many")
    assert (head["ContentLength"], head["ETag"][-7:]) == (size, '-10000"')
    end = s3.get_object(Bucket=bucket, Key="many", Range=f"bytes={size - 5 * MIB - 2}-")
    assert end["Body"].read() == LARGE[-2:] + LARGE
    s3.delete_object(Bucket=bucket, Key="many")
    assert s3.get_object(Bucket=bucket, Key="source")["Body"].read() == LARGE


def test_a_server_that_dies_keeps_uploads(new_server: Callable[..., Server]) -> None:
    server = new_server()
    s3 = server.client("s3")
    bucket = new_bucket(s3)
    upload = begin(s3, bucket, "k")
    first = send(s3, upload, 1, LARGE)
    server.restart(9)
    s3 = server.client("s3")
    complete(s3, upload, [first, send(s3, upload, 2, SMALL)])
    server.restart(9)
    assert server.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == LARGE + SMALL
    wait_for(lambda: len(blob_files(server.data / "blobs")) == 2)
