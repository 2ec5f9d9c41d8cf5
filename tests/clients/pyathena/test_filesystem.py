"""PyAthena's own S3 file system, through which its cursors read and pandas writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyathena.filesystem.s3
import pytest
from s3_content import BIG, MIB, content, file_of, read

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def files(environment: dict[str, str]) -> Any:
    return pyathena.filesystem.s3.S3FileSystem(
        endpoint_url=environment["AWS_ENDPOINT_URL"], skip_instance_cache=True
    )


def test_files_go_up_and_come_down(files: Any, s3: Any, bucket: str, tmp_path: Path) -> None:
    file_of(tmp_path, "big", BIG)
    files.put_file(str(tmp_path / "big"), f"s3://{bucket}/dir/ä big")
    assert read(s3, bucket, "dir/ä big") == content(BIG)
    files.get_file(f"s3://{bucket}/dir/ä big", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content(BIG)
    with files.open(f"s3://{bucket}/dir/ä big", "rb") as one:
        one.seek(9 * MIB)
        assert one.read(100) == content(BIG)[9 * MIB : 9 * MIB + 100]


def test_written_in_parts(files: Any, s3: Any, bucket: str) -> None:
    with files.open(f"s3://{bucket}/written", "wb", block_size=5 * MIB) as one:
        for at in range(0, BIG, 1000003):
            one.write(content(BIG)[at : at + 1000003])
    assert read(s3, bucket, "written") == content(BIG)


def test_a_tree(files: Any, bucket: str) -> None:
    for name in ("a", "b/c", "b/d e"):
        files.pipe_file(f"s3://{bucket}/tree/{name}", name.encode())
    found = [path.removeprefix(f"{bucket}/tree/") for path in files.find(f"s3://{bucket}/tree")]
    assert sorted(found) == ["a", "b/c", "b/d e"]
    files.cp_file(f"s3://{bucket}/tree/a", f"s3://{bucket}/copy")
    assert files.cat_file(f"s3://{bucket}/copy") == b"a"
    files.rm(f"s3://{bucket}/tree", recursive=True)
    assert not files.exists(f"s3://{bucket}/tree/a")
    assert files.exists(f"s3://{bucket}/copy")
