"""ListObjectsV2: order, prefixes, delimiters and pages."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from s3_wire import NAMESPACE, Wire, new_bucket
from server import Server

MANY = [f"{folder:02}/{number:03}" for folder in range(32) for number in range(100)]


def fill(s3: Any, keys: list[str]) -> str:
    bucket = new_bucket(s3)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=key.encode()), keys))
    return bucket


@pytest.fixture(scope="module")
def few(s3: Any) -> str:
    return fill(s3, ["b", "a/2", "a/1", "a/b/c", "c/", "c/1", "c0", "C", "ä", "a b", "a+b", "😀"])


@pytest.fixture(scope="module")
def many(s3: Any) -> str:
    return fill(s3, [*MANY, "top", "00"])


def keys(page: dict[str, Any]) -> list[str]:
    return [item["Key"] for item in page.get("Contents", [])]


def prefixes(page: dict[str, Any]) -> list[str]:
    return [item["Prefix"] for item in page.get("CommonPrefixes", [])]


def test_order_is_that_of_the_bytes(s3: Any, few: str) -> None:
    page = s3.list_objects_v2(Bucket=few)
    expected = ["C", "a b", "a+b", "a/1", "a/2", "a/b/c", "b", "c/", "c/1", "c0", "ä", "😀"]
    assert keys(page) == expected
    assert page["KeyCount"] == len(expected)
    assert page["IsTruncated"] is False
    assert page["MaxKeys"] == 1000
    assert page["Name"] == few


def test_what_is_told_of_an_object(s3: Any, few: str) -> None:
    put = s3.head_object(Bucket=few, Key="a/b/c")
    item = s3.list_objects_v2(Bucket=few, Prefix="a/b/", FetchOwner=True)["Contents"][0]
    assert item["Size"] == len("a/b/c")
    assert item["ETag"] == put["ETag"]
    assert item["StorageClass"] == "STANDARD"
    assert item["LastModified"].replace(microsecond=0) == put["LastModified"]
    assert item["Owner"]["ID"]
    assert "Owner" not in s3.list_objects_v2(Bucket=few)["Contents"][0]


def test_prefix(s3: Any, few: str) -> None:
    assert keys(s3.list_objects_v2(Bucket=few, Prefix="a/")) == ["a/1", "a/2", "a/b/c"]
    assert keys(s3.list_objects_v2(Bucket=few, Prefix="ä")) == ["ä"]
    assert s3.list_objects_v2(Bucket=few, Prefix="nothing")["KeyCount"] == 0


def test_delimiter(s3: Any, few: str) -> None:
    page = s3.list_objects_v2(Bucket=few, Delimiter="/")
    assert keys(page) == ["C", "a b", "a+b", "b", "c0", "ä", "😀"]
    assert prefixes(page) == ["a/", "c/"]
    assert page["KeyCount"] == 9
    page = s3.list_objects_v2(Bucket=few, Delimiter="/", Prefix="a/")
    assert (keys(page), prefixes(page)) == (["a/1", "a/2"], ["a/b/"])
    page = s3.list_objects_v2(Bucket=few, Delimiter="/", Prefix="c/")
    assert (keys(page), prefixes(page)) == (["c/", "c/1"], [])


def test_start_after(s3: Any, few: str) -> None:
    assert keys(s3.list_objects_v2(Bucket=few, StartAfter="c/")) == ["c/1", "c0", "ä", "😀"]
    assert keys(s3.list_objects_v2(Bucket=few, StartAfter="a/1", Prefix="a/")) == ["a/2", "a/b/c"]
    assert keys(s3.list_objects_v2(Bucket=few, StartAfter="zzz", Prefix="a/")) == []


def test_no_keys_asked(s3: Any, few: str) -> None:
    page = s3.list_objects_v2(Bucket=few, MaxKeys=0)
    assert (page["KeyCount"], page["IsTruncated"], page["MaxKeys"]) == (0, False, 0)


def test_pages_of_one(s3: Any, few: str) -> None:
    paginator = s3.get_paginator("list_objects_v2")
    pages = list(paginator.paginate(Bucket=few, Delimiter="/", PaginationConfig={"PageSize": 1}))
    assert [page["KeyCount"] for page in pages] == [1] * 9
    found = [(keys(page) + prefixes(page))[0] for page in pages]
    assert found == ["C", "a b", "a+b", "a/", "b", "c/", "c0", "ä", "😀"]


def test_many_keys_come_in_pages(s3: Any, many: str) -> None:
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=many))
    assert [len(keys(page)) for page in pages] == [1000, 1000, 1000, 202]
    assert [key for page in pages for key in keys(page)] == sorted([*MANY, "top", "00"])
    assert [page["IsTruncated"] for page in pages] == [True, True, True, False]


@pytest.mark.parametrize("size", [1, 7, 33, 1000])
def test_folders_of_many_keys_come_in_pages(s3: Any, many: str, size: int) -> None:
    paginator = s3.get_paginator("list_objects_v2")
    config = {"PageSize": size}
    pages = list(paginator.paginate(Bucket=many, Delimiter="/", PaginationConfig=config))
    assert [p for page in pages for p in prefixes(page)] == [f"{i:02}/" for i in range(32)]
    assert [key for page in pages for key in keys(page)] == ["00", "top"]
    assert len(pages) == -(-34 // size)


def test_pages_survive_changes(s3: Any) -> None:
    bucket = fill(s3, ["a", "c", "e", "g"])
    page = s3.list_objects_v2(Bucket=bucket, MaxKeys=2)
    assert keys(page) == ["a", "c"]
    for key in ("b", "d"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    s3.delete_object(Bucket=bucket, Key="c")
    token = page["NextContinuationToken"]
    page = s3.list_objects_v2(Bucket=bucket, ContinuationToken=token)
    assert keys(page) == ["d", "e", "g"]
    assert page["ContinuationToken"] == token


def test_names_are_encoded_only_if_asked(glaux: Server, few: str) -> None:
    wire = Wire(glaux)

    def listed(target: str) -> list[str | None]:
        xml = wire.send("GET", target).xml
        return [e.text for e in xml.iterfind(f"{NAMESPACE}Contents/{NAMESPACE}Key")]

    assert listed(f"/{few}?list-type=2&prefix=a%20b") == ["a b"]
    assert listed(f"/{few}?encoding-type=url&list-type=2&prefix=a%20b") == ["a%20b"]
    assert listed(f"/{few}?encoding-type=url&list-type=2&prefix=a%2Fb") == ["a/b/c"]
    assert listed(f"/{few}/?list-type=2&prefix=%C3%A4") == ["ä"]


def test_names_that_xml_cannot_carry_are_told_as_they_are(glaux: Server, s3: Any) -> None:
    bucket = fill(s3, ["a\x01b/c", "end\ufffe", "\x7f\n"])
    wire = Wire(glaux)
    for kind in ("list-type=2&", "", "versions&"):
        body = wire.send("GET", f"/{bucket}?{kind}delimiter=%2F&prefix=").body.decode()
        assert "<Prefix>a&#x1;b/</Prefix>" in body
        assert "<Key>end&#xFFFE;</Key>" in body
        assert "<Key>\x7f\n</Key>" in body
    s3.create_multipart_upload(Bucket=bucket, Key="up\x02")
    assert b"<Key>up&#x2;</Key>" in wire.send("GET", f"/{bucket}?uploads").body
    assert "a%01b/c" in wire.send("GET", f"/{bucket}?encoding-type=url").body.decode()
    assert keys(s3.list_objects_v2(Bucket=bucket)) == ["a\x01b/c", "end\ufffe", "\x7f\n"]


@pytest.mark.parametrize(
    "query",
    [
        "list-type=1",
        "list-type=2&max-keys=-1",
        "list-type=2&max-keys=many",
        "encoding-type=hex&list-type=2",
        "continuation-token=&list-type=2",
        "continuation-token=bm90IG91cnM%3D&list-type=2",
    ],
)
def test_bad_parameters(glaux: Server, few: str, query: str) -> None:
    answer = Wire(glaux).send("GET", f"/{few}?{query}")
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_no_such_bucket(s3: Any) -> None:
    with pytest.raises(ClientError) as info:
        s3.list_objects_v2(Bucket="no-such-bucket")
    assert info.value.response["Error"]["Code"] == "NoSuchBucket"
