"""Objects of the S3 endpoint: bytes, names, metadata, ranges, conditions, checksums."""

import base64
import hashlib
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from refusal import refusal
from s3_wire import Wire, new_bucket, path_of
from server import Server

INLINE = b"small enough to be a row"
BLOB = bytes(range(256)) * 1000  # large enough to be a file


def body_of(s3: Any, bucket: str, key: str, **parameters: Any) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key, **parameters)["Body"].read()
    return body


# Bytes


@pytest.mark.parametrize(
    "size", [0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 64 * 1024, 1_000_000, 9_000_000]
)
def test_bytes_come_back(s3: Any, bucket: str, size: int) -> None:
    data = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key=f"size/{size}", Body=data)
    assert put["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key=f"size/{size}")
    assert got["Body"].read() == data
    assert got["ContentLength"] == size
    assert got["ETag"] == put["ETag"]
    assert got["AcceptRanges"] == "bytes"
    assert abs(got["LastModified"] - datetime.now(UTC)) < timedelta(minutes=5)
    head = s3.head_object(Bucket=bucket, Key=f"size/{size}")
    assert head["ContentLength"] == size
    assert head["ETag"] == put["ETag"]


def test_request_ids_are_told(s3: Any, bucket: str) -> None:
    metadata = s3.put_object(Bucket=bucket, Key="ids", Body=b"")["ResponseMetadata"]
    assert metadata["HTTPHeaders"]["x-amz-request-id"] == metadata["RequestId"]
    assert metadata["HTTPHeaders"]["x-amz-id-2"]


def test_a_second_put_replaces_the_object(s3: Any, bucket: str) -> None:
    for data in (BLOB, INLINE, b"", BLOB[1:]):
        s3.put_object(Bucket=bucket, Key="again", Body=data, Metadata={"size": str(len(data))})
        got = s3.get_object(Bucket=bucket, Key="again")
        assert got["Body"].read() == data
        assert got["Metadata"] == {"size": str(len(data))}


def test_a_reader_keeps_the_object_that_it_began_with(s3: Any, bucket: str) -> None:
    first = os.urandom(16_000_000)
    s3.put_object(Bucket=bucket, Key="kept", Body=first)
    body = s3.get_object(Bucket=bucket, Key="kept")["Body"]
    begun = body.read(1000)
    s3.put_object(Bucket=bucket, Key="kept", Body=b"second")
    s3.delete_object(Bucket=bucket, Key="kept")
    assert begun + body.read() == first


def test_concurrent_puts_leave_one_of_them_whole(s3: Any, bucket: str) -> None:
    bodies = [bytes([i]) * (200_000 + i) for i in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda data: s3.put_object(Bucket=bucket, Key="race", Body=data), bodies))
    got = s3.get_object(Bucket=bucket, Key="race")
    data = got["Body"].read()
    assert data in bodies
    assert got["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'


# Names


@pytest.mark.parametrize(
    "key",
    [
        "a",
        "a/b",
        "a/",
        "/",
        "//",
        "/a",
        "a//b",
        ".",
        "..",
        "../../etc/passwd",
        "a/../b",
        "a/./b",
        "Case",
        "case",
        "with space",
        " leading and trailing ",
        "plus+plus",
        "100%",
        "%2F",
        "%25",
        "a?b#c&d=e",
        "quote'\"<>&amp;",
        "back\\slash",
        "tab\tnewline\nreturn\r",
        "nul\x00inside",
        "\x01\x7f",
        "umlaut-äöü",
        "decomposed-a\u0308",
        "日本語/キー",
        "emoji-😀",
        "~tilde*(){}[]|^`",
        "x" * 1024,
        "ä" * 512,
        "https://example.com/a",
    ],
)
def test_every_name_works(s3: Any, bucket: str, key: str) -> None:
    data = key.encode()
    s3.put_object(Bucket=bucket, Key=key, Body=data)
    assert body_of(s3, bucket, key) == data
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)["Contents"]
    assert listed[0]["Key"] == key
    s3.delete_object(Bucket=bucket, Key=key)
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key=key)


def test_names_that_differ_are_other_objects(s3: Any, bucket: str) -> None:
    names = ["n", "N", "n/", "n//", "n/.", "/n", "n%2F", "ä", "a\u0308"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=name.encode())
    assert [body_of(s3, bucket, name).decode() for name in names] == names


def test_a_name_of_1025_bytes_is_too_long(s3: Any, bucket: str) -> None:
    assert refusal(s3.put_object, Bucket=bucket, Key="x" * 1025, Body=b"")[:2] == (
        400,
        "KeyTooLongError",
    )


