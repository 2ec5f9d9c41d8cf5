"""A data folder that lost a part: nothing else is lost with it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest
from s3_wire import new_bucket
from server import Server

LARGE = os.urandom(1 << 20)


@pytest.mark.parametrize("empty", [False, True])
def test_without_the_index_no_objects_are_removed(
    new_light: Callable[..., Server], empty: bool
) -> None:
    """A file system may leave the file without a byte when the power goes."""
    server = new_light()
    s3 = server.client("s3")
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="large", Body=LARGE)
    server.end()
    index, backup = server.data / "glaux.db", server.data.parent / "backup"
    shutil.move(index, backup)
    if empty:
        index.touch()
    with pytest.raises(RuntimeError, match=r"put glaux\.db back"):
        server.start()
    shutil.move(backup, index)
    server.start()
    body = server.client("s3").get_object(Bucket=bucket, Key="large")["Body"].read()
    assert body == LARGE
