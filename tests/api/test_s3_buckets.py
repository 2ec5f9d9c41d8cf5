"""Buckets of the S3 endpoint, and what it says to operations that it does not serve."""

import uuid
from typing import Any

import pytest
from refusal import refusal
from s3_wire import NAMESPACE, Wire, new_bucket
from server import Server


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    name = new_bucket(s3)
    s3.put_object(Bucket=name, Key="key", Body=b"the object's bytes")
    return name


def test_life_of_a_bucket(s3: Any, glaux: Server) -> None:
    name = f"life-{uuid.uuid4()}"
    assert refusal(s3.head_bucket, Bucket=name)[:2] == (404, "404")
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == glaux.region
    s3.put_object(Bucket=name, Key="a", Body=b"")
    assert refusal(s3.delete_bucket, Bucket=name)[:2] == (409, "BucketNotEmpty")
    s3.delete_object(Bucket=name, Key="a")
    assert s3.delete_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(s3.delete_bucket, Bucket=name)[:2] == (404, "NoSuchBucket")


def test_a_bucket_may_be_made_again(s3: Any, bucket: str) -> None:
    s3.create_bucket(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"the object's bytes"


def test_the_list_of_buckets(s3: Any, bucket: str) -> None:
    answer = s3.list_buckets()
    names = [b["Name"] for b in answer["Buckets"]]
    assert bucket in names
    assert names == sorted(names)
    assert answer["Owner"]["ID"]


def test_buckets_come_in_pages(s3: Any) -> None:
    prefix = f"page-{uuid.uuid4()}"
    made = [f"{prefix}-{i}" for i in range(5)]
    for name in made:
        s3.create_bucket(Bucket=name)
    pages = list(
        s3.get_paginator("list_buckets").paginate(Prefix=prefix, PaginationConfig={"PageSize": 2})
    )
    assert [[b["Name"] for b in page["Buckets"]] for page in pages] == [
        made[0:2],
        made[2:4],
        made[4:5],
    ]


def location(constraint: str) -> bytes:
    return (
        '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<LocationConstraint>{constraint}</LocationConstraint></CreateBucketConfiguration>"
    ).encode()


def test_location(s3: Any, glaux: Server) -> None:
    wire, name = Wire(glaux), f"location-{uuid.uuid4()}"
    answer = wire.send("PUT", f"/{name}", location("mars-north-1"))
    assert (answer.status, answer.code) == (400, "IllegalLocationConstraintException")
    answer = wire.send("PUT", f"/{name}", b"<CreateBucketConfiguration><Location")
    assert (answer.status, answer.code) == (400, "MalformedXML")
    assert wire.send("HEAD", f"/{name}").status == 404
    assert wire.send("PUT", f"/{name}", location(glaux.region)).status == 200
    expected = None if glaux.region == "us-east-1" else glaux.region
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == expected
    assert wire.send("GET", f"/{name}?location").xml.tag == f"{NAMESPACE}LocationConstraint"


@pytest.mark.parametrize(
    "name", ["ab", "Upper", "-dash", "dash-", "a..b", "under_score", "192.168.0.1", "x" * 64]
)
def test_names_that_break_the_rules(glaux: Server, name: str) -> None:
    answer = Wire(glaux).send("PUT", f"/{name}")
    assert (answer.status, answer.code) == (400, "InvalidBucketName")


def test_another_owner_is_refused(s3: Any, bucket: str) -> None:
    assert refusal(s3.head_bucket, Bucket=bucket, ExpectedBucketOwner="111111111111").status == 403
    assert refusal(s3.get_object, Bucket=bucket, Key="key", ExpectedBucketOwner="111111111111")[
        :2
    ] == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("method", "level", "query"),
    [
        *(
            (method, "object", query)
            for method in ("GET", "PUT", "DELETE", "POST")
            for query in ("torrent", "torrent&versionId=1")
        ),
        ("POST", "object", "versionId=1"),
        ("PUT", "object", "acl"),
        ("PUT", "object", "partNumber=1"),
        ("POST", "object", "restore"),
        ("POST", "object", "select&select-type=2"),
        ("PUT", "object", "retention"),
        ("PUT", "object", "legal-hold"),
        *(
            (method, "bucket", query)
            for method in ("PUT", "DELETE")
            for query in ("acl", "policy", "versioning", "lifecycle", "cors", "tagging", "website")
        ),
        ("GET", "bucket", "inventory"),
        ("POST", "bucket", ""),
        ("PUT", "service", ""),
    ],
)
def test_what_is_not_served_says_so(
    s3: Any, glaux: Server, bucket: str, method: str, level: str, query: str
) -> None:
    path = {"service": "/", "bucket": f"/{bucket}", "object": f"/{bucket}/key"}[level]
    answer = Wire(glaux).send(method, f"{path}?{query}", b"<a/>" if method == "POST" else b"")
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert method in answer.message
    if query:
        assert f"?{query.partition('=')[0].partition('&')[0]}" in answer.message
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"the object's bytes"


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE"])
def test_other_methods(glaux: Server, bucket: str, method: str) -> None:
    answer = Wire(glaux).send(method, f"/{bucket}/key")
    assert (answer.status, answer.code) == (405, "MethodNotAllowed")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-server-side-encryption": "aws:kms"},
        {"x-amz-server-side-encryption-customer-algorithm": "AES256"},
        {"x-amz-object-lock-mode": "GOVERNANCE"},
        {"x-amz-grant-read": "id=1"},
        {"x-amz-acl": "public-read"},
        {"x-amz-website-redirect-location": "/x"},
    ],
)
def test_what_cannot_be_kept_is_refused(
    s3: Any, glaux: Server, bucket: str, headers: dict[str, str]
) -> None:
    answer = Wire(glaux).send("PUT", f"/{bucket}/wanted", b"x", headers)
    assert (answer.status, answer.code) == (501, "NotImplemented")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="wanted")
