"""Tags of workgroups and sessions."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from json_wire import JsonWire, refused
from server import Server, wait_for

ARN = "arn:aws:athena:us-east-1:000000000000:workgroup/"


@pytest.fixture(scope="module")
def athena(light: Server) -> Any:
    return light.client("athena")


@pytest.fixture
def group(athena: Any) -> Any:
    name = f"group-{uuid.uuid4()}"
    athena.create_work_group(
        Name=name,
        Configuration={
            "EngineVersion": {"SelectedEngineVersion": "Apache Spark version 3.5"},
            "ExecutionRole": "arn:aws:iam::000000000000:role/Role",
        },
        Tags=as_list({"team": "blue", "stage": "test"}),
    )
    yield name
    athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def tags(athena: Any, arn: str) -> dict[str, str]:
    listed = athena.list_tags_for_resource(ResourceARN=arn)
    assert "NextToken" not in listed
    return {t["Key"]: t["Value"] for t in listed["Tags"]}


def start(athena: Any, group: str, **options: Any) -> str:
    """The new session's ARN."""
    answer = athena.start_session(WorkGroup=group, EngineConfiguration={}, **options)
    return f"{ARN}{group}/session/{answer['SessionId']}"


def test_tags_of_a_new_group(athena: Any, group: str) -> None:
    assert tags(athena, ARN + group) == {"team": "blue", "stage": "test"}


def test_tag_and_untag(athena: Any, group: str) -> None:
    arn = ARN + group
    athena.tag_resource(ResourceARN=arn, Tags=as_list({"team": "red", "Größe": "1 + 1 = 2"}))
    assert tags(athena, arn) == {"team": "red", "stage": "test", "Größe": "1 + 1 = 2"}
    athena.untag_resource(ResourceARN=arn, TagKeys=["stage", "never there"])
    assert tags(athena, arn) == {"team": "red", "Größe": "1 + 1 = 2"}
    athena.untag_resource(ResourceARN=arn, TagKeys=["Team"])
    assert "team" in tags(athena, arn), "keys differ by case"


def test_a_tag_without_value_is_empty(athena: Any, group: str) -> None:
    athena.tag_resource(ResourceARN=ARN + group, Tags=[{"Key": "bare"}])
    assert tags(athena, ARN + group)["bare"] == ""


def test_tags_outlive_the_server(new_light: Any) -> None:
    server = new_light()
    server.client("athena").tag_resource(ResourceARN=ARN + "spark", Tags=as_list({"a": "b"}))
    server.restart()
    assert tags(server.client("athena"), ARN + "spark") == {"a": "b"}


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ([{"Value": "x"}], "needs a key"),
        ([{"Key": "aws:x", "Value": "x"}], "reserved"),
        ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "given twice"),
        ([{"Key": "a<b", "Value": ""}], "letters, digits"),
        ([{"Key": "a", "Value": "x\ny"}], "letters, digits"),
        ([{"Key": "a" * 129, "Value": ""}], "less than or equal to 128"),
        ([{"Key": "a", "Value": "a" * 257}], "less than or equal to 256"),
    ],
    ids=lambda v: str(v)[:30],
)
def test_what_is_no_tag(athena: Any, group: str, bad: list[dict[str, str]], sentence: str) -> None:
    before = tags(athena, ARN + group)
    with refused(sentence):
        athena.tag_resource(ResourceARN=ARN + group, Tags=bad)
    with refused(sentence):
        athena.create_work_group(Name="not-made", Tags=bad)
    assert tags(athena, ARN + group) == before


def test_fifty_tags_at_most(athena: Any, group: str) -> None:
    arn = ARN + group
    athena.tag_resource(ResourceARN=arn, Tags=as_list({f"k{i}": "v" for i in range(48)}))
    assert len(tags(athena, arn)) == 50
    with refused("at most 50 tags"):
        athena.tag_resource(ResourceARN=arn, Tags=as_list({"one-more": ""}))
    athena.tag_resource(ResourceARN=arn, Tags=as_list({"k1": "replaced"}))
    assert tags(athena, arn)["k1"] == "replaced"
    assert len(tags(athena, arn)) == 50


