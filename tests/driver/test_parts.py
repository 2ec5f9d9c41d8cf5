"""The parts of the driver that need neither a session nor Spark."""

import json
import socket
from pathlib import Path

import pytest

pytest.importorskip("IPython", reason="the engine's packages are not in this environment")

from glaux_driver import errors, spec
from glaux_driver.link import Link, LinkError
from glaux_driver.properties import PropertyError, choose
from glaux_driver.results import OUTPUTS_MAX, Results
from glaux_driver.spec import Spec, SpecError

MINIMAL = {"session_id": "s", "work_dir": "/w"}


def chosen(properties: dict[str, str], jars: tuple[str, ...] = ()) -> tuple[dict[str, str], str]:
    said: list[str] = []
    choice = choose(Spec("s", "/w", spark_properties=properties), jars, said.append)
    return choice.properties, "\n".join(said)


def test_spec_defaults_and_unknown_members() -> None:
    parsed = spec.parse(json.dumps({**MINIMAL, "cores": 3, "java_home": None, "more": 1}))
    assert (parsed.cores, parsed.master, parsed.java_home) == (3, "local[2]", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({**MINIMAL, "cores": "2"}),
        json.dumps({**MINIMAL, "cores": True}),
        json.dumps({**MINIMAL, "spark_properties": {"a": 1}}),
        json.dumps({**MINIMAL, "engine": "perl"}),
    ],
)
def test_spec_refuses(text: str) -> None:
    with pytest.raises(SpecError):
        spec.parse(text)


def test_only_spark_names_are_honoured() -> None:
    properties, said = chosen({"spark.x.y": "1", "hive.z": "2"})
    assert properties["spark.x.y"] == "1"
    assert "hive.z" not in properties
    assert said == ""


def test_the_catalog_is_used_where_its_files_can_be_read() -> None:
    with_catalog = Spec(
        "s",
        "/w",
        warehouse="s3://b/w",
        metastore_uri="thrift://127.0.0.1:9",
        spark_properties={"spark.hadoop.hive.metastore.client.socket.timeout": "9s"},
    )
    properties = choose(with_catalog, ["hadoop-aws-3.3.4.jar"], print).properties
    assert properties["spark.sql.catalogImplementation"] == "hive"
    assert properties["spark.sql.warehouse.dir"] == "s3://b/w"
    assert properties["spark.hadoop.hive.metastore.uris"] == "thrift://127.0.0.1:9"
    assert properties["spark.hadoop.hive.metastore.client.socket.timeout"] == "9s"
    without_s3a = choose(with_catalog, ["hadoop-client-api.jar"], print).properties
    assert without_s3a["spark.sql.catalogImplementation"] == "in-memory"
    assert chosen({}, ("hadoop-aws.jar",))[0]["spark.sql.catalogImplementation"] == "in-memory"


def test_fixed_properties_stay() -> None:
    properties, said = chosen({"spark.master": "yarn", "spark.driver.memory": "64g"})
    assert properties["spark.master"] == "local[2]"
    assert properties["spark.driver.memory"] == "1g"
    assert "spark.master is fixed" in said


def test_defaults_give_way() -> None:
    properties, _ = chosen({"spark.app.name": "mine"})
    assert properties["spark.app.name"] == "mine"


