"""The AWS CLI's `s3` commands, unmodified."""

import filecmp
import json
import os
import subprocess
from pathlib import Path

import pytest
from s3_wire import new_bucket
from server import Server

AWS = os.environ.get("GLAUX_AWS_CLI", "")

pytestmark = pytest.mark.skipif(
    not AWS or not Path(AWS).exists(), reason="GLAUX_AWS_CLI does not name an AWS CLI"
)


MIB = 1024 * 1024


class Cli:
    def __init__(self, glaux: Server, home: Path) -> None:
        self.environment = glaux.environment() | {"HOME": str(home)}

    def run(self, *arguments: str, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [AWS, *arguments],
            env=self.environment,
            input=data,
            stdin=None if data is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
        )

    def out(self, *arguments: str, data: bytes | None = None) -> bytes:
        done = self.run(*arguments, data=data)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


@pytest.fixture
def cli(glaux: Server, tmp_path: Path) -> Cli:
    return Cli(glaux, tmp_path)


@pytest.fixture(scope="module")
def bucket(glaux: Server) -> str:
    return new_bucket(glaux.client("s3"))


def test_cp_ls_rm(cli: Cli, bucket: str, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    source, copy = tmp_path / "source.bin", tmp_path / "copy.bin"
    source.write_bytes(data)
    url = f"s3://{bucket}/a folder/ä+file.bin"
    cli.out("s3", "cp", str(source), url)
    cli.out("s3", "cp", url, str(copy))
    assert copy.read_bytes() == data
    assert cli.out("s3", "cp", url, "-") == data
    listed = cli.out("s3", "ls", f"s3://{bucket}/").decode()
    assert "PRE a folder/" in listed
    listed = cli.out("s3", "ls", f"s3://{bucket}/a folder/").decode()
    assert listed.split()[-2:] == ["3000000", "ä+file.bin"]
    cli.out("s3", "rm", url)
    assert cli.run("s3", "ls", f"s3://{bucket}/a folder/").returncode == 1


def test_cp_from_standard_input(cli: Cli, bucket: str) -> None:
    cli.out("s3", "cp", "-", f"s3://{bucket}/stdin", data=b"from a pipe")
    assert cli.out("s3", "cp", f"s3://{bucket}/stdin", "-") == b"from a pipe"


def test_mb_ls_rb(cli: Cli, bucket: str) -> None:
    name = f"{bucket[:40]}-mb"
    cli.out("s3", "mb", f"s3://{name}")
    assert name in cli.out("s3", "ls").decode()
    cli.out("s3", "rb", f"s3://{name}")
    assert name not in cli.out("s3", "ls").decode()


def test_rm_recursive(cli: Cli, bucket: str, tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    for name in ("a", "b/c", "b/d/e"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    cli.out("s3", "cp", "--recursive", str(folder), f"s3://{bucket}/tree/")
    listed = cli.out("s3", "ls", "--recursive", f"s3://{bucket}/tree/").decode()
    assert [line.split()[-1] for line in listed.splitlines()] == [
        "tree/a",
        "tree/b/c",
        "tree/b/d/e",
    ]
    cli.out("s3", "sync", f"s3://{bucket}/tree/", str(tmp_path / "back"))
    assert (tmp_path / "back" / "b" / "d" / "e").read_text() == "b/d/e"
    cli.out("s3", "rm", "--recursive", f"s3://{bucket}/tree/")
    assert cli.run("s3", "ls", f"s3://{bucket}/tree/").returncode == 1


def tree_of(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_sync_and_mv_of_folders(cli: Cli, bucket: str, tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    for name, size in (("a", 10), ("b/ä c", 20_000), ("b/d/large", 9 * MIB), ("empty", 0)):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(os.urandom(size))
    url = f"s3://{bucket}/synced/"
    cli.out("s3", "sync", str(source), url)
    assert cli.out("s3", "sync", str(source), url) == b""  # there is nothing left to do
    (source / "a").write_bytes(b"changed, and longer")
    assert b"/a" in cli.out("s3", "sync", str(source), url)
    cli.out("s3", "sync", url, str(copy))
    assert tree_of(copy) == tree_of(source)
    (source / "a").unlink()
    assert b"delete: " in cli.out("s3", "sync", "--delete", str(source), url)
    moved = f"s3://{bucket}/moved/"
    cli.out("s3", "mv", "--recursive", url, moved)  # the large one by copies of parts
    assert cli.run("s3", "ls", url).returncode == 1
    again = tmp_path / "again"
    cli.out("s3", "cp", "--recursive", moved, str(again))
    assert tree_of(again) == tree_of(source)
    cli.out("s3", "rm", "--recursive", moved)
    assert cli.run("s3", "ls", moved).returncode == 1


def test_a_file_of_a_hundred_megabytes(cli: Cli, bucket: str, tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(os.urandom(MIB) * 100)
    url = f"s3://{bucket}/hundred"
    cli.out("s3", "cp", str(source), url)
    cli.out("s3", "cp", url, f"{url}-copy")
    cli.out("s3", "cp", f"{url}-copy", str(copy))
    assert filecmp.cmp(source, copy, shallow=False)
    head = json.loads(cli.out("s3api", "head-object", "--bucket", bucket, "--key", "hundred"))
    assert head["ETag"].endswith('-13"')


def test_errors_are_told_in_s3s_words(cli: Cli, bucket: str) -> None:
    done = cli.run("s3", "ls", "s3://no-such-bucket")
    assert done.returncode != 0
    assert b"(NoSuchBucket)" in done.stderr
    done = cli.run("s3", "cp", f"s3://{bucket}/nothing", "-")
    assert b"404" in done.stderr
    done = cli.run("s3api", "get-object-torrent", "--bucket", bucket, "--key", "a", os.devnull)
    assert b"(NotImplemented)" in done.stderr
