"""Whether a store is sound: its objects by what clients read, its folder by its index."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any


def keys(client: Any, bucket: str, prefix: str = "") -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def entity_tag(client: Any, target: dict[str, str], tag: str) -> str:
    """As it follows from what is read: a hash, or the hash of the parts' hashes."""
    _, _, count = tag.partition("-")
    numbers: list[dict[str, int]] = [{"PartNumber": n + 1} for n in range(int(count or 0))]
    hashes = []
    for part in numbers or [{}]:
        answer = client.get_object(**target, **part)
        body = answer["Body"].read()
        assert len(body) == answer["ContentLength"]
        hashes.append(hashlib.md5(body))
    if not numbers:
        return hashes[0].hexdigest()
    return f"{hashlib.md5(b''.join(h.digest() for h in hashes)).hexdigest()}-{count}"


def check_bodies(client: Any, bucket: str) -> None:
    """What is listed can be read, and is what its entity tag says."""
    for key in keys(client, bucket):
        target = {"Bucket": bucket, "Key": key}
        tag = client.head_object(**target)["ETag"].strip('"')
        assert entity_tag(client, target, tag) == tag, key


def abort_uploads(client: Any, bucket: str) -> None:
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            client.abort_multipart_upload(
                Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )


def pieces_of(database: sqlite3.Connection) -> Counter[str]:
    """How often each blob is named by objects and by parts of uploads."""
    named: Counter[str] = Counter()
    for table in ("objects", "parts"):
        for (pieces,) in database.execute(f"SELECT pieces FROM {table} WHERE pieces IS NOT NULL"):
            named.update(line.split()[0] for line in pieces.splitlines())
    return named


def differences(data: Path) -> list[str]:
    """Where the folder of blobs, their count of references and the objects disagree."""
    files = {path.name for path in (data / "blobs").rglob("*") if path.is_file()}
    database = sqlite3.connect(f"file:{data}/glaux.db?mode=ro", uri=True)
    try:
        named = pieces_of(database)
        counted = dict(database.execute("SELECT id, refs FROM blobs"))
    finally:
        database.close()
    return [
        *(f"{blob} is named, and its file is gone" for blob in named.keys() - files),
        *(f"the file {blob} belongs to nothing" for blob in files - named.keys()),
        *(
            f"{blob} is counted {counted[blob]} times"
            for blob in counted
            if counted[blob] != named[blob]
        ),
        *(f"{blob} is named, and not counted" for blob in named.keys() - counted.keys()),
        *(f"{blob} is not forgotten yet" for blob in counted if counted[blob] == 0),
    ]
