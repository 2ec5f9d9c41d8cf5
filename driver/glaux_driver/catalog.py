"""How Spark reaches the server's catalog: its Hive client speaks Thrift to the server itself.

The client is loaded at a session's first use of the catalog, not at its start.
"""

import os
from typing import Any

from glaux_driver.spec import Spec

TICKET = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
USER = "spark"


def defaults(spec: Spec, jars: str) -> dict[str, str]:
    """Of a session with the server's catalog, which can also reach the tables' files by S3A.

    `jars` has the names of all that are present.
    """
    if not spec.metastore_uri or "hadoop-aws" not in jars:
        return {}
    scratch = os.path.join(spec.private_dir, "hive")
    settings = {
        "hive.metastore.uris": spec.metastore_uri,
        # A server that restarts is waited for, some seconds in all; one that is gone is an error.
        "hive.metastore.connect.retries": "15",
        "hive.metastore.client.connect.retry.delay": "1s",
        "hive.metastore.failure.retries": "2",
        "hive.metastore.client.socket.timeout": "600s",
        # Hive's own are shared by all users of the machine.
        "hive.exec.scratchdir": os.path.join(scratch, "scratch"),
        "hive.exec.local.scratchdir": os.path.join(scratch, "local"),
        "hive.downloaded.resources.dir": os.path.join(scratch, "resources"),
        "hive.querylog.location": os.path.join(scratch, "log"),
        # Iceberg's commits compare and swap, which needs no locks.
        "iceberg.engine.hive.lock-enabled": "false",
    }
    return {
        "spark.sql.catalogImplementation": "hive",
        **({"spark.sql.warehouse.dir": spec.warehouse} if spec.warehouse else {}),
        **{f"spark.hadoop.{key}": value for key, value in settings.items()},
    }


def name_user(gateway: Any) -> None:
    """Who the session is for Hadoop. Its own login fails for a user id without a name.

    The Hive client tells the metastore its user's groups: the session's ticket is one of them.
    """
    hadoop = gateway.jvm.org.apache.hadoop
    users = hadoop.security.UserGroupInformation
    ticket = os.environ.get(TICKET, "")
    if ticket:
        conf = hadoop.conf.Configuration(False)
        conf.set("hadoop.user.group.static.mapping.overrides", f"{USER}={ticket}")
        users.setConfiguration(conf)
    users.setLoginUser(users.createRemoteUser(USER))
