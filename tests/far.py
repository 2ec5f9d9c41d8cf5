"""A bucket of another S3 behind a network with faults, and servers that know it as a remote."""

from __future__ import annotations

from versitygw import VersityGw

BUCKET = "far-results"


def remote_settings(far: VersityGw, endpoint: str) -> dict[str, str]:
    """The buckets far-* live there; waits are short."""
    return {
        "remote.far.endpoint": endpoint,
        "remote.far.buckets": f"{BUCKET}, far-*",
        "remote.far.access_key_id": far.key_id,
        "remote.far.secret_access_key": far.secret,
        "remote.far.connect_timeout": "1s",
        "remote.far.retries": "1",
        "remote.far.part_size": "5MiB",
        "delivery.wait": "1s",
        "delivery.retry": "1s",
    }
