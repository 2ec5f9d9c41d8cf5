"""The AWS CLI's s3 commands: trees of files, big files, pipes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from s3_content import BIG, content, file_of, read
from server import Server
from tool import Tool

AWS = os.environ.get("GLAUX_AWS_CLI", "aws")
GIB = 1 << 30


@pytest.fixture
def aws(environment: dict[str, str], tmp_path: Path) -> Tool:
    home = tmp_path / "home"
    home.mkdir()
    return Tool([AWS], environment | {"HOME": str(home)})


def make_tree(folder: Path) -> dict[str, bytes]:
    """Files with names that shells and URLs make hard."""
    names = ["a.csv", "b/c d.csv", "b/ä+%41.csv", "b/e/&f;=g.csv", "empty"]
    files = {name: content(1000 * number, number) for number, name in enumerate(names)}
    files |= {"empty": b"", "b/big": content(BIG)}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return files


def tree_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_sync_both_ways(aws: Tool, s3: Any, bucket: str, tmp_path: Path) -> None:
    here, back = tmp_path / "here", tmp_path / "back"
    files = make_tree(here)
    aws.out("s3", "sync", here, f"s3://{bucket}/tree/")
    assert aws.out("s3", "sync", here, f"s3://{bucket}/tree/") == b""
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="tree/")["Contents"]
    assert {one["Key"].removeprefix("tree/"): one["Size"] for one in listed} == {
        name: len(data) for name, data in files.items()
    }
    aws.out("s3", "sync", f"s3://{bucket}/tree/", back)
    assert tree_of(back) == files
    (here / "a.csv").unlink()
    (here / "new").write_bytes(b"new")
    aws.out("s3", "sync", "--delete", here, f"s3://{bucket}/tree/")
    aws.out("s3", "sync", "--delete", f"s3://{bucket}/tree/", back)
    assert tree_of(back) == tree_of(here)
    summary = aws.lines("s3", "ls", "--recursive", "--summarize", f"s3://{bucket}/tree/")
    assert f"Total Objects: {len(files)}" in [line.strip() for line in summary]


def test_between_buckets(aws: Tool, s3: Any, bucket: str, tmp_path: Path) -> None:
    files = make_tree(tmp_path / "here")
    other = f"{bucket[:40]}-other"
    aws.out("s3", "mb", f"s3://{other}")
    aws.out("s3", "cp", "--recursive", tmp_path / "here", f"s3://{bucket}/")
    aws.out("s3", "sync", f"s3://{bucket}/", f"s3://{other}/copied/")
    aws.out("s3", "mv", "--recursive", f"s3://{bucket}/", f"s3://{other}/moved/")
    assert aws.run("s3", "ls", f"s3://{bucket}/").stdout == b""
    for name, data in files.items():
        assert read(s3, other, f"copied/{name}") == data
        assert read(s3, other, f"moved/{name}") == data
    aws.out("s3", "rb", "--force", f"s3://{other}")
    assert other not in aws.out("s3", "ls").decode()


def test_mv_to_and_from_files(aws: Tool, bucket: str, tmp_path: Path) -> None:
    one = file_of(tmp_path, "one", BIG)
    aws.out("s3", "mv", one, f"s3://{bucket}/moved here")
    assert not one.exists()
    aws.out("s3", "mv", f"s3://{bucket}/moved here", one)
    assert one.read_bytes() == content(BIG)
    assert aws.run("s3", "ls", f"s3://{bucket}/").stdout == b""


def test_pipes(aws: Tool, bucket: str) -> None:
    aws.out("s3", "cp", "-", f"s3://{bucket}/pipe", data=content(BIG))
    assert aws.out("s3", "cp", f"s3://{bucket}/pipe", "-") == content(BIG)


def test_headers_and_metadata(aws: Tool, s3: Any, bucket: str, tmp_path: Path) -> None:
    one = file_of(tmp_path, "page.html", 10)
    aws.out(
        *("s3", "cp", one, f"s3://{bucket}/page.html", "--metadata", "colour=blue,size=big"),
        *("--cache-control", "max-age=5", "--content-language", "de"),
    )
    head = s3.head_object(Bucket=bucket, Key="page.html")
    assert head["ContentType"] == "text/html"
    assert head["CacheControl"] == "max-age=5"
    assert head["ContentLanguage"] == "de"
    assert head["Metadata"] == {"colour": "blue", "size": "big"}


def test_presign(aws: Tool, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a b/ä+.txt", Body=b"by URL")
    url = aws.out("s3", "presign", f"s3://{bucket}/a b/ä+.txt").decode().strip()
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"by URL"


def test_include_and_exclude(aws: Tool, s3: Any, bucket: str, tmp_path: Path) -> None:
    make_tree(tmp_path / "here")
    aws.out(
        *("s3", "cp", "--recursive", tmp_path / "here", f"s3://{bucket}/"),
        *("--exclude", "*", "--include", "b/*.csv"),
    )
    aws.out("s3", "rm", "--recursive", f"s3://{bucket}/", "--exclude", "b/e/*")
    left = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [one["Key"] for one in left] == ["b/e/&f;=g.csv"]


def test_s3api_pages(aws: Tool, s3: Any, bucket: str) -> None:
    for number in range(7):
        s3.put_object(Bucket=bucket, Key=f"{number} ä", Body=b"")
    first = json.loads(
        aws.out(
            "s3api", "list-objects-v2", "--bucket", bucket, "--page-size", "2", "--max-items", "3"
        )
    )
    assert [one["Key"] for one in first["Contents"]] == ["0 ä", "1 ä", "2 ä"]
    rest = json.loads(
        aws.out(
            *("s3api", "list-objects-v2", "--bucket", bucket, "--page-size", "2"),
            *("--starting-token", first["NextToken"]),
        )
    )
    assert [one["Key"] for one in rest["Contents"]] == [f"{number} ä" for number in range(3, 7)]


def resident(pid: int) -> int:
    """The most memory in bytes that the process ever had."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the kernel tells no VmHWM")


@pytest.mark.skipif("GLAUX_LARGE" not in os.environ, reason="GLAUX_LARGE=1 moves 5 GiB")
@pytest.mark.timeout(1800)
def test_five_gibibytes(glaux: Server, aws: Tool, bucket: str) -> None:
    """Through pipes, so that only the server needs the disk; its memory stays flat."""
    piece = content(1 << 20)
    count = 5 * GIB // len(piece)
    before = resident(glaux.pid)
    url = f"s3://{bucket}/large"
    sent = hashlib.sha256()
    with subprocess.Popen(
        [AWS, "s3", "cp", "-", url, "--expected-size", str(5 * GIB)],
        env=aws.environment,
        stdin=subprocess.PIPE,
    ) as up:
        assert up.stdin
        for number in range(count):
            block = number.to_bytes(8, "big") + piece[8:]
            sent.update(block)
            up.stdin.write(block)
    assert up.returncode == 0
    got = hashlib.sha256()
    with subprocess.Popen(
        [AWS, "s3", "cp", url, "-"], env=aws.environment, stdout=subprocess.PIPE
    ) as down:
        assert down.stdout
        while block := down.stdout.read(1 << 20):
            got.update(block)
    assert down.returncode == 0
    assert got.digest() == sent.digest()
    grown = resident(glaux.pid) - before
    print(f"glauxd grew by {grown / 2**20:.0f} MiB to at most {resident(glaux.pid) / 2**20:.0f}")
    assert grown < 256 << 20
