"""Workgroups: what exists from the start, making, changing, refusing, deleting."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from json_wire import JsonWire, refused
from server import Server, wait_for

ROLE = "arn:aws:iam::000000000000:role/AnalystsRole"
KEY = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
ENGINES = ["PySpark engine version 3", "Apache Spark version 3.5"]
SQL = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}


@pytest.fixture(scope="module")
def athena(light: Server) -> Any:
    return light.client("athena")


def spark(**more: Any) -> dict[str, Any]:
    """The least configuration of a Spark workgroup."""
    return {
        "EngineVersion": {"SelectedEngineVersion": "Apache Spark version 3.5"},
        "ExecutionRole": ROLE,
    } | more


@pytest.fixture
def made(athena: Any) -> Iterator[Callable[..., str]]:
    """Makes workgroups that go after the test."""
    names: list[str] = []

    def make(configuration: dict[str, Any] | None = None, **more: Any) -> str:
        name = f"group-{uuid.uuid4()}"
        if configuration is not None:
            more["Configuration"] = configuration
        athena.create_work_group(Name=name, **more)
        names.append(name)
        return name

    yield make
    for name in names:
        if name in listed(athena):
            athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


def listed(athena: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    token: dict[str, str] = {}
    while True:
        page = athena.list_work_groups(**token)
        found |= {g["Name"]: g for g in page["WorkGroups"]}
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def group(athena: Any, name: str) -> dict[str, Any]:
    return dict(athena.get_work_group(WorkGroup=name)["WorkGroup"])


def configuration(athena: Any, name: str) -> dict[str, Any]:
    return dict(group(athena, name)["Configuration"])


def start(athena: Any, name: str) -> str:
    return str(athena.start_session(WorkGroup=name, EngineConfiguration={})["SessionId"])


def ended(athena: Any, session_id: str) -> dict[str, Any]:
    """The session's status when it has terminated."""

    def status() -> dict[str, Any]:
        return dict(athena.get_session_status(SessionId=session_id)["Status"])

    wait_for(lambda: status()["State"] == "TERMINATED")
    return status()


# --- what is there ---


def test_primary_is_sql(athena: Any) -> None:
    told = group(athena, "primary")
    assert told["State"] == "ENABLED"
    assert told["Configuration"]["EngineVersion"] == SQL
    assert abs(told["CreationTime"].timestamp() - time.time()) < 600


def test_spark_is_ready_to_use(light: Server, athena: Any) -> None:
    told = configuration(athena, "spark")
    assert told["EngineVersion"] == {
        "SelectedEngineVersion": "PySpark engine version 3",
        "EffectiveEngineVersion": "PySpark engine version 3",
    }
    assert told["ExecutionRole"].startswith("arn:aws:iam::000000000000:role/")
    bucket = told["ResultConfiguration"]["OutputLocation"].removeprefix("s3://")
    light.client("s3").head_bucket(Bucket=bucket)


def test_deleted_defaults_do_not_come_back(new_light: Any) -> None:
    server = new_light()
    server.client("athena").delete_work_group(WorkGroup="spark")
    server.restart()
    assert set(listed(server.client("athena"))) == {"primary"}


# --- making ---


