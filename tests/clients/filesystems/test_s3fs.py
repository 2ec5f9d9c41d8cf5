"""fsspec's s3fs, which pandas, Dask and PyIceberg read and write through."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

import pytest
import s3fs
from s3_content import BIG, MIB, content, file_of, read

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def files() -> Any:
    return s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)


def test_files_go_up_and_come_down(files: Any, s3: Any, bucket: str, tmp_path: Path) -> None:
    file_of(tmp_path, "big", BIG)
    files.put(str(tmp_path / "big"), f"{bucket}/dir/ä +%.bin", chunksize=5 * MIB)
    assert read(s3, bucket, "dir/ä +%.bin") == content(BIG)
    files.get(f"{bucket}/dir/ä +%.bin", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content(BIG)
    assert files.cat_file(f"{bucket}/dir/ä +%.bin", start=100, end=200) == content(BIG)[100:200]
    assert files.size(f"{bucket}/dir/ä +%.bin") == BIG


def test_an_open_file_is_written_in_blocks(files: Any, bucket: str) -> None:
    data = content(BIG, 3)
    with files.open(f"{bucket}/written", "wb", block_size=5 * MIB) as out:
        for at in range(0, BIG, 300007):
            out.write(data[at : at + 300007])
    with files.open(f"{bucket}/written", "rb", block_size=MIB) as back:
        back.seek(7 * MIB)
        assert back.read(1000) == data[7 * MIB : 7 * MIB + 1000]
        back.seek(-5, 2)
        assert back.read() == data[-5:]
    with files.open(f"{bucket}/written", "ab") as more:
        more.write(b"appended")
    assert files.tail(f"{bucket}/written", 8) == b"appended"
    assert files.info(f"{bucket}/written")["size"] == BIG + 8


def test_a_tree(files: Any, bucket: str) -> None:
    for name in ("a", "b/c", "b/d e/f", "b/ä"):
        files.pipe_file(f"{bucket}/tree/{name}", name.encode())
    assert sorted(files.find(f"{bucket}/tree")) == sorted(
        f"{bucket}/tree/{name}" for name in ("a", "b/c", "b/d e/f", "b/ä")
    )
    assert sorted(files.ls(f"{bucket}/tree/b", detail=False)) == sorted(
        f"{bucket}/tree/b/{name}" for name in ("c", "d e", "ä")
    )
    assert files.glob(f"{bucket}/tree/b/*/f") == [f"{bucket}/tree/b/d e/f"]
    assert files.isdir(f"{bucket}/tree/b")
    assert not files.exists(f"{bucket}/tree/none")
    files.copy(f"{bucket}/tree/b", f"{bucket}/copy", recursive=True)
    files.mv(f"{bucket}/tree/a", f"{bucket}/moved")
    assert files.cat(f"{bucket}/copy/d e/f") == b"b/d e/f"
    files.rm(f"{bucket}/tree", recursive=True)
    assert not files.exists(f"{bucket}/tree")
    assert files.cat(f"{bucket}/moved") == b"a"


def test_buckets_and_metadata(files: Any, bucket: str) -> None:
    name = f"{bucket[:40]}-fs"
    files.mkdir(name)
    assert name in files.ls("", detail=False)
    with files.open(f"{name}/one", "wb", ContentType="text/x-odd", Metadata={"k": "v"}) as out:
        out.write(b"1")
    assert files.metadata(f"{name}/one") == {"k": "v"}
    assert files.info(f"{name}/one")["ContentType"] == "text/x-odd"
    files.touch(f"{name}/two")
    files.merge(f"{name}/three", [f"{name}/one"])
    assert files.cat(f"{name}/three") == b"1"
    files.rm(name, recursive=True)
    assert not files.exists(name)


def test_presigned_urls(files: Any, bucket: str) -> None:
    key = f"{bucket}/ä +%41//x"
    files.pipe_file(key, b"by URL")
    with urllib.request.urlopen(files.sign(key, expiration=60), timeout=30) as answer:
        assert answer.read() == b"by URL"
