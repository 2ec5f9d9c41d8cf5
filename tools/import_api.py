#!/usr/bin/env python3
"""Bring a service model of ours up to date with botocore's.

    tools/import_api.py .../botocore/data/athena/2017-05-18/service-2.json.gz api/athena.json

Facts (operations, shapes, bounds, patterns, enums, errors) are taken from botocore's file; what is
ours (the header, the summaries, which operations are built, which member holds the page of a list)
is kept from the file that is there. Operations that the file does not name yet come in with an
empty summary, which tools/gen_api.py refuses. With --only, just these operations and what they
reach are taken.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

HEADER = ("service", "title", "version", "protocol", "target", "namespace")
OURS = ("paging", "built", "summary")


def reachable(model: Json, operations: list[str]) -> set[str]:
    """Names of the shapes that the operations and their errors lead to."""
    todo = [
        part["shape"]
        for name in operations
        for part in (
            model["operations"][name].get("input"),
            model["operations"][name].get("output"),
            *model["operations"][name].get("errors", []),
        )
        if part
    ]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        shape = model["shapes"][name]
        parts = [*shape.get("members", {}).values()]
        parts += [shape[key] for key in ("member", "key", "value") if key in shape]
        todo += [part["shape"] for part in parts]
    return seen


def convert_member(member: Json) -> Any:
    if member.get("idempotencyToken"):
        return {"shape": member["shape"], "token": True}
    return member["shape"]


def convert_shape(shape: Json) -> Json:
    kind = shape["type"]
    out: Json = {"type": kind}
    if shape.get("exception"):
        out["exception"] = "server" if shape.get("fault") else "client"
    if kind == "list":
        out["member"] = shape["member"]["shape"]
    if kind == "map":
        out["key"] = shape["key"]["shape"]
        out["value"] = shape["value"]["shape"]
    out.update({key: shape[key] for key in ("min", "max", "pattern", "enum") if key in shape})
    if kind == "structure":
        if shape.get("required"):
            out["required"] = shape["required"]
        out["members"] = {name: convert_member(m) for name, m in shape["members"].items()}
    return out


def convert_operation(operation: Json, ours: Json) -> Json:
    out: Json = {"input": None, "output": None}
    for side in ("input", "output"):
        if side in operation:
            out[side] = operation[side]["shape"]
    out["errors"] = [error["shape"] for error in operation.get("errors", [])]
    out.update({key: ours[key] for key in OURS if key in ours})
    out.setdefault("summary", "")
    return out


def format_shape(name: str, shape: Json) -> str:
    """One line a shape; a structure has a line for each member as well."""
    if not shape.get("members"):
        return f"    {json.dumps(name)}: {json.dumps(shape)}"
    head = {key: value for key, value in shape.items() if key != "members"}
    members = ",\n".join(
        f"      {json.dumps(member)}: {json.dumps(value)}"
        for member, value in shape["members"].items()
    )
    return f'    {json.dumps(name)}: {json.dumps(head)[:-1]}, "members": {{\n{members}\n    }}}}'


def format_operation(name: str, operation: Json) -> str:
    facts = {key: value for key, value in operation.items() if key != "summary"}
    summary = json.dumps(operation["summary"], ensure_ascii=False)
    return f'    {json.dumps(name)}: {json.dumps(facts)[:-1]},\n      "summary": {summary}}}'


def format_model(model: Json) -> str:
    head = "".join(
        f"  {json.dumps(key)}: {json.dumps(model[key])},\n" for key in HEADER if key in model
    )
    operations = ",\n".join(format_operation(*item) for item in model["operations"].items())
    shapes = ",\n".join(format_shape(*item) for item in model["shapes"].items())
    return (
        f'{{\n{head}  "operations": {{\n{operations}\n  }},\n  "shapes": {{\n{shapes}\n  }}\n}}\n'
    )


def import_model(theirs: Json, ours: Json, only: list[str]) -> Json:
    names = [name for name in sorted(theirs["operations"]) if not only or name in only]
    keep = reachable(theirs, names) if only else set(theirs["shapes"])
    known = ours.get("operations", {})
    model = {key: ours[key] for key in HEADER if key in ours}
    model["operations"] = {
        name: convert_operation(theirs["operations"][name], known.get(name, {})) for name in names
    }
    model["shapes"] = {
        name: convert_shape(shape) for name, shape in theirs["shapes"].items() if name in keep
    }
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("botocore", type=Path, help="service-2.json or service-2.json.gz")
    parser.add_argument("ours", type=Path, help="api/<service>.json, changed in place")
    parser.add_argument("--only", nargs="*", default=[], metavar="OPERATION")
    args = parser.parse_args()
    data = args.botocore.read_bytes()
    theirs = json.loads(gzip.decompress(data) if args.botocore.suffix == ".gz" else data)
    ours = json.loads(args.ours.read_text())
    args.ours.write_text(format_model(import_model(theirs, ours, args.only)))


if __name__ == "__main__":
    main()
