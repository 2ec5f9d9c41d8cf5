"""How a call through boto3 is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError


class Refusal(NamedTuple):
    status: int
    code: str
    message: str


def refusal(call: Callable[..., Any], *arguments: Any, **named: Any) -> Refusal:
    """The call must fail; a HEAD's refusal has no message."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    answer = caught.value.response
    error = answer["Error"]
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return Refusal(status, error["Code"], error.get("Message", ""))


def code_of(call: Callable[..., Any], *arguments: Any, **named: Any) -> str:
    return refusal(call, *arguments, **named).code
