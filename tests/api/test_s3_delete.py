"""DeleteObjects, conditional deletes, tags, and questions about features that a bucket has not."""

import base64
import hashlib
from typing import Any

import pytest
from refusal import code_of
from s3_wire import NAMESPACE, Wire, new_bucket
from server import Server


def keys_of(s3: Any, bucket: str) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


# --- DeleteObjects ---


def test_a_thousand_keys_at_once(s3: Any) -> None:
    bucket = new_bucket(s3)
    keys = [f"k{i}" for i in range(50)] + ["ä ö&<>", "a//b", "..", "line\nfeed"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    s3.put_object(Bucket=bucket, Key="stays", Body=b"")
    wanted = keys + [f"none{i}" for i in range(1000 - len(keys))]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in wanted]})
    assert "Errors" not in answer
    assert [item["Key"] for item in answer["Deleted"]] == wanted
    assert keys_of(s3, bucket) == ["stays"]
    too_many = [{"Key": str(i)} for i in range(1001)]
    more = lambda: s3.delete_objects(Bucket=bucket, Delete={"Objects": too_many})  # noqa: E731
    assert code_of(more) == "MalformedXML"


def test_each_key_succeeds_or_fails_by_itself(s3: Any) -> None:
    bucket = new_bucket(s3)
    etag = s3.put_object(Bucket=bucket, Key="a", Body=b"a")["ETag"]
    s3.put_object(Bucket=bucket, Key="b", Body=b"b")
    objects = [
        {"Key": "a", "ETag": etag},
        {"Key": "b", "ETag": '"other"'},
        {"Key": "k" * 1025},
        {"Key": "c", "VersionId": "1"},
        {"Key": "d", "VersionId": "null"},
    ]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    assert "Deleted" not in answer
    assert {error["Key"]: error["Code"] for error in answer["Errors"]} == {
        "b": "PreconditionFailed",
        "k" * 1025: "KeyTooLongError",
        "c": "NotImplemented",
    }
    assert keys_of(s3, bucket) == ["b"]


def test_keys_that_xml_cannot_carry(s3: Any, wire: Wire) -> None:
    """As on S3: refused as they are, with all of their document; taken as character references."""
    bucket = new_bucket(s3)
    hard = ["a\x01b", "bell\x07", "end\ufffe"]
    for key in [*hard, "plain"]:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    for key in hard:
        wanted = {"Objects": [{"Key": "plain"}, {"Key": key}]}
        assert code_of(s3.delete_objects, Bucket=bucket, Delete=wanted) == "MalformedXML"
    assert keys_of(s3, bucket) == [*hard, "plain"]
    references = ["a&#x1;b", "bell&#x7;", "end&#xFFFE;"]
    objects = "".join(f"<Object><Key>{one}</Key></Object>" for one in references)
    document = f"<Delete>{objects}</Delete>".encode()
    md5 = base64.b64encode(hashlib.md5(document).digest()).decode()
    answer = wire.send("POST", f"/{bucket}?delete", document, {"Content-MD5": md5})
    assert [f"<Key>{one}</Key>".encode() in answer.body for one in references] == [True] * 3
    assert keys_of(s3, bucket) == ["plain"]


def test_the_document_needs_its_checksum(s3: Any, bucket: str, wire: Wire) -> None:
    document = b"<Delete><Object><Key>kept</Key></Object></Delete>"
    s3.put_object(Bucket=bucket, Key="kept", Body=b"")
    target = f"/{bucket}?delete"
    answer = wire.send("POST", target, document)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert wire.send("POST", target, document, {"Content-MD5": wrong}).code == "BadDigest"
    checksum = {"x-amz-checksum-crc32": "AAAAAA=="}
    assert wire.send("POST", target, document, checksum).code == "BadDigest"
    assert "kept" in keys_of(s3, bucket)
    right = base64.b64encode(hashlib.md5(document).digest()).decode()
    answer = wire.send("POST", target, document, {"Content-MD5": right})
    assert answer.xml.findtext(f"{NAMESPACE}Deleted/{NAMESPACE}Key") == "kept"
    assert "kept" not in keys_of(s3, bucket)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<Delete/>",
        b"<Delete><Object/></Delete>",
        b"<Delete><Object><Key></Key></Object></Delete>",
        b"<Delete><Other/></Delete>",
        b"<Other><Object><Key>k</Key></Object></Other>",
        b"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><Delete><Object><Key>&e;</Key>"
        b"</Object></Delete>",
    ],
)
def test_malformed_documents(bucket: str, wire: Wire, document: bytes) -> None:
    md5 = base64.b64encode(hashlib.md5(document).digest()).decode()
    answer = wire.send("POST", f"/{bucket}?delete", document, {"Content-MD5": md5})
    assert (answer.status, answer.code) == (400, "MalformedXML")


def test_documents_have_a_limit(bucket: str, wire: Wire) -> None:
    answer = wire.send("POST", f"/{bucket}?delete", bytes(2 * 1024 * 1024 + 1))
    assert (answer.status, answer.code) == (400, "EntityTooLarge")


def test_a_delete_with_a_condition(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="c", Body=b"c")["ETag"]
    assert code_of(lambda: s3.delete_object(Bucket=bucket, Key="c", IfMatch='"x"')) == (
        "PreconditionFailed"
    )
    s3.delete_object(Bucket=bucket, Key="c", IfMatch=etag)
    s3.delete_object(Bucket=bucket, Key="c", IfMatch=etag)  # there is nothing to lose
    s3.put_object(Bucket=bucket, Key="c", Body=b"c")
    s3.delete_object(Bucket=bucket, Key="c", IfMatch="*")
    assert "c" not in keys_of(s3, bucket)


# --- Tags ---


