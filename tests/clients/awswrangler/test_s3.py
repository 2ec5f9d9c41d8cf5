"""awswrangler's S3 half: files of tables, lists, copies and deletes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import awswrangler as wr
import pandas as pd
import pytest
from s3_content import BIG, content, file_of

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def root(bucket: str) -> str:
    return f"s3://{bucket}/dir ä"


@pytest.fixture
def frame() -> Any:
    return pd.DataFrame({"id": range(1000), "part": ["a", "b"] * 500, "x": [0.5] * 1000})


@pytest.mark.parametrize("kind", ["csv", "json", "parquet", "orc"])
def test_frames_are_written_and_read(root: str, frame: Any, kind: str) -> None:
    url = f"{root}/one.{kind}"
    options = {"csv": {"index": False}}.get(kind, {})
    getattr(wr.s3, f"to_{kind}")(frame, url, **options)
    back = getattr(wr.s3, f"read_{kind}")(url)
    assert back["id"].sum() == frame["id"].sum()
    assert list(back["part"]) == list(frame["part"])


def test_a_partitioned_dataset(root: str, frame: Any) -> None:
    path = f"{root}/set/"
    for mode in ("overwrite", "append", "overwrite_partitions"):
        wr.s3.to_parquet(frame, path, dataset=True, partition_cols=["part"], mode=mode)
    back = wr.s3.read_parquet(path, dataset=True, partition_filter=lambda p: p["part"] == "a")
    assert len(back) == 500
    assert wr.s3.list_directories(path) == [f"{path}part=a/", f"{path}part=b/"]
    assert sum(size or 0 for size in wr.s3.size_objects(path).values()) > 0
    wr.s3.delete_objects(path)
    assert wr.s3.list_objects(path) == []


def test_files_and_copies(root: str, tmp_path: Path) -> None:
    one = file_of(tmp_path, "one", BIG)
    wr.s3.upload(str(one), f"{root}/big")
    assert wr.s3.does_object_exist(f"{root}/big")
    wr.s3.copy_objects([f"{root}/big"], root, f"{root}/copies")
    wr.s3.download(f"{root}/copies/big", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content(BIG)
    assert wr.s3.list_objects(f"{root}/*/big") == [f"{root}/copies/big"]
    assert wr.s3.describe_objects(f"{root}/big")[f"{root}/big"]["ContentLength"] == BIG
    wr.s3.merge_datasets(f"{root}/copies/", f"{root}/merged/", mode="overwrite")
    assert wr.s3.list_objects(f"{root}/merged/") == [f"{root}/merged/big"]
