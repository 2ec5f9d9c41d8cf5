"""How Spark reaches data: the server's S3 by s3:// and s3a://.

Everything here is a default that a session's own properties override. Credentials are none of
it: they are fetched by the address and the ticket in the session's environment.
"""

import os
import re
from collections.abc import Mapping

from glaux_driver.spec import Spec

SCHEMES = ("s3", "s3a", "s3n")
S3A = "org.apache.hadoop.fs.s3a"
COMMIT_PROTOCOL = "org.glaux.spark.CommitProtocol"
ABSTRACT_S3 = "org.glaux.spark.AbstractS3"
DELTA_LOG_STORE = "org.glaux.spark.DeltaLogStore"

# spark.sql.catalog.NAME, the class of a catalog.
CATALOG = re.compile(r"spark\.sql\.catalog\.([^.]+)")
ICEBERG = "org.apache.iceberg."
GLUE_CATALOG = "org.apache.iceberg.aws.glue.GlueCatalog"


def defaults(spec: Spec) -> dict[str, str]:
    """Of a session with the server's data; without it, nothing."""
    if not spec.data_url:
        return {}
    log_stores = {f"spark.delta.logStore.{scheme}.impl": DELTA_LOG_STORE for scheme in SCHEMES}
    return {**_s3a(spec), **_committers(spec), **log_stores}


def _hadoop(settings: Mapping[str, str]) -> dict[str, str]:
    return {f"spark.hadoop.{key}": value for key, value in settings.items()}


def _s3a(spec: Spec) -> dict[str, str]:
    settings = {f"fs.{scheme}.impl": f"{S3A}.S3AFileSystem" for scheme in SCHEMES}
    settings |= {f"fs.AbstractFileSystem.{scheme}.impl": ABSTRACT_S3 for scheme in SCHEMES}
    settings |= {
        "fs.s3a.endpoint": spec.data_url,
        "fs.s3a.endpoint.region": spec.region or "us-east-1",
        "fs.s3a.path.style.access": "true",
        "fs.s3a.connection.ssl.enabled": "false",
        "fs.s3a.aws.credentials.provider": f"{S3A}.auth.IAMInstanceCredentialsProvider",
        # A server that restarts is waited for, about a minute; one that is gone is an error then.
        "fs.s3a.attempts.maximum": "3",
        "fs.s3a.connection.establish.timeout": "5000",
        "fs.s3a.connection.timeout": "120000",
        "fs.s3a.buffer.dir": os.path.join(spec.private_dir, "s3a"),
    }
    return _hadoop(settings)


def _committers(spec: Spec) -> dict[str, str]:
    """Tasks' files become visible when the job commits, by completing multipart uploads.

    The staging committer keeps what is not committed yet out of the bucket, so jobs that write to
    one table at a time do not meet; a job that dies leaves nothing that a reader sees.
    """
    settings = {
        f"mapreduce.outputcommitter.factory.scheme.{scheme}": f"{S3A}.commit.S3ACommitterFactory"
        for scheme in SCHEMES
    }
    settings |= {
        "fs.s3a.committer.name": "directory",
        "fs.s3a.committer.staging.conflict-mode": "append",  # Spark itself has looked before
        # Spark's names have the job's id already, and end with the number of the bucket.
        "fs.s3a.committer.staging.unique-filenames": "false",
        "fs.s3a.committer.staging.tmp.path": os.path.join(spec.private_dir, "staging"),
        "fs.s3a.committer.abort.pending.uploads": "false",
        "fs.s3a.committer.staging.abort.pending.uploads": "false",
    }
    return {
        **_hadoop(settings),
        "spark.sql.sources.commitProtocolClass": COMMIT_PROTOCOL,
        "spark.sql.parquet.output.committer.class": (
            "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter"
        ),
    }


def complete(spec: Spec, given: Mapping[str, str]) -> dict[str, str]:
    """What the Iceberg catalogs that a session names need and do not say."""
    if not spec.data_url:
        return {}
    added: dict[str, str] = {}
    for key, value in given.items():
        match = CATALOG.fullmatch(key)
        if match and value.startswith(ICEBERG):
            added |= {f"{key}.{name}": text for name, text in _iceberg(spec).items()}
    return {key: value for key, value in added.items() if key not in given}


def _iceberg(spec: Spec) -> dict[str, str]:
    settings = {
        "client.region": spec.region or "us-east-1",
        "glue.endpoint": spec.data_url,
        "s3.endpoint": spec.data_url,
        "s3.path-style-access": "true",
    }
    if spec.warehouse:
        settings["warehouse"] = spec.warehouse
    return settings