def test_a_group_without_configuration_is_sql(athena: Any, made: Any) -> None:
    name = made()
    told = group(athena, name)
    assert told["Configuration"] == {
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "RequesterPaysEnabled": False,
        "EngineVersion": SQL,
    }
    with refused(r"^Workgroup EngineVersion is not Spark\.$"):
        start(athena, name)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_group_is_told_as_it_was_made(athena: Any, made: Any, engine: str) -> None:
    asked = {
        "ResultConfiguration": {
            "OutputLocation": "s3://some-bucket/with/path/",
            "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
            "ExpectedBucketOwner": "000000000000",
            "AclConfiguration": {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"},
        },
        "EnforceWorkGroupConfiguration": False,
        "PublishCloudWatchMetricsEnabled": False,
        "RequesterPaysEnabled": True,
        "BytesScannedCutoffPerQuery": 10_000_000,
        "EngineVersion": {
            "SelectedEngineVersion": engine,
            "EffectiveEngineVersion": "is ignored",
        },
        "AdditionalConfiguration": '{"a":1}',
        "ExecutionRole": ROLE,
        "EnableMinimumEncryptionConfiguration": False,
        "EngineConfiguration": {"MaxConcurrentDpus": 8},
        "MonitoringConfiguration": {"ManagedLoggingConfiguration": {"Enabled": True}},
    }
    name = made(asked, Description="für alle")
    told = group(athena, name)
    expected = asked | {
        "EngineVersion": {"SelectedEngineVersion": engine, "EffectiveEngineVersion": engine}
    }
    assert told["Configuration"] == expected
    assert (told["Name"], told["State"], told["Description"]) == (name, "ENABLED", "für alle")
    summary = listed(athena)[name]
    assert summary == {
        "Name": name,
        "State": "ENABLED",
        "Description": "für alle",
        "CreationTime": told["CreationTime"],
        "EngineVersion": expected["EngineVersion"],
    }


REFUSALS = [
    ({"EngineVersion": spark()["EngineVersion"]}, "^executionRole is null or empty$"),
    (spark(EngineVersion={"SelectedEngineVersion": "Spark 9"}), "Spark 9 is not supported"),
    (
        spark(ResultConfiguration={"OutputLocation": "/tmp/x"}),
        r"^outputLocation is not a valid S3 path\.$",
    ),
    (spark(ResultConfiguration={"OutputLocation": "s3://"}), "not a valid S3 path"),
    (spark(ResultConfiguration={"OutputLocation": "s3://A_B/x"}), "not a valid S3 path"),
    *(
        (
            spark(
                ResultConfiguration={
                    "EncryptionConfiguration": {"EncryptionOption": option, "KmsKey": KEY}
                }
            ),
            "SSE_KMS and CSE_KMS are not available",
        )
        for option in ("SSE_KMS", "CSE_KMS")
    ),
    (spark(CustomerContentEncryptionConfiguration={"KmsKey": KEY}), "KMS key"),
    (
        {
            "ManagedQueryResultsConfiguration": {
                "Enabled": True,
                "EncryptionConfiguration": {"KmsKey": KEY},
            }
        },
        "KMS key",
    ),
]


@pytest.mark.parametrize(("asked", "sentence"), REFUSALS, ids=lambda v: str(v)[:40])
def test_what_cannot_be_kept_is_not_promised(
    athena: Any, asked: dict[str, Any], sentence: str
) -> None:
    with refused(sentence):
        athena.create_work_group(Name="refused", Configuration=asked)
    assert "refused" not in listed(athena)


def test_a_name_is_taken_once(athena: Any, made: Any) -> None:
    name = made(Description="first")
    with refused("^WorkGroup is already created$"):
        athena.create_work_group(Name=name)
    assert group(athena, name)["Description"] == "first"


@pytest.mark.parametrize("name", ["a b", "", "a" * 129, "ä", "a/b"])
def test_names_are_checked(light: Server, name: str) -> None:
    answer = JsonWire(light).call("CreateWorkGroup", {"Name": name})
    assert "Value at 'name' failed to satisfy constraint" in answer.message


@pytest.mark.parametrize("name", ["a", "-", ".", "..", "a" * 128, "A.b-C_9"])
def test_every_allowed_name_works(athena: Any, name: str) -> None:
    athena.create_work_group(Name=name)
    assert group(athena, name)["Name"] == name
    athena.delete_work_group(WorkGroup=name)


@pytest.mark.parametrize("operation", ["get", "update", "delete"])
def test_unknown_group(athena: Any, operation: str) -> None:
    with refused(r"^WorkGroup is not found\.$"):
        getattr(athena, f"{operation}_work_group")(WorkGroup="none")


def test_sessions_of_an_unknown_group(athena: Any) -> None:
    with refused(r"^WorkGroup is not found\.$"):
        athena.list_sessions(WorkGroup="none")


# --- changing ---


def test_an_update_changes_what_it_names(athena: Any, made: Any) -> None:
    name = made(
        spark(
            AdditionalConfiguration="a",
            BytesScannedCutoffPerQuery=20_000_000,
            ResultConfiguration={
                "OutputLocation": "s3://one-bucket/",
                "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
                "ExpectedBucketOwner": "000000000000",
            },
        ),
        Description="old",
    )
    before = configuration(athena, name)
    athena.update_work_group(WorkGroup=name)
    assert configuration(athena, name) == before
    athena.update_work_group(
        WorkGroup=name,
        Description="new",
        ConfigurationUpdates={
            "ResultConfigurationUpdates": {"OutputLocation": "s3://two-bucket/x"},
            "EngineConfiguration": {"MaxConcurrentDpus": 4},
            "RemoveBytesScannedCutoffPerQuery": True,
            "EnforceWorkGroupConfiguration": False,
        },
    )
    after = before | {
        "EngineConfiguration": {"MaxConcurrentDpus": 4},
        "EnforceWorkGroupConfiguration": False,
        "ResultConfiguration": before["ResultConfiguration"]
        | {"OutputLocation": "s3://two-bucket/x"},
    }
    del after["BytesScannedCutoffPerQuery"]
    assert configuration(athena, name) == after
    assert group(athena, name)["Description"] == "new"
    athena.update_work_group(
        WorkGroup=name,
        ConfigurationUpdates={
            "ResultConfigurationUpdates": {
                "RemoveOutputLocation": True,
                "RemoveEncryptionConfiguration": True,
                "RemoveExpectedBucketOwner": True,
            }
        },
    )
    assert configuration(athena, name).get("ResultConfiguration", {}) == {}


@pytest.mark.parametrize(
    ("updates", "sentence"),
    [
        (
            {
                "ResultConfigurationUpdates": {
                    "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": KEY}
                }
            },
            "SSE_KMS",
        ),
        ({"CustomerContentEncryptionConfiguration": {"KmsKey": KEY}}, "KMS key"),
        ({"EngineVersion": {"SelectedEngineVersion": "AUTO"}}, "cannot change between"),
        ({"EngineVersion": {"SelectedEngineVersion": "none"}}, "not supported"),
        ({"ResultConfigurationUpdates": {"OutputLocation": "x"}}, "valid S3 path"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_a_refused_update_changes_nothing(
    athena: Any, made: Any, updates: dict[str, Any], sentence: str
) -> None:
    name = made(spark())
    before = group(athena, name)
    with refused(sentence):
        athena.update_work_group(
            WorkGroup=name, Description="x", State="DISABLED", ConfigurationUpdates=updates
        )
    assert group(athena, name) == before


def test_sql_does_not_become_spark(athena: Any, made: Any) -> None:
    name = made()
    with refused("cannot change between"):
        athena.update_work_group(WorkGroup=name, ConfigurationUpdates=spark())


def test_between_the_engines_of_spark(athena: Any, made: Any) -> None:
    name = made(spark())
    version = {"SelectedEngineVersion": ENGINES[0]}
    athena.update_work_group(WorkGroup=name, ConfigurationUpdates={"EngineVersion": version})
    assert configuration(athena, name)["EngineVersion"]["EffectiveEngineVersion"] == ENGINES[0]


def test_disabled_refuses_new_sessions_only(athena: Any, made: Any) -> None:
    name = made(spark())
    session_id = start(athena, name)
    athena.update_work_group(WorkGroup=name, State="DISABLED")
    assert group(athena, name)["State"] == "DISABLED"
    assert listed(athena)[name]["State"] == "DISABLED"
    with refused(f"WorkGroup {name} is disabled"):
        start(athena, name)
    state = athena.get_session_status(SessionId=session_id)["Status"]["State"]
    assert state in ("CREATING", "CREATED")
    athena.update_work_group(WorkGroup=name, State="ENABLED")
    assert start(athena, name)


# --- deleting ---


def test_primary_stays(athena: Any) -> None:
    with refused("Primary WorkGroup could not be deleted"):
        athena.delete_work_group(WorkGroup="primary", RecursiveDeleteOption=True)
    assert "primary" in listed(athena)


def test_a_group_that_is_deleted_is_gone(athena: Any, made: Any) -> None:
    name = made(spark())
    athena.delete_work_group(WorkGroup=name)
    assert name not in listed(athena)
    with refused("not found"):
        group(athena, name)
    with refused("not found"):
        start(athena, name)


@pytest.mark.parametrize("option", [{}, {"RecursiveDeleteOption": False}], ids=["none", "false"])
def test_a_group_with_live_sessions_stays(athena: Any, made: Any, option: dict[str, bool]) -> None:
    name = made(spark())
    session_id = start(athena, name)
    with refused("it has live sessions"):
        athena.delete_work_group(WorkGroup=name, **option)
    assert name in listed(athena)
    athena.terminate_session(SessionId=session_id)
    ended(athena, session_id)
    athena.delete_work_group(WorkGroup=name, **option)
    assert name not in listed(athena)


def test_recursive_deletion_ends_the_sessions(athena: Any, made: Any) -> None:
    name = made(spark())
    ids = [start(athena, name) for _ in range(3)]
    athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)
    assert name not in listed(athena)
    for session_id in ids:
        assert "its workgroup was deleted" in ended(athena, session_id)["StateChangeReason"]


def test_a_name_is_free_again_after_deletion(athena: Any, made: Any) -> None:
    name = made(spark(), Description="old", Tags=[{"Key": "old", "Value": "1"}])
    athena.delete_work_group(WorkGroup=name)
    athena.create_work_group(Name=name)
    told = group(athena, name)
    assert "Description" not in told
    assert told["Configuration"]["EngineVersion"] == SQL
    arn = f"arn:aws:athena:us-east-1:000000000000:workgroup/{name}"
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == []


def test_groups_outlive_the_server(new_light: Any) -> None:
    server = new_light()
    athena = server.client("athena")
    athena.create_work_group(Name="kept", Configuration=spark(), Description="d")
    athena.create_work_group(Name="gone")
    athena.delete_work_group(WorkGroup="gone")
    athena.update_work_group(WorkGroup="kept", State="DISABLED")
    before = group(athena, "kept")
    server.restart()
    athena = server.client("athena")
    assert group(athena, "kept") == before
    assert set(listed(athena)) == {"kept", "primary", "spark"}


# --- engines ---


def test_engine_versions(athena: Any) -> None:
    versions = athena.list_engine_versions()["EngineVersions"]
    assert versions == [
        SQL,
        {
            "SelectedEngineVersion": "Athena engine version 3",
            "EffectiveEngineVersion": "Athena engine version 3",
        },
        *({"SelectedEngineVersion": e, "EffectiveEngineVersion": e} for e in ENGINES),
    ]


def test_engine_versions_page_by_page(athena: Any) -> None:
    whole = athena.list_engine_versions()["EngineVersions"]
    found: list[Any] = []
    options: dict[str, Any] = {"MaxResults": 1}
    for _ in range(10):
        page = athena.list_engine_versions(**options)
        assert len(page["EngineVersions"]) == 1
        found += page["EngineVersions"]
        if "NextToken" not in page:
            break
        options["NextToken"] = page["NextToken"]
    assert found == whole


def test_engine_versions_are_settings(new_light: Any) -> None:
    athena = new_light("engine.versions=Apache Spark version 3.5").client("athena")
    versions = [v["SelectedEngineVersion"] for v in athena.list_engine_versions()["EngineVersions"]]
    assert "PySpark engine version 3" not in versions
    with refused("PySpark engine version 3 is not supported"):
        athena.create_work_group(
            Name="x",
            Configuration=spark(EngineVersion={"SelectedEngineVersion": ENGINES[0]}),
        )


def test_dpu_sizes(athena: Any) -> None:
    [size] = athena.list_application_dpu_sizes()["ApplicationDPUSizes"]
    assert size == {
        "ApplicationRuntimeId": "Athena notebook version 1",
        "SupportedDPUSizes": [1],
    }
