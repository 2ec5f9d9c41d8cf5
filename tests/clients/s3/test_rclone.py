"""rclone as Debian has it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from s3_content import BIG, content, file_of, read
from tool import Tool

RCLONE = shutil.which("rclone")
pytestmark = pytest.mark.skipif(not RCLONE, reason="rclone is not on this machine")


@pytest.fixture
def rclone(environment: dict[str, str], tmp_path: Path) -> Tool:
    remote = {
        "RCLONE_CONFIG": str(tmp_path / "none"),
        "RCLONE_CONFIG_G_TYPE": "s3",
        "RCLONE_CONFIG_G_PROVIDER": "Other",
        "RCLONE_CONFIG_G_ENV_AUTH": "true",
        "RCLONE_CONFIG_G_ENDPOINT": environment["AWS_ENDPOINT_URL"],
        "RCLONE_CONFIG_G_REGION": environment["AWS_REGION"],
        "RCLONE_S3_UPLOAD_CUTOFF": "5M",
        "RCLONE_S3_CHUNK_SIZE": "5M",
    }
    return Tool([str(RCLONE)], environment | remote)


def make_tree(folder: Path) -> None:
    (folder / "b c").mkdir(parents=True)
    file_of(folder, "small", 100, 1)
    file_of(folder, "big", BIG)
    file_of(folder / "b c", "ä+%41.csv", 2000, 2)


def test_copy_check_and_sync(rclone: Tool, s3: Any, bucket: str, tmp_path: Path) -> None:
    make_tree(tmp_path / "here")
    rclone.out("copy", tmp_path / "here", f"g:{bucket}/tree")
    rclone.out("check", tmp_path / "here", f"g:{bucket}/tree")
    rclone.out("check", "--download", tmp_path / "here", f"g:{bucket}/tree")
    assert sorted(rclone.lines("lsf", "-R", f"g:{bucket}/tree")) == sorted(
        ["small", "big", "b c/", "b c/ä+%41.csv"]
    )
    assert read(s3, bucket, "tree/big") == content(BIG)
    (tmp_path / "here" / "small").unlink()
    rclone.out("sync", tmp_path / "here", f"g:{bucket}/tree")
    rclone.out("sync", f"g:{bucket}/tree", tmp_path / "back")
    assert (tmp_path / "back" / "big").read_bytes() == content(BIG)
    assert not (tmp_path / "back" / "small").exists()
    assert (
        rclone.out("cat", "--offset", "10", "--count", "5", f"g:{bucket}/tree/big")
        == (content(BIG)[10:15])
    )


def test_copies_and_moves_on_the_server(rclone: Tool, s3: Any, bucket: str, tmp_path: Path) -> None:
    make_tree(tmp_path / "here")
    rclone.out("copy", tmp_path / "here", f"g:{bucket}/one")
    rclone.out("copy", f"g:{bucket}/one", f"g:{bucket}/two")
    rclone.out("moveto", f"g:{bucket}/one/small", f"g:{bucket}/three")
    rclone.out("rcat", f"g:{bucket}/piped", data=content(BIG))
    assert read(s3, bucket, "two/big") == content(BIG)
    assert read(s3, bucket, "three") == content(100, 1)
    assert read(s3, bucket, "piped") == content(BIG)
    rclone.out("purge", f"g:{bucket}/two")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["one/b c/ä+%41.csv", "one/big", "piped", "three"]