@pytest.mark.parametrize("raw", ["%FF", "a%C3", "%ED%A0%80"])
def test_names_that_are_no_utf8_are_refused(glaux: Server, bucket: str, raw: str) -> None:
    answer = Wire(glaux).send("PUT", f"/{bucket}/{raw}", b"x")
    assert (answer.status, answer.code) == (400, "InvalidURI")


# Headers


def test_headers_and_metadata_come_back(s3: Any, bucket: str) -> None:
    s3.put_object(
        Bucket=bucket,
        Key="meta",
        Body=b"x",
        ContentType="text/csv; charset=utf-8",
        CacheControl="max-age=60",
        ContentDisposition='attachment; filename="a.csv"',
        ContentEncoding="gzip",
        ContentLanguage="de-CH",
        Expires=datetime(2030, 1, 1, tzinfo=UTC),
        Metadata={"colour": "blue", "Mixed-Case": "kept as lower case", "empty": ""},
    )
    for got in (
        s3.get_object(Bucket=bucket, Key="meta"),
        s3.head_object(Bucket=bucket, Key="meta"),
    ):
        assert got["ContentType"] == "text/csv; charset=utf-8"
        assert got["CacheControl"] == "max-age=60"
        assert got["ContentDisposition"] == 'attachment; filename="a.csv"'
        assert got["ContentEncoding"] == "gzip"
        assert got["ContentLanguage"] == "de-CH"
        assert got["Expires"] == datetime(2030, 1, 1, tzinfo=UTC)
        assert got["Metadata"] == {
            "colour": "blue",
            "mixed-case": "kept as lower case",
            "empty": "",
        }


def test_the_default_type_is_s3s(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="typeless", Body=b"x")
    assert s3.head_object(Bucket=bucket, Key="typeless")["ContentType"] == "binary/octet-stream"


def test_too_much_metadata_is_refused(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="full", Body=b"", Metadata={"k": "v" * 2047})
    assert s3.head_object(Bucket=bucket, Key="full")["Metadata"] == {"k": "v" * 2047}
    assert refusal(
        s3.put_object, Bucket=bucket, Key="fuller", Body=b"", Metadata={"k": "v" * 2048}
    )[:2] == (400, "MetadataTooLarge")


def test_answers_can_be_given_other_headers(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="other", Body=b"x", ContentType="text/plain", CacheControl="a")
    got = s3.get_object(
        Bucket=bucket,
        Key="other",
        ResponseContentType="application/json",
        ResponseCacheControl="no-store",
        ResponseContentDisposition="inline",
    )
    assert got["ContentType"] == "application/json"
    assert got["CacheControl"] == "no-store"
    assert got["ContentDisposition"] == "inline"


def test_answers_cannot_be_given_headers_of_ones_own(glaux: Server, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="split", Body=b"x")
    target = f"/{bucket}/split?response-content-type=a%0D%0AX-Injected%3A%20yes"
    answer = Wire(glaux).send("GET", target)
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    assert answer.headers["X-Injected"] is None


# Ranges


