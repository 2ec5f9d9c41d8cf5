"""AWS-only names in a session's properties, and what does the same here (docs/data.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Rule:
    """A property, by patterns of its key and its value in which * stands for any characters."""

    key: str
    value: str
    instead: str

    def fits(self, key: str, value: str) -> bool:
        return fnmatchcase(key, self.key) and fnmatchcase(value.strip(), self.value)


STORE = "s3:// and s3a:// are the server's store"
COMMITTER = "output is committed by the session's own committer"
METASTORE = "tables are in the server's catalog"
CREDENTIALS = "the session's own credentials are used"
GRANTS = "the settings name the buckets that a session reaches"

# The first rule that fits takes the property out; the session's default is used in its place.
RULES = (
    Rule("spark.hadoop.fs.*.impl", "com.amazon.*", STORE),
    # Hadoop 3.3.4 has such a class for s3a:// alone; without one Spark takes the class above.
    Rule("spark.hadoop.fs.AbstractFileSystem.s3.impl", "*", STORE),
    Rule("spark.*", "com.amazonaws.glue.catalog.metastore.*", METASTORE),
    Rule("spark.hadoop.hive.metastore.glue.*", "*", METASTORE),
    Rule("spark.hadoop.aws.glue.*", "*", METASTORE),
    Rule("spark.sql.hive.metastore.sharedPrefixes", "*awssdk*", METASTORE),
    Rule("spark.sql.catalog.*.glue.lakeformation-enabled", "*", GRANTS),
    Rule("spark.sql.catalog.*.client.factory", "*LakeFormation*", GRANTS),
    Rule("spark.*", "com.amazonaws.glue.accesscontrol.*", GRANTS),
    Rule("spark.hadoop.fs.s3.credentialsResolverClass", "*", GRANTS),
    Rule("spark.hadoop.fs.s3.s3AccessGrants.*", "*", GRANTS),
    Rule("spark.hadoop.fs.s3*.credentials.provider", "software.amazon.awssdk.*", CREDENTIALS),
    Rule("spark.hadoop.fs.s3*.credentials.provider", "com.amazon.*", CREDENTIALS),
    Rule("spark.hadoop.fs.s3*.credentials.provider", "com.amazonaws.emr.*", CREDENTIALS),
    Rule("spark.*", "*EmrOptimized*", COMMITTER),
    Rule("spark.sql.parquet.fs.optimized.committer.*", "*", COMMITTER),
    Rule("spark.hadoop.fs.s3a.committer.name", "magicv2", COMMITTER),
    Rule("spark.hadoop.fs.s3a.committer.magic.track.*", "*", COMMITTER),
)


def instead(key: str, value: str) -> str | None:
    """What takes the property's place; None when it is passed on."""
    return next((rule.instead for rule in RULES if rule.fits(key, value)), None)


def table() -> Iterator[str]:
    """The rows of the table in docs/data.md."""
    for rule in RULES:
        yield f"| `{rule.key}` | `{rule.value}` | {rule.instead} |"
