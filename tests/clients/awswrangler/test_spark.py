"""awswrangler's Spark calculations, unmodified."""

from __future__ import annotations

import awswrangler
import pytest
from awswrangler import exceptions
from server import Server

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture(scope="module")
def spark_session(glaux: Server) -> str:
    """A session by boto3, so that the tests below need not wait for one each."""
    from server import Session

    session = Session(glaux)
    session.wait("IDLE")
    return session.id


def test_a_session_of_its_own_is_made(glaux: Server) -> None:
    session_id = awswrangler.athena.create_spark_session(workgroup="spark")
    status = glaux.client("athena").get_session(SessionId=session_id)
    assert status["Status"]["State"] == "IDLE"
    assert status["EngineConfiguration"]["MaxConcurrentDpus"] == 5
    assert status["SessionConfiguration"]["SessionIdleTimeoutInMinutes"] == 15
    glaux.client("athena").terminate_session(SessionId=session_id)


def test_a_calculation_runs(glaux: Server, spark_session: str) -> None:
    answer = awswrangler.athena.run_spark_calculation(
        code="print(spark.range(7).count())", workgroup="spark", session_id=spark_session
    )
    assert answer["Status"]["State"] == "COMPLETED"
    bucket, key = answer["Result"]["StdOutS3Uri"].removeprefix("s3://").split("/", 1)
    body = glaux.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert body == b"7\n"


def test_a_failure_tells_its_reason(spark_session: str) -> None:
    with pytest.raises(exceptions.CalculationFailed, match="ValueError: bad luck"):
        awswrangler.athena.run_spark_calculation(
            code="raise ValueError('bad luck')", workgroup="spark", session_id=spark_session
        )