@pytest.mark.parametrize("data", [INLINE, BLOB], ids=["row", "file"])
@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=3-9", 3, 9),
        ("bytes=5-", 5, -1),
        ("bytes=-4", -4, -1),
        ("bytes=2-99999999", 2, -1),
        ("bytes=-99999999", 0, -1),
    ],
)
def test_ranges(s3: Any, bucket: str, data: bytes, header: str, first: int, last: int) -> None:
    key = f"range-{len(data)}"
    first, last = first % len(data), last % len(data)
    s3.put_object(Bucket=bucket, Key=key, Body=data)
    got = s3.get_object(Bucket=bucket, Key=key, Range=header)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["Body"].read() == data[first : last + 1]
    assert got["ContentRange"] == f"bytes {first}-{last}/{len(data)}"
    assert got["ContentLength"] == last + 1 - first
    assert "ChecksumCRC32" not in got
    head = s3.head_object(Bucket=bucket, Key=key, Range=header)
    assert head["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert head["ContentLength"] == last + 1 - first


@pytest.mark.parametrize("header", ["bytes=0-1,3-4", "bytes=9-3", "lines=1-2", "bytes=x"])
def test_other_forms_of_range_give_the_whole(s3: Any, bucket: str, header: str) -> None:
    s3.put_object(Bucket=bucket, Key="range-whole", Body=INLINE)
    got = s3.get_object(Bucket=bucket, Key="range-whole", Range=header)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert got["Body"].read() == INLINE


@pytest.mark.parametrize(
    ("data", "header"), [(INLINE, "bytes=24-"), (INLINE, "bytes=-0"), (b"", "bytes=0-")]
)
def test_ranges_behind_the_end(s3: Any, bucket: str, data: bytes, header: str) -> None:
    s3.put_object(Bucket=bucket, Key="range-behind", Body=data)
    with pytest.raises(ClientError, match="InvalidRange") as info:
        s3.get_object(Bucket=bucket, Key="range-behind", Range=header)
    headers = info.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-range"] == f"bytes */{len(data)}"


# Conditions


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_conditional_reads(s3: Any, bucket: str, operation: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="condition", Body=BLOB)["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="condition")["LastModified"]
    before, after = modified - timedelta(seconds=1), modified + timedelta(seconds=1)

    def status(**conditions: Any) -> int:
        try:
            answer = getattr(s3, operation)(Bucket=bucket, Key="condition", **conditions)
        except ClientError as error:
            answer = error.response
        code: int = answer["ResponseMetadata"]["HTTPStatusCode"]
        return code

    assert status(IfMatch=etag) == 200
    assert status(IfMatch="*") == 200
    assert status(IfMatch='"other"') == 412
    assert status(IfNoneMatch=etag) == 304
    assert status(IfNoneMatch='"other"') == 200
    assert status(IfModifiedSince=before) == 200
    assert status(IfModifiedSince=modified) == 304
    assert status(IfUnmodifiedSince=before) == 412
    assert status(IfUnmodifiedSince=modified) == 200
    # An entity tag decides over a date.
    assert status(IfMatch=etag, IfUnmodifiedSince=before) == 200
    assert status(IfNoneMatch=etag, IfModifiedSince=before) == 304
    assert status(IfNoneMatch='"other"', IfModifiedSince=after) == 200


def test_not_modified_tells_the_tag_and_no_body(glaux: Server, s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="same", Body=BLOB)["ETag"]
    answer = Wire(glaux).send("GET", f"/{bucket}/same", headers={"If-None-Match": etag})
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["ETag"] == etag


def test_if_range(s3: Any, glaux: Server, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="if-range", Body=INLINE)["ETag"]
    for value, status in ((etag, 206), ('"other"', 200)):
        headers = {"Range": "bytes=0-3", "If-Range": value}
        answer = Wire(glaux).send("GET", f"/{bucket}/if-range", headers=headers)
        assert answer.status == status


def test_put_only_where_nothing_is(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="once", Body=b"first", IfNoneMatch="*")
    assert refusal(s3.put_object, Bucket=bucket, Key="once", Body=BLOB, IfNoneMatch="*")[:2] == (
        412,
        "PreconditionFailed",
    )
    assert body_of(s3, bucket, "once") == b"first"


def test_put_only_over_what_is_known(s3: Any, bucket: str) -> None:
    assert refusal(s3.put_object, Bucket=bucket, Key="known", Body=b"", IfMatch='"other"')[:2] == (
        404,
        "NoSuchKey",
    )
    etag = s3.put_object(Bucket=bucket, Key="known", Body=b"first")["ETag"]
    s3.put_object(Bucket=bucket, Key="known", Body=b"second", IfMatch=etag)
    assert refusal(s3.put_object, Bucket=bucket, Key="known", Body=b"third", IfMatch=etag)[:2] == (
        412,
        "PreconditionFailed",
    )
    assert body_of(s3, bucket, "known") == b"second"


def test_one_of_many_conditional_puts_wins(s3: Any, bucket: str) -> None:
    def put(number: int) -> str:
        try:
            s3.put_object(Bucket=bucket, Key="lock", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "won"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(put, range(24)))
    assert outcomes == ["PreconditionFailed"] * 23 + ["won"]


# Checksums


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def test_boto3s_checksum_is_kept(s3: Any, bucket: str) -> None:
    put = s3.put_object(Bucket=bucket, Key="crc", Body=BLOB)
    assert put["ChecksumCRC32"] == crc32(BLOB)
    assert put["ChecksumType"] == "FULL_OBJECT"
    got = s3.get_object(Bucket=bucket, Key="crc", ChecksumMode="ENABLED")
    assert got["ChecksumCRC32"] == crc32(BLOB)
    assert got["Body"].read() == BLOB  # boto3 verifies it


@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256"])
def test_hashes_as_checksums(s3: Any, bucket: str, algorithm: str) -> None:
    expected = base64.b64encode(hashlib.new(algorithm, BLOB).digest()).decode()
    put = s3.put_object(Bucket=bucket, Key=algorithm, Body=BLOB, ChecksumAlgorithm=algorithm)
    assert put[f"Checksum{algorithm}"] == expected
    got = s3.get_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
    assert got[f"Checksum{algorithm}"] == expected
    assert "ChecksumCRC32" not in got
    assert got["Body"].read() == BLOB
    assert (
        s3.head_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")[f"Checksum{algorithm}"]
        == expected
    )


# Of "123456789", from the catalogue of parametrised CRCs.
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crc32", "cbf43926"),
        ("crc32c", "e3069283"),
        ("crc64nvme", "ae8b14860a799888"),
        ("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ("sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
    ],
)
def test_every_algorithm_is_verified(glaux: Server, bucket: str, name: str, value: str) -> None:
    wire, target, header = Wire(glaux), f"/{bucket}/{name}", f"x-amz-checksum-{name}"
    right = base64.b64encode(bytes.fromhex(value)).decode()
    wrong = base64.b64encode(bytes(len(value) // 2)).decode()
    answer = wire.send("PUT", target, b"123456789", {header: wrong})
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert name.upper() in answer.message
    assert wire.send("HEAD", target).status == 404
    answer = wire.send("PUT", target, b"123456789", {header: right})
    assert (answer.status, answer.headers[header]) == (200, right)
    assert wire.send("GET", target).headers[header] is None
    answer = wire.send("GET", target, headers={"x-amz-checksum-mode": "ENABLED"})
    assert answer.headers[header] == right
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"


def test_an_upload_without_checksum_gets_one(glaux: Server, bucket: str) -> None:
    wire = Wire(glaux)
    right = base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode()
    answer = wire.send("PUT", f"/{bucket}/plain", b"123456789")
    assert answer.headers["x-amz-checksum-crc64nvme"] == right
    answer = wire.send("GET", f"/{bucket}/plain", headers={"x-amz-checksum-mode": "ENABLED"})
    assert answer.headers["x-amz-checksum-crc64nvme"] == right


def test_the_md5_follows_the_content_where_it_is_asked_for(glaux: Server, s3: Any) -> None:
    wire, name = Wire(glaux), new_bucket(s3)
    target, asked = f"/{name}/summed", {"x-amz-te": "append-md5"}
    for body in (b"", INLINE):
        s3.put_object(Bucket=name, Key="summed", Body=body)
        whole = wire.send("GET", target, headers=asked)
        assert whole.body == body + hashlib.md5(body).digest()
        assert whole.headers["x-amz-transfer-encoding"] == "append-md5"
        assert wire.send("GET", target).body == body
        head = wire.send("HEAD", target, headers=asked)
        assert head.headers["Content-Length"] == str(len(body))
    assert wire.send("GET", target, headers=asked | {"Range": "bytes=0-4"}).body == INLINE[:5]
    upload = s3.create_multipart_upload(Bucket=name, Key="parts")["UploadId"]
    of = {"Bucket": name, "Key": "parts", "UploadId": upload}
    tag = s3.upload_part(**of, PartNumber=1, Body=INLINE)["ETag"]
    s3.complete_multipart_upload(**of, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]})
    parts = wire.send("GET", f"/{name}/parts", headers=asked)
    assert parts.body == INLINE
    assert parts.headers["x-amz-transfer-encoding"] is None


# Deletes and what is not there


def test_delete(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="gone", Body=BLOB)
    for _ in range(2):
        answer = s3.delete_object(Bucket=bucket, Key="gone")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(s3.head_object, Bucket=bucket, Key="gone")[:2] == (404, "404")


def test_what_is_not_there(s3: Any, bucket: str) -> None:
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="nothing")
    for operation, parameters in (
        (s3.get_object, {}),
        (s3.put_object, {"Body": BLOB}),
        (s3.put_object, {"Body": b"x"}),
        (s3.delete_object, {}),
    ):
        assert refusal(operation, Bucket="no-such-bucket", Key="a", **parameters)[:2] == (
            404,
            "NoSuchBucket",
        )


