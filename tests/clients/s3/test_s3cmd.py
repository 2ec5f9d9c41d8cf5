"""s3cmd, which signs and lists in its own way."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from s3_content import BIG, content, file_of, read
from server import Server
from tool import Tool


@pytest.fixture
def s3cmd(glaux: Server, environment: dict[str, str], tmp_path: Path) -> Tool:
    host = glaux.endpoint.removeprefix("http://")
    settings = tmp_path / "s3cfg"
    settings.write_text(
        f"[default]\naccess_key = {glaux.key_id}\nsecret_key = {glaux.secret}\n"
        f"host_base = {host}\nhost_bucket = {host}\nuse_https = False\n"
    )
    program = Path(sys.executable).with_name("s3cmd")
    return Tool([sys.executable, program, "-c", settings, "--no-progress"], environment)


def test_put_get_list_delete(s3cmd: Tool, bucket: str, tmp_path: Path) -> None:
    one = file_of(tmp_path, "one", 5000)
    url = f"s3://{bucket}/a b/ä+%41"
    s3cmd.out("put", one, url, "--add-header", "x-amz-meta-colour: blue")
    assert s3cmd.out("get", url, "-") == content(5000)
    assert s3cmd.lines("ls", "--recursive", f"s3://{bucket}")[0].endswith(url)
    assert "x-amz-meta-colour: blue" in s3cmd.out("info", url).decode()
    s3cmd.out("cp", url, f"s3://{bucket}/copy")
    s3cmd.out("mv", f"s3://{bucket}/copy", f"s3://{bucket}/moved")
    s3cmd.out("del", url)
    assert s3cmd.lines("ls", "--recursive", f"s3://{bucket}")[0].endswith("/moved")


def test_parts_and_sync(s3cmd: Tool, s3: Any, bucket: str, tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    folder.mkdir()
    file_of(folder, "big", BIG)
    file_of(folder, "small", 100, 1)
    s3cmd.out("sync", "--multipart-chunk-size-mb=5", f"{folder}/", f"s3://{bucket}/tree/")
    assert read(s3, bucket, "tree/big") == content(BIG)
    back = tmp_path / "back"
    back.mkdir()
    s3cmd.out("sync", f"s3://{bucket}/tree/", f"{back}/")
    assert (back / "big").read_bytes() == content(BIG)
    assert (back / "small").read_bytes() == content(100, 1)
    s3cmd.out("rb", "--recursive", "--force", f"s3://{bucket}")
    assert bucket not in s3cmd.out("ls").decode()
