"""What the S3 tests of all clients send: bytes that are always the same, and hard names."""

from __future__ import annotations

import io
import random
import uuid
from pathlib import Path
from typing import Any

MIB = 1 << 20
BIG = 16 * MIB + 12345  # four parts of the smallest size

# Each is the key of an object; several are prefixes of others, or differ in little from them.
NAMES = [
    "plain",
    "plain/below",
    "PLAIN",
    "with space",
    " spaces around ",
    "plus+plus",
    "per%cent",
    "%41%2F",
    "double//slash",
    "/leading",
    "trailing/",
    "trailing//",
    "dots/../up",
    "./here/.",
    "...",
    "ümläut/日本語",
    "e\u0301 beside \u00e9",
    "\U0001f680",
    "quotes'\"`",
    "<tag attr='&amp;'>",
    "question?query=1&more#fragment",
    "back\\slash",
    "[*]{}|^~!$@:;,=()",
    "tab\there",
    "new\nline",
    "control\x01\x7f",
    "no character \ufffe",
    "a" * 1024,
    "ä" * 512,
]
# XML has no way to write the others as they are: S3 refuses a DeleteObjects that names one.
XML_NAMES = [name for name in NAMES if not set(name) & set("\x01\ufffe")]


def content(size: int, seed: int = 0) -> bytes:
    """Bytes that no compression helps with, the same for the same arguments."""
    return random.Random(seed).randbytes(size)


def file_of(folder: Path, name: str, size: int, seed: int = 0) -> Path:
    path = folder / name
    path.write_bytes(content(size, seed))
    return path


class Stream(io.RawIOBase):
    """Content that can be read once and tells neither its length nor a position."""

    def __init__(self, data: bytes) -> None:
        self.rest = memoryview(data)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        count = min(len(into), len(self.rest), 70001)
        into[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count


def new_bucket(client: Any) -> str:
    """A bucket of a test's own."""
    name = f"test-{uuid.uuid4()}"
    client.create_bucket(Bucket=name)
    return name


def read(client: Any, bucket: str, key: str) -> bytes:
    return bytes(client.get_object(Bucket=bucket, Key=key)["Body"].read())