@pytest.mark.parametrize(
    "value",
    [
        "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory",
        "com.amazonaws.glue.accesscontrol.AWSLakeFormationCredentialResolver",
        "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider",
        "org.apache.iceberg.aws.glue.GlueCatalog",
        "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    ],
)
def test_classes_that_are_not_here_are_left_out(value: str) -> None:
    properties, said = chosen({"spark.some.class": value})
    assert "spark.some.class" not in properties
    assert value in said


def test_a_jar_makes_its_classes_available() -> None:
    given = {"spark.sql.catalog.c": "org.apache.iceberg.spark.SparkCatalog"}
    assert "spark.sql.catalog.c" not in chosen(given)[0]
    jar = "iceberg-spark-runtime-3.5_2.12-1.10.0.jar"
    assert chosen(given, (jar,))[0]["spark.sql.catalog.c"] == given["spark.sql.catalog.c"]
    package = {"spark.jars.packages": "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.10.0"}
    assert "spark.sql.catalog.c" in chosen({**given, **package})[0]


def test_lists_lose_only_what_is_not_here() -> None:
    given = "io.delta.sql.DeltaSparkSessionExtension, my.Extension"
    assert chosen({"spark.sql.extensions": given})[0]["spark.sql.extensions"] == "my.Extension"
    delta = {"spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension"}
    assert "spark.sql.extensions" not in chosen(delta)[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [("spark.athena.x", "1"), ("spark.driver.extraJavaOptions", "-ea -Xmx9g")],
)
def test_properties_with_which_no_session_starts(key: str, value: str) -> None:
    with pytest.raises(PropertyError, match="spark"):
        chosen({key: value})


def text_output(text: str) -> dict[str, object]:
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def test_results_within_the_limit_are_whole() -> None:
    results = Results(10_000)
    results.add({"output_type": "display_data", "data": {"image/png": b"\x89PNG"}, "metadata": {}})
    document = json.loads(results.document())
    assert document["version"] == 1
    assert document["outputs"][0]["data"] == {"image/png": "iVBORw=="}


def test_the_largest_output_is_dropped_with_a_mark() -> None:
    results = Results(2000)
    for text in ("small", "x" * 1500, "y" * 700):
        results.add(text_output(text))
    data = results.document()
    assert len(data) <= 2000
    small, mark, other = json.loads(data)["outputs"]
    assert small["data"]["text/plain"] == "small"
    assert "dropped" in mark["data"]["text/plain"]
    assert mark["metadata"]["glaux"]["dropped_bytes"] > 1500
    assert other["data"]["text/plain"] == "y" * 700


def test_endless_outputs_stay_bounded() -> None:
    results = Results(100_000)
    for number in range(OUTPUTS_MAX + 50):
        results.add(text_output(f"{number}" * 20))
    data = results.document()
    assert len(data) <= 100_000
    assert "more outputs dropped" in json.loads(data)["outputs"][-1]["data"]["text/plain"]


def test_values_json_does_not_know() -> None:
    results = Results(1000)
    results.add(
        {"output_type": "display_data", "data": {"a/b": float("nan")}, "metadata": {1: {2}}}
    )
    assert json.loads(results.document())["outputs"][0]["data"] == {"a/b": "nan"}


def link_with(data: bytes) -> Link:
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(data)
    return Link(theirs)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff",
        b"\0\0",
        b"\0\0\0\x05{}",
        b"\0\0\0\x02[]",
        b"\0\0\0\x02{}",
        b"\0\0\0\x03{\xff}",
        b"\0\0\0\0",
        b"\0\0\xff\xff" + b"[" * 0xFFFF,
    ],
)
def test_malformed_frames(data: bytes) -> None:
    with pytest.raises(LinkError):
        link_with(data).receive()


def test_a_frame_and_the_end() -> None:
    link = link_with(b'\0\0\0\x0a{"t":"xy"}')
    assert link.receive() == ({"t": "xy"}, [])
    assert link.receive() is None


def raised(code: str) -> BaseException:
    try:
        exec(compile(code, "<stdin>", "exec"), {})
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_chain_keeps_its_words_and_loses_its_headers(tmp_path: Path) -> None:
    text = errors.format_error(
        raised("try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise KeyError(1) from e")
    )
    lines = [line for line in text.splitlines() if __file__ not in line and line.strip()]
    assert not any(line.startswith("Traceback") for line in lines)
    assert 'File "<stdin>", line 2, in <module>' in text
    assert "ZeroDivisionError: division by zero" in lines
    assert "The above exception was the direct cause of the following exception:" in lines
    assert lines[-1] == "KeyError: 1"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise ValueError('a\\nb')", "ValueError: a"),
        ("raise ValueError", "ValueError"),
        ("raise ValueError('a:\\nb')", "ValueError: a:"),
        (
            "class E(Exception): __module__ = 'm'\nraise E('\\n[CODE] at 1\\n\\nx')",
            "m.E: [CODE] at 1",
        ),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("x = = 1", "SyntaxError: invalid syntax"),
        ("class E(Exception):\n  def __str__(self): 1/0\nraise E", None),
    ],
)
def test_reasons(code: str, reason: str | None) -> None:
    text = errors.reason(raised(code))
    assert "\n" not in text
    assert reason is None or text == reason


REFUSED = "java.nio.file.AccessDeniedException: s3://lake/a: getFileStatus: Forbidden"
ICEBERG = "java.lang.InstantiationException\n\tat org.apache.spark.rdd.HadoopRDD.getInputFormat(x)"


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (f"raise RuntimeError({REFUSED!r})", "session.buckets"),
        ("raise PermissionError('Forbidden')", "session.buckets"),
        (
            "raise OSError('(403) when calling the HeadObject operation')",
            "session.buckets",
        ),
        (f"raise RuntimeError({ICEBERG!r})", "SparkSessionCatalog"),
    ],
)
def test_an_error_without_help_in_its_words_gets_some(code: str, advice: str) -> None:
    error = raised(code)
    assert advice in errors.format_error(error).splitlines()[-1]
    assert advice in errors.reason(error)
    assert "\n" not in errors.reason(error)


@pytest.mark.parametrize(
    "code",
    [
        f"raise RuntimeError({REFUSED + ' (settings session.buckets)'!r})",
        "open('/proc/1/mem')",
        "raise PermissionError('of my own')",
        "raise RuntimeError('java.lang.InstantiationException')",
    ],
)
def test_other_errors_are_as_they_were(code: str) -> None:
    error = raised(code)
    assert errors.format_error(error).count("session.buckets") == code.count("session.buckets")
    assert "session reaches" not in errors.reason(error)
    assert "Iceberg" not in errors.format_error(error)


def test_advice_stays_in_a_reason_that_is_cut() -> None:
    text = errors.reason(RuntimeError(REFUSED + "x" * 5000))
    assert len(text) == errors.REASON_MAX
    assert text.endswith("[role NAME] name.")
