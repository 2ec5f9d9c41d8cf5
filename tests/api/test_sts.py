"""STS: GetCallerIdentity, by boto3 and by forms of one's own."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from json_wire import Answer, JsonWire, fails
from server import Server

SPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def post(server: Server, form: str) -> Answer:
    wire = JsonWire(server, "sts")
    return wire.send(wire.signed(form.encode(), FORM), form.encode())


def test_identity(glaux: Server) -> None:
    identity = glaux.client("sts").get_caller_identity()
    assert identity["Account"] == "000000000000"
    assert identity["Arn"].startswith("arn:aws:iam::000000000000:")
    assert identity["UserId"]
    assert identity["ResponseMetadata"]["RequestId"]


def test_identity_is_the_same_each_time(glaux: Server) -> None:
    answers = [glaux.client("sts").get_caller_identity() for _ in range(2)]
    for answer in answers:
        del answer["ResponseMetadata"]
    assert answers[0] == answers[1]


def test_form_of_the_answer(glaux: Server) -> None:
    answer = post(glaux, "Action=GetCallerIdentity&Version=2011-06-15")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/xml"
    root = answer.xml
    assert root.tag == f"{SPACE}GetCallerIdentityResponse"
    [result, metadata] = list(root)
    assert result.tag == f"{SPACE}GetCallerIdentityResult"
    assert {child.tag.removeprefix(SPACE) for child in result} == {"Arn", "UserId", "Account"}
    request_id = metadata.findtext(f"{SPACE}RequestId")
    assert request_id == answer.headers["x-amzn-RequestId"]


@pytest.mark.parametrize(
    "form",
    [
        "Version=2011-06-15&Action=GetCallerIdentity",
        "Action=GetCallerIdentity",
        "Action=Get%43allerIdentity&Version=2011-06-15&Unknown=x&&=",
    ],
)
def test_forms_of_the_request(glaux: Server, form: str) -> None:
    assert post(glaux, form).status == 200


@pytest.mark.parametrize(
    "form",
    [
        "Action=AssumeRole&Version=2011-06-15",
        "Action=GetCallerIdentity&Version=2012-01-01",
        "Action=&Version=2011-06-15",
        "Action",
        "",
        "Action=%FF%00&Version=%",
        "&&&===&",
    ],
)
def test_unknown_actions(glaux: Server, form: str) -> None:
    answer = post(glaux, form)
    assert answer.status == 400
    assert answer.xml.findtext(f"{SPACE}Error/{SPACE}Code") == "InvalidAction"


def test_other_operations_of_boto3_are_told_so(glaux: Server) -> None:
    with pytest.raises(ClientError) as error:
        glaux.client("sts").get_session_token()
    assert fails(error)[0] == "InvalidAction"


def test_large_form_is_refused(glaux: Server) -> None:
    answer = post(glaux, "Action=GetCallerIdentity&x=" + "y" * 70000)
    assert answer.status == 413
    assert answer.xml.findtext(f"{SPACE}Error/{SPACE}Code") == "RequestEntityTooLarge"