def test_tags_of_objects(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="t", Body=b"", Tagging="a=1&b=%26%C3%A4")
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "&ä"}]
    assert s3.get_object_tagging(Bucket=bucket, Key="t")["TagSet"] == tags
    assert s3.get_object(Bucket=bucket, Key="t")["TagCount"] == 2
    tags = [{"Key": f"k{i}", "Value": ""} for i in range(10)]
    s3.put_object_tagging(Bucket=bucket, Key="t", Tagging={"TagSet": tags})
    assert s3.get_object_tagging(Bucket=bucket, Key="t")["TagSet"] == tags
    s3.delete_object_tagging(Bucket=bucket, Key="t")
    assert s3.get_object_tagging(Bucket=bucket, Key="t")["TagSet"] == []
    assert "TagCount" not in s3.get_object(Bucket=bucket, Key="t")


def test_tags_that_are_refused(s3: Any, bucket: str, wire: Wire) -> None:
    s3.put_object(Bucket=bucket, Key="u", Body=b"")
    eleven = [{"Key": f"k{i}", "Value": ""} for i in range(11)]
    for tags in (
        eleven,
        [{"Key": "k" * 129, "Value": ""}],
        [{"Key": "k", "Value": "v" * 257}],
        [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}],
    ):
        named: dict[str, Any] = {"Bucket": bucket, "Key": "u", "Tagging": {"TagSet": tags}}
        assert code_of(s3.put_object_tagging, **named) == "InvalidTag"
    twice = lambda: s3.put_object(Bucket=bucket, Key="v", Body=b"", Tagging="a=1&a=2")  # noqa: E731
    assert code_of(twice) == "InvalidTag"
    assert wire.send("PUT", f"/{bucket}/u?tagging", b"<Tagging/>").code == "MalformedXML"
    assert code_of(lambda: s3.get_object_tagging(Bucket=bucket, Key="none")) == "NoSuchKey"
    none = lambda: s3.put_object_tagging(  # noqa: E731
        Bucket=bucket, Key="none", Tagging={"TagSet": []}
    )
    assert code_of(none) == "NoSuchKey"
    assert code_of(lambda: s3.delete_object_tagging(Bucket=bucket, Key="none")) == "NoSuchKey"


# --- What a bucket is asked ---


def test_features_that_a_bucket_has_not(s3: Any, bucket: str) -> None:
    for operation, code in (
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_policy_status", "NoSuchBucketPolicy"),
        ("get_bucket_cors", "NoSuchCORSConfiguration"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("get_bucket_tagging", "NoSuchTagSet"),
        ("get_bucket_website", "NoSuchWebsiteConfiguration"),
        ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
        ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
    ):
        ask = getattr(s3, operation)
        assert code_of(ask, Bucket=bucket) == code
        assert code_of(ask, Bucket="no-such-bucket") == "NoSuchBucket"


def test_features_that_a_bucket_has_by_nature(s3: Any, bucket: str) -> None:
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    s3.get_bucket_notification_configuration(Bucket=bucket)
    rules = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())
    s3.put_object(Bucket=bucket, Key="acl", Body=b"")
    for acl in (s3.get_bucket_acl(Bucket=bucket), s3.get_object_acl(Bucket=bucket, Key="acl")):
        assert [grant["Permission"] for grant in acl["Grants"]] == ["FULL_CONTROL"]
        assert acl["Grants"][0]["Grantee"]["ID"] == acl["Owner"]["ID"]
    assert code_of(lambda: s3.get_object_acl(Bucket=bucket, Key="none")) == "NoSuchKey"
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    s3.put_object_acl(Bucket=bucket, Key="acl", ACL="bucket-owner-full-control")
    public = lambda: s3.put_object_acl(Bucket=bucket, Key="acl", ACL="public-read")  # noqa: E731
    assert code_of(public) == "NotImplemented"
    none = lambda: s3.put_object_acl(Bucket=bucket, Key="none", ACL="private")  # noqa: E731
    assert code_of(none) == "NoSuchKey"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("PUT", "?versioning"),
        ("PUT", "?policy"),
        ("PUT", "?acl"),
        ("PUT", "?encryption"),
        ("DELETE", "?lifecycle"),
        ("GET", "?inventory"),
        ("POST", ""),
        ("PUT", "/k?acl"),
        ("GET", "/k?retention"),
        ("POST", "/k?restore"),
        ("POST", "/k?select&select-type=2"),
    ],
)
def test_what_is_not_served_says_so(bucket: str, wire: Wire, method: str, target: str) -> None:
    answer = wire.send(method, f"/{bucket}{target}")
    assert (answer.status, answer.code) == (501, "NotImplemented")


def test_ownership_of_buckets(s3: Any) -> None:
    s3.create_bucket(Bucket="owned-by-its-owner", ObjectOwnership="BucketOwnerEnforced")
    for other in ("ObjectWriter", "BucketOwnerPreferred"):
        named: dict[str, Any] = {"Bucket": "owned-by-others", "ObjectOwnership": other}
        assert code_of(s3.create_bucket, **named) == "NotImplemented"


def test_encryption_headers(s3: Any, bucket: str, glaux: Server) -> None:
    s3.put_object(Bucket=bucket, Key="e", Body=b"e", ServerSideEncryption="AES256")
    assert "ServerSideEncryption" not in s3.head_object(Bucket=bucket, Key="e")
    kms = lambda: s3.put_object(  # noqa: E731
        Bucket=bucket, Key="f", Body=b"", ServerSideEncryption="aws:kms"
    )
    assert code_of(kms) == "NotImplemented"
    wire = Wire(glaux)
    customer = {"x-amz-server-side-encryption-customer-algorithm": "AES256"}
    assert wire.send("PUT", f"/{bucket}/f", b"", customer).code == "NotImplemented"