@pytest.mark.parametrize(
    "arn",
    [
        ARN + "none",
        ARN + "spark/session/00000000-0000-0000-0000-000000000000",
        ARN + "spark/session/",
        ARN + "spark/",
        ARN + "spark/other/x",
        "arn:aws:athena:eu-west-1:000000000000:workgroup/spark",
        "arn:aws:athena:us-east-1:111111111111:workgroup/spark",
        "arn:aws:athena:us-east-1:000000000000:datacatalog/x",
        "arn:aws:s3:::bucket",
    ],
)
def test_unknown_resources(athena: Any, arn: str) -> None:
    name = "ResourceNotFoundException"
    with refused("does not exist", name):
        athena.list_tags_for_resource(ResourceARN=arn)
    with refused("does not exist", name):
        athena.tag_resource(ResourceARN=arn, Tags=as_list({"a": "b"}))
    with refused("does not exist", name):
        athena.untag_resource(ResourceARN=arn, TagKeys=["a"])


def test_what_is_no_arn(athena: Any) -> None:
    with refused("not a valid ARN"):
        athena.list_tags_for_resource(ResourceARN="spark")


def test_max_results_starts_at_75(light: Server, athena: Any, group: str) -> None:
    arn = ARN + group
    assert len(athena.list_tags_for_resource(ResourceARN=arn, MaxResults=75)["Tags"]) == 2
    answer = JsonWire(light).call("ListTagsForResource", {"ResourceARN": arn, "MaxResults": 74})
    assert answer.message == (
        "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: "
        "Member must have value greater than or equal to 75"
    )


def test_tokens_of_another_list_are_refused(athena: Any, group: str) -> None:
    for bad in ("x", "AAAA" * 8):
        with refused("NextToken is not valid"):
            athena.list_tags_for_resource(ResourceARN=ARN + group, NextToken=bad)


# --- sessions ---


def test_a_session_has_its_groups_tags(athena: Any, group: str) -> None:
    assert tags(athena, start(athena, group)) == {"team": "blue", "stage": "test"}


def test_its_own_tags_win(athena: Any, group: str) -> None:
    arn = start(athena, group, Tags=as_list({"team": "own", "more": "x"}), CopyWorkGroupTags=True)
    assert tags(athena, arn) == {"team": "own", "more": "x", "stage": "test"}


def test_the_groups_tags_are_left_out_when_asked(athena: Any, group: str) -> None:
    arn = start(athena, group, Tags=as_list({"more": "x"}), CopyWorkGroupTags=False)
    assert tags(athena, arn) == {"more": "x"}


def test_they_are_copies(athena: Any, group: str) -> None:
    arn = start(athena, group)
    athena.tag_resource(ResourceARN=ARN + group, Tags=as_list({"team": "red"}))
    athena.tag_resource(ResourceARN=arn, Tags=as_list({"stage": "changed"}))
    assert tags(athena, arn) == {"team": "blue", "stage": "changed"}
    assert tags(athena, ARN + group) == {"team": "red", "stage": "test"}


def test_both_together_are_fifty_at_most(athena: Any, group: str) -> None:
    own = {f"own{i}": "" for i in range(49)}
    merged = tags(athena, start(athena, group, Tags=as_list(own)))
    assert len(merged) == 50
    assert set(own) < set(merged)


def test_an_ended_session_keeps_its_tags(athena: Any, group: str) -> None:
    arn = start(athena, group)
    session_id = arn.rsplit("/", 1)[1]
    athena.terminate_session(SessionId=session_id)
    status = athena.get_session_status
    wait_for(lambda: status(SessionId=session_id)["Status"]["State"] == "TERMINATED")
    athena.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert tags(athena, arn) == {"stage": "test"}


def test_a_session_is_found_in_its_own_group_only(athena: Any, group: str) -> None:
    session_id = start(athena, group).rsplit("/", 1)[1]
    with refused("does not exist", "ResourceNotFoundException"):
        athena.list_tags_for_resource(ResourceARN=f"{ARN}spark/session/{session_id}")
