"""Which properties let Spark reach data, and which of AWS's own are replaced; without Spark."""

import pytest

pytest.importorskip("IPython", reason="the engine's packages are not in this environment")

from glaux_driver.properties import Choice, choose
from glaux_driver.spec import Spec

URL = "http://127.0.0.1:21000"
JARS = ("hadoop-aws-3.3.4.jar", "iceberg-spark-runtime-3.5.jar", "iceberg-aws-bundle-1.10.0.jar")


def chosen(properties: dict[str, str], **spec: str) -> tuple[Choice, str]:
    said: list[str] = []
    given = {"data_url": URL, "region": "eu-west-1", "warehouse": "s3://w/h"} | spec
    made = Spec("s", "/w", spark_properties=properties, **given)  # type: ignore[arg-type]
    return choose(made, JARS, said.append), "\n".join(said)


def test_the_servers_store_is_the_default() -> None:
    properties = chosen({})[0].properties
    for scheme in ("s3", "s3a", "s3n"):
        assert properties[f"spark.hadoop.fs.{scheme}.impl"].endswith(".S3AFileSystem")
    assert properties["spark.hadoop.fs.s3a.endpoint"] == URL
    assert properties["spark.hadoop.fs.s3a.endpoint.region"] == "eu-west-1"
    assert properties["spark.sql.sources.commitProtocolClass"] == "org.glaux.spark.CommitProtocol"
    assert properties["spark.delta.logStore.s3.impl"] == "org.glaux.spark.DeltaLogStore"


def test_a_session_may_name_another_store() -> None:
    properties = chosen({"spark.hadoop.fs.s3a.endpoint": "https://s3.example.com"})[0].properties
    assert properties["spark.hadoop.fs.s3a.endpoint"] == "https://s3.example.com"


def test_without_the_servers_data() -> None:
    properties = chosen({}, data_url="")[0].properties
    assert not any(key.startswith("spark.hadoop.fs.") for key in properties)
    assert "spark.sql.sources.commitProtocolClass" not in properties


def test_tables_outlive_the_session_where_there_is_a_metastore() -> None:
    properties = chosen({})[0].properties
    assert properties["spark.sql.catalogImplementation"] == "in-memory"
    assert properties["spark.sql.warehouse.dir"] == "/w/spark-warehouse"
    properties = chosen({}, metastore_uri="thrift://127.0.0.1:1")[0].properties
    assert properties["spark.sql.catalogImplementation"] == "hive"
    assert properties["spark.hadoop.hive.metastore.uris"] == "thrift://127.0.0.1:1"
    assert properties["spark.sql.warehouse.dir"] == "s3://w/h"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (
            "spark.hadoop.hive.metastore.client.factory.class",
            "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory",
        ),
        ("spark.hadoop.hive.metastore.glue.catalogid", "123456789012"),
        ("spark.hadoop.aws.glue.catalog.separator", "/"),
        ("spark.sql.hive.metastore.sharedPrefixes", "software.amazon.awssdk.services.dynamodb"),
        (
            "spark.hadoop.fs.s3.credentialsResolverClass",
            "com.amazonaws.glue.accesscontrol.AWSLakeFormationCredentialResolver",
        ),
        ("spark.hadoop.fs.s3.s3AccessGrants.enabled", "true"),
        ("spark.hadoop.fs.s3.impl", "com.amazon.ws.emr.hadoop.fs.EmrFileSystem"),
        (
            "spark.hadoop.fs.s3a.aws.credentials.provider",
            "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider",
        ),
        (
            "spark.sql.parquet.output.committer.class",
            "com.amazon.emr.committer.EmrOptimizedSparkSqlParquetOutputCommitter",
        ),
        ("spark.sql.parquet.fs.optimized.committer.optimization-enabled", "true"),
        ("spark.hadoop.fs.s3a.committer.name", "magicv2"),
        ("spark.hadoop.fs.s3a.committer.magic.track.commits.in.memory.enabled", "true"),
        ("spark.sql.catalog.c.glue.lakeformation-enabled", "true"),
    ],
)
def test_what_only_aws_has_is_replaced(key: str, value: str) -> None:
    choice, said = chosen({key: value})
    assert choice.properties == chosen({})[0].properties
    assert f"{key}={value}" in said


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spark.hadoop.fs.s3.useRequesterPaysHeader", "true"),
        ("spark.hadoop.fs.s3a.committer.name", "magic"),
        (
            "spark.hadoop.fs.s3a.aws.credentials.provider",
            "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider",
        ),
        ("spark.sql.parquet.output.committer.class", "my.Committer"),
    ],
)
def test_what_is_not_aws_alone_stays(key: str, value: str) -> None:
    choice, said = chosen({key: value})
    assert choice.properties[key] == value
    assert said == ""


def test_an_iceberg_catalog_gets_what_it_does_not_name() -> None:
    catalog = "spark.sql.catalog.lake"
    choice, _ = chosen(
        {
            catalog: "org.apache.iceberg.spark.SparkCatalog",
            f"{catalog}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
            f"{catalog}.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
            f"{catalog}.warehouse": "s3://mine/x",
        }
    )
    assert choice.formats == ("iceberg",)
    properties = choice.properties
    assert properties[f"{catalog}.glue.endpoint"] == URL
    assert properties[f"{catalog}.s3.endpoint"] == URL
    assert properties[f"{catalog}.s3.path-style-access"] == "true"
    assert properties[f"{catalog}.client.region"] == "eu-west-1"
    assert properties[f"{catalog}.warehouse"] == "s3://mine/x"
    assert not any(".warehouse.glue" in key for key in properties)


def test_formats_are_only_there_where_they_are_named() -> None:
    assert chosen({})[0].formats == ()
    delta = {"spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension"}
    said: list[str] = []
    jars = ("delta-spark_2.12-3.3.3.jar",)
    assert choose(Spec("s", "/w", spark_properties=delta), jars, said.append).formats == ("delta",)


def test_python_files_are_added_once_spark_is_up() -> None:
    choice, _ = chosen({"spark.submit.pyFiles": "s3://b/a.py, s3://b/c.zip"})
    assert choice.py_files == ("s3://b/a.py", "s3://b/c.zip")
    assert not choice.submit
    assert "spark.submit.pyFiles" not in choice.properties
