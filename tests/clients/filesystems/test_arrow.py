"""Arrow's S3 file system, which is written in C++ over the AWS SDK of that language."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from pyarrow import fs
from s3_content import BIG, content, read

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def files(environment: dict[str, str]) -> Any:
    endpoint = environment["AWS_ENDPOINT_URL"].removeprefix("http://")
    return fs.S3FileSystem(endpoint_override=endpoint, scheme="http", allow_bucket_creation=True)


def test_streams(files: Any, s3: Any, bucket: str) -> None:
    data = content(BIG)
    with files.open_output_stream(
        f"{bucket}/dir/ä +%.bin", metadata={"Content-Type": "x/y"}
    ) as out:
        for at in range(0, BIG, 1000003):
            out.write(data[at : at + 1000003])
    assert read(s3, bucket, "dir/ä +%.bin") == data
    assert s3.head_object(Bucket=bucket, Key="dir/ä +%.bin")["ContentType"] == "x/y"
    with files.open_input_stream(f"{bucket}/dir/ä +%.bin") as back:
        assert back.read() == data
    with files.open_input_file(f"{bucket}/dir/ä +%.bin") as back:
        assert back.size() == BIG
        assert back.read_at(1000, 9000000) == data[9000000:9001000]


def test_a_tree(files: Any, bucket: str) -> None:
    for name in ("a", "b/c", "b/d e/f"):
        with files.open_output_stream(f"{bucket}/tree/{name}") as out:
            out.write(name.encode())
    files.create_dir(f"{bucket}/tree/empty")
    found = files.get_file_info(fs.FileSelector(f"{bucket}/tree", recursive=True))
    kinds = {info.path.removeprefix(f"{bucket}/tree/"): info.type for info in found}
    directory, file = fs.FileType.Directory, fs.FileType.File
    assert kinds == {
        "a": file,
        "b": directory,
        "b/c": file,
        "b/d e": directory,
        "b/d e/f": file,
        "empty": directory,
    }
    files.copy_file(f"{bucket}/tree/a", f"{bucket}/copy")
    files.move(f"{bucket}/copy", f"{bucket}/moved")
    assert files.get_file_info(f"{bucket}/copy").type == fs.FileType.NotFound
    with files.open_input_stream(f"{bucket}/moved") as back:
        assert back.read() == b"a"
    files.delete_dir(f"{bucket}/tree")
    assert files.get_file_info(f"{bucket}/tree").type == fs.FileType.NotFound
    files.delete_file(f"{bucket}/moved")


def test_parquet(files: Any, bucket: str) -> None:
    count = 300000
    table = pa.table(
        {"id": range(count), "part": [i % 3 for i in range(count)], "x": list(content(count))}
    )
    pq.write_table(table, f"{bucket}/one.parquet", filesystem=files, row_group_size=50000)
    some = pq.read_table(f"{bucket}/one.parquet", filesystem=files, filters=[("id", "<", 10)])
    assert some["id"].to_pylist() == list(range(10))
    ds.write_dataset(
        table,
        f"{bucket}/dataset",
        filesystem=files,
        format="parquet",
        partitioning=ds.partitioning(pa.schema([("part", pa.int64())]), flavor="hive"),
    )
    back = ds.dataset(f"{bucket}/dataset", filesystem=files, partitioning="hive")
    assert back.count_rows(filter=ds.field("part") == 1) == count // 3


def test_buckets(files: Any, bucket: str) -> None:
    name = f"{bucket[:40]}-arrow"
    files.create_dir(name)
    assert name in [info.path for info in files.get_file_info(fs.FileSelector(""))]
    with pytest.raises(OSError, match=r"NO_SUCH_BUCKET|NoSuchBucket|does not exist"):
        files.open_output_stream("no-such-bucket-here/x").close()
