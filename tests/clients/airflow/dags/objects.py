"""A DAG over the provider's operators and sensors of S3, all of them against one bucket."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.operators.s3 import (
    S3CopyObjectOperator,
    S3CopyPrefixOperator,
    S3CreateBucketOperator,
    S3CreateObjectOperator,
    S3DeleteBucketOperator,
    S3DeleteObjectsOperator,
    S3FileTransformOperator,
    S3ListOperator,
    S3ListPrefixesOperator,
    S3ReadObjectOperator,
)
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.providers.amazon.aws.transfers.local_to_s3 import LocalFilesystemToS3Operator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, chain

BUCKET = "test-airflow"


def check(ti: Any) -> None:
    assert ti.xcom_pull("list") == ["in/words 1.txt", "in/words 2.txt"]
    assert ti.xcom_pull("prefixes") == ["copies/", "in/"]
    assert ti.xcom_pull("read") == "tawny"
    hook = S3Hook()
    assert hook.read_key("out/same.txt", BUCKET) == "tawny"
    copied, sent = (hook.get_key(key, BUCKET).get()["Body"].read() for key in ("copies/big", "big"))
    assert copied == sent
    assert hook.get_key("copies/words 2.txt", BUCKET).content_length == 4
    assert hook.check_for_wildcard_key("in/wo*2.txt", BUCKET)
    assert not hook.check_for_key("in/nothing", BUCKET)
    assert [one["Size"] for one in hook.iter_file_metadata("in/words", BUCKET)] == [5, 4]


with DAG("objects"):
    chain(
        S3CreateBucketOperator(task_id="create", bucket_name=BUCKET),
        [
            S3CreateObjectOperator(
                task_id=f"put_{number}",
                s3_bucket=BUCKET,
                s3_key=f"in/words {number}.txt",
                data=word,
            )
            for number, word in ((1, "tawny"), (2, "barn"))
        ],
        LocalFilesystemToS3Operator(
            task_id="upload",
            filename="{{ var.value.file }}",
            dest_key="big",
            dest_bucket=BUCKET,
        ),
        S3KeySensor(
            task_id="wait",
            bucket_name=BUCKET,
            bucket_key=["in/words*", "big"],
            wildcard_match=True,
            poke_interval=1,
            timeout=60,
        ),
        S3ListOperator(task_id="list", bucket=BUCKET, prefix="in/", delimiter=""),
        S3ReadObjectOperator(task_id="read", s3_bucket=BUCKET, s3_key="in/words 1.txt"),
        S3CopyObjectOperator(
            task_id="copy",
            source_bucket_name=BUCKET,
            source_bucket_key="big",
            dest_bucket_name=BUCKET,
            dest_bucket_key="copies/big",
        ),
        S3CopyPrefixOperator(
            task_id="copy_prefix",
            source_bucket_name=BUCKET,
            source_bucket_prefix="in/",
            dest_bucket_name=BUCKET,
            dest_bucket_prefix="copies/",
        ),
        S3ListPrefixesOperator(task_id="prefixes", bucket=BUCKET, prefix="", delimiter="/"),
        S3FileTransformOperator(
            task_id="transform",
            source_s3_key=f"s3://{BUCKET}/in/words 1.txt",
            dest_s3_key=f"s3://{BUCKET}/out/same.txt",
            transform_script="/bin/cp",
        ),
        PythonOperator(task_id="check", python_callable=check),
        S3DeleteObjectsOperator(task_id="delete", bucket=BUCKET, prefix="in/"),
        S3DeleteBucketOperator(task_id="drop", bucket_name=BUCKET, force_delete=True),
    )
