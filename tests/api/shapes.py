"""Requests made from botocore's model of Athena: valid ones, and such with one fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
from hypothesis import strategies as st

MODEL = botocore.session.get_session().get_service_model("athena")
OPERATIONS: list[str] = list(MODEL.operation_names)
UUID = "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"
LONGEST = 40  # characters made where a shape allows many more

# Texts that match the model's patterns, by their shape. What has a pattern and stands not here is
# made of letters, which all the rest of them allow.
PATTERNED = {
    "RoleArn": r"arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@-]{1,40}",
    "KmsKey": r"arn:aws:kms:us-east-1:[0-9]{12}:key/[a-z0-9-]{1,36}",
    "KmsKeyArn": r"arn:aws:kms:us-east-1:[0-9]{12}:(key/[0-9a-f-]{1,36}|alias/[a-z0-9/_-]{1,20})",
    "NotebookId": UUID,
    "ClientRequestToken": UUID,
    "S3Uri": r"s3://[a-z][a-z0-9]{2,20}/[a-z0-9/]{0,20}",
    "S3OutputLocation": r"s3://[a-z][a-z0-9-]{2,20}[a-z](/[a-z0-9/]{0,20})?",
    "AwsAccountId": r"[0-9]{12}",
    "IdentityCenterInstanceArn": r"arn:aws:sso:::instance/ssoins-[a-z0-9]{16}",
    "WorkGroupName": r"[a-zA-Z0-9._-]{1,128}",
    "CapacityReservationName": r"[a-zA-Z0-9._-]{1,128}",
    "StatementName": r"[a-zA-Z_][a-zA-Z0-9_@:]{1,60}",
    "LogGroupName": r"[a-zA-Z0-9._/-]{1,60}",
    "NotebookName": r"[a-zA-Z0-9 ._-]{1,60}",
}


def operation_input(name: str) -> Any:
    return MODEL.operation_model(name).input_shape


def bounds(shape: Any) -> tuple[int, int | None]:
    return int(shape.metadata.get("min", 0)), shape.metadata.get("max")


def most(shape: Any, wanted: int = LONGEST) -> int:
    """How many characters or items are made at most."""
    low, high = bounds(shape)
    return min(high if high is not None else wanted, max(low, wanted))


def texts(shape: Any) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    if shape.name in PATTERNED:
        return st.from_regex(
            PATTERNED[shape.name], fullmatch=True, alphabet=st.characters(codec="ascii")
        )
    if "pattern" in shape.metadata:
        alphabet: Any = "abcxyzABC"
    else:
        alphabet = st.characters(codec="utf-8")
    return st.text(alphabet, min_size=bounds(shape)[0], max_size=most(shape))


@st.composite
def structures(draw: st.DrawFn, shape: Any, depth: int) -> dict[str, Any]:
    made = {}
    for name, member in shape.members.items():
        if name in shape.required_members or (depth < 4 and draw(st.booleans())):
            made[name] = draw(valid(member, depth + 1))
    return made


def valid(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that keep every rule of the shape."""
    low, high = bounds(shape)
    match shape.type_name:
        case "structure":
            return structures(shape, depth)
        case "list":
            return st.lists(valid(shape.member, depth + 1), min_size=low, max_size=most(shape, 3))
        case "map":
            keys, values = valid(shape.key, depth + 1), valid(shape.value, depth + 1)
            return st.dictionaries(keys, values, min_size=low, max_size=most(shape, 3))
        case "integer" | "long":
            widest = 31 if shape.type_name == "integer" else 63
            lowest = low if "min" in shape.metadata else -(2**widest)
            return st.integers(lowest, high if high is not None else 2**widest - 1)
    return st.booleans() if shape.type_name == "boolean" else texts(shape)


def least(shape: Any) -> Any:
    """One simple valid value: what is required, and no more."""
    low, high = bounds(shape)
    simple = {
        "RoleArn": "arn:aws:iam::000000000000:role/role",
        "NotebookId": "00000000-0000-0000-0000-000000000000",
        "S3Uri": "s3://bucket/key",
        "KmsKey": "alias/key",
    }
    match shape.type_name:
        case "structure":
            return {name: least(shape.members[name]) for name in shape.required_members}
        case "list":
            return [least(shape.member)] * low
        case "map":
            return {}
        case "integer" | "long":
            return max(1, low) if high is None else min(max(1, low), high)
        case "boolean":
            return False
    return shape.enum[0] if shape.enum else simple.get(shape.name, "a" * max(2, low))


@dataclass
class Fault:
    """One broken rule: where it stands, a value that breaks it, and the constraint's sentence."""

    path: tuple[str, ...]
    value: Any
    constraint: str

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}:{self.constraint[:40]}"

    @property
    def place(self) -> str:
        return ".".join(name[0].lower() + name[1:] for name in self.path)

    def put(self, request: dict[str, Any], shape: Any) -> dict[str, Any]:
        """The request with the fault in it; structures on the way are made as they have to be."""
        at, here = request, shape
        for name in self.path[:-1]:
            here = here.members[name]
            at = at.setdefault(name, least(here))
        if self.value is None:
            at.pop(self.path[-1], None)
        else:
            at[self.path[-1]] = self.value
        return request


def faults_of(shape: Any, path: tuple[str, ...]) -> Iterator[Fault]:
    """What can be wrong with one value by itself."""
    low, high = bounds(shape)
    number = shape.type_name in ("integer", "long")
    what = "value" if number else "length"
    text = shape.type_name == "string"
    enum = shape.enum if text else []
    plain = text and "pattern" not in shape.metadata and not enum

    def sized(n: int) -> Any:
        return n if number else [least(shape.member)] * n if shape.type_name == "list" else "é" * n

    if (number or plain or shape.type_name == "list") and high is not None and high < 10**6:
        yield Fault(path, sized(high + 1), f"Member must have {what} less than or equal to {high}")
    if (
        (number or plain or shape.type_name == "list")
        and "min" in shape.metadata
        and (number or low)
    ):
        yield Fault(path, sized(low - 1), f"Member must have {what} greater than or equal to {low}")
    if enum:
        values = ", ".join(enum)
        yield Fault(path, "NONE", f"Member must satisfy enum value set: [{values}]")
    if text and "pattern" in shape.metadata:
        pattern = shape.metadata["pattern"]
        size = max(low, 1)
        unwanted = ":" if shape.name == "LogStreamNamePrefix" else "\n"
        sentence = f"Member must satisfy regular expression pattern: {pattern}"
        yield Fault(path, unwanted * size, sentence)


def faults(shape: Any, path: tuple[str, ...] = ()) -> Iterator[Fault]:
    """Every single fault that a request can have, structures inside structures included."""
    for name, member in shape.members.items():
        here = (*path, name)
        if name in shape.required_members:
            yield Fault(here, None, "Member must not be null")
        if member.type_name == "structure":
            if len(here) < 5:
                yield from faults(member, here)
        else:
            yield from faults_of(member, here)