def test_errors_have_s3s_form(glaux: Server, bucket: str) -> None:
    answer = Wire(glaux).send("GET", path_of(bucket, "not <there>"))
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/xml"
    assert answer.xml.tag == "Error"
    assert answer.xml.findtext("Code") == "NoSuchKey"
    assert answer.xml.findtext("Message") == "The specified key does not exist."
    assert answer.xml.findtext("Resource") == path_of(bucket, "not <there>")
    assert answer.xml.findtext("RequestId") == answer.headers["x-amz-request-id"]


def test_errors_of_head_have_no_body(glaux: Server, bucket: str) -> None:
    answer = Wire(glaux).send("HEAD", f"/{bucket}/nothing")
    assert (answer.status, answer.body) == (404, b"")
    assert answer.headers["Content-Length"] in ("0", None)


def test_presigned_urls(glaux: Server, bucket: str) -> None:
    wire = Wire(glaux)
    s3 = glaux.client("s3", config=Config(signature_version="s3v4"))

    def send(operation: str, body: bytes | None = None) -> tuple[int, bytes]:
        url = s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": "pre signed"})
        method = "PUT" if operation == "put_object" else "GET"
        connection = wire.connect()
        connection.request(method, url.removeprefix(glaux.endpoint), body=body)
        response = connection.getresponse()
        return response.status, response.read()

    assert send("put_object", BLOB)[0] == 200
    assert send("get_object") == (200, BLOB)
