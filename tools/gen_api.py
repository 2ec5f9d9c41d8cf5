#!/usr/bin/env python3
"""Make C tables and the reference page from the service models in api/.

    gen_api.py header api/athena.json athena.gen.h
    gen_api.py source api/athena.json athena.gen.c
    gen_api.py reference [--check] docs/reference/operations.md api/athena.json api/sts.json ...

src/model/model.h describes the C types; src/model/meson.build runs the first two at build time.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCALARS = {
    "string": ("MODEL_STRING", "struct str"),
    "integer": ("MODEL_INTEGER", "struct model_int"),
    "long": ("MODEL_LONG", "struct model_int"),
    "double": ("MODEL_FLOAT64", "struct model_double"),
    "boolean": ("MODEL_BOOLEAN", "struct model_bool"),
    "timestamp": ("MODEL_TIMESTAMP", "struct model_time"),
}
BOUNDED = {"string", "integer", "long", "list", "map"}
PROTOCOLS = {"json": "MODEL_JSON", "query": "MODEL_QUERY"}
C_WORDS = frozenset(
    """auto break case char const continue default do double else enum extern float for goto if
    inline int long register return short signed sizeof static struct switch typedef union
    unsigned void volatile while""".split()
)
GENERATED = "/* Generated from {path} by tools/gen_api.py. */"


class ModelError(Exception):
    """The model file breaks a rule; the text says which."""


# --- Reading -------------------------------------------------------------------------------------


@dataclass
class Member:
    name: str
    shape: str
    required: bool
    token: bool


@dataclass
class Shape:
    name: str
    kind: str  # string, enum, integer, long, double, boolean, timestamp, structure, list or map
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    values: list[str] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    key: str = ""
    item: str = ""
    exception: bool = False


@dataclass
class Operation:
    name: str
    input: str
    output: str
    errors: list[str]
    paging: str | None
    built: bool
    summary: str


@dataclass
class Service:
    path: str
    name: str
    title: str
    version: str
    protocol: str
    target: str | None
    namespace: str | None
    operations: list[Operation]
    shapes: dict[str, Shape]

    def c_name(self, shape: Shape | str) -> str:
        name = shape if isinstance(shape, str) else shape.name
        return f"{self.name}_{snake(name)}"

    def reached(self) -> list[Shape]:
        """The shapes of inputs and outputs, in the model's order."""
        todo = [name for op in self.operations for name in (op.input, op.output)]
        seen: set[str] = set()
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            shape = self.shapes[name]
            todo += [member.shape for member in shape.members]
            todo += [part for part in (shape.key, shape.item) if part]
        return [shape for shape in self.shapes.values() if shape.name in seen]


def snake(name: str) -> str:
    """ApplicationDPUSizes -> application_dpu_sizes, StdOutS3Uri -> std_out_s3_uri"""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def c_field(name: str) -> str:
    word = snake(name)
    return f"{word}_" if word in C_WORDS else word


def read_member(name: str, value: str | dict[str, Any], required: list[str]) -> Member:
    if isinstance(value, str):
        return Member(name, value, name in required, False)
    return Member(name, value["shape"], name in required, bool(value.get("token")))


def read_shape(name: str, value: dict[str, Any]) -> Shape:
    kind = "enum" if "enum" in value else value["type"]
    shape = Shape(name, kind, value.get("min"), value.get("max"), value.get("pattern"))
    shape.values = value.get("enum", [])
    shape.key = value.get("key", "")
    shape.item = value.get("member" if kind == "list" else "value", "")
    shape.exception = "exception" in value
    required = value.get("required", [])
    members = value.get("members", {})
    shape.members = [read_member(member, body, required) for member, body in members.items()]
    return shape


def read_service(path: str) -> Service:
    model = json.loads(Path(path).read_text())
    operations = [
        Operation(
            name=name,
            input=value["input"],
            output=value["output"],
            errors=value["errors"],
            paging=value.get("paging"),
            built=value.get("built", False),
            summary=value["summary"],
        )
        for name, value in model["operations"].items()
    ]
    service = Service(
        path=f"api/{Path(path).name}",
        name=model["service"],
        title=model["title"],
        version=model["version"],
        protocol=model["protocol"],
        target=model.get("target"),
        namespace=model.get("namespace"),
        operations=operations,
        shapes={name: read_shape(name, value) for name, value in model["shapes"].items()},
    )
    check_service(service, model)
    return service


# --- Checking ------------------------------------------------------------------------------------


def check(condition: bool, text: str) -> None:
    if not condition:
        raise ModelError(text)


def check_shape(service: Service, shape: Shape, raw: dict[str, Any]) -> None:
    where = f"shape {shape.name}"
    known = {*SCALARS, "enum", "structure", "list", "map"}
    check(shape.kind in known, f"{where}: unknown type {shape.kind}")
    for part in (*[m.shape for m in shape.members], shape.key, shape.item):
        check(not part or part in service.shapes, f"{where}: no shape {part}")
    for name in raw.get("required", []):
        check(name in raw["members"], f"{where}: requires {name}, which it does not have")
    bounds = [bound for bound in (shape.min, shape.max) if bound is not None]
    check(not bounds or shape.kind in BOUNDED, f"{where}: a {shape.kind} cannot have bounds")
    check(bounds == sorted(bounds), f"{where}: min is above max")
    check(shape.pattern is None or shape.kind == "string", f"{where}: only a string has a pattern")
    if shape.kind == "map":
        check(service.shapes[shape.key].kind == "string", f"{where}: keys must be strings")
    fields = [c_field(member.name) for member in shape.members]
    check(len(fields) == len(set(fields)), f"{where}: two members have the same name in C")


def check_operation(service: Service, operation: Operation) -> None:
    where = f"operation {operation.name}"
    for name in (operation.input, operation.output, *operation.errors):
        check(name in service.shapes, f"{where}: no shape {name}")
        check(service.shapes[name].kind == "structure", f"{where}: {name} is no structure")
    for name in operation.errors:
        check(service.shapes[name].exception, f"{where}: {name} is no exception")
    outputs = [member.name for member in service.shapes[operation.output].members]
    check(operation.paging in (None, *outputs), f"{where}: the output has no {operation.paging}")
    check(operation.summary.endswith("."), f"{where}: the summary must be a sentence")


def check_service(service: Service, model: dict[str, Any]) -> None:
    check(service.protocol in PROTOCOLS, f"unknown protocol {service.protocol}")
    for shape in service.shapes.values():
        check_shape(service, shape, model["shapes"][shape.name])
    for operation in service.operations:
        check_operation(service, operation)
    names = [operation.name for operation in service.operations]
    check(names == sorted(names), "operations must be sorted by name")
    c_names = [service.c_name(shape) for shape in service.shapes]
    check(len(c_names) == len(set(c_names)), "two shapes have the same name in C")


# --- C: types ------------------------------------------------------------------------------------


def c_type(service: Service, name: str) -> str:
    """The type of a value of the shape, where it does not stand as a member."""
    shape = service.shapes[name]
    if shape.kind in SCALARS:
        return SCALARS[shape.kind][1]
    return f"{'enum' if shape.kind == 'enum' else 'struct'} {service.c_name(shape)}"


def declare(kind: str, name: str) -> str:
    return f"{kind}{'' if kind.endswith('*') else ' '}{name};"


def emit_enum(service: Service, shape: Shape) -> Iterator[str]:
    name = service.c_name(shape)
    yield f"enum {name} {{"
    yield f"    {name.upper()}_ABSENT,"
    for value in shape.values:
        yield f"    {name.upper()}_{re.sub(r'[^A-Za-z0-9]', '_', value).upper()},"
    yield "};"
    yield f"enum {{ {name.upper()}_COUNT = {len(shape.values) + 1} }};"
    yield ""


def emit_structure(service: Service, shape: Shape) -> Iterator[str]:
    yield f"struct {service.c_name(shape)} {{"
    for member in shape.members:
        kind = c_type(service, member.shape)
        if service.shapes[member.shape].kind == "structure":
            kind += " *"
        yield f"    {declare(kind, c_field(member.name))}"
    if not shape.members:
        yield "    char nothing;"
    yield "};"
    yield ""


def emit_collection(service: Service, shape: Shape) -> Iterator[str]:
    name = service.c_name(shape)
    item = c_type(service, shape.item) if shape.kind == "list" else f"struct {name}_entry"
    yield f"struct {name} {{"
    yield f"    {item} *items;"
    yield "    size_t count;"
    yield "    bool present;"
    yield "};"
    yield ""


def emit_entry(service: Service, shape: Shape) -> Iterator[str]:
    yield f"struct {service.c_name(shape)}_entry {{"
    yield "    struct str key;"
    yield f"    {declare(c_type(service, shape.item), 'value')}"
    yield "};"
    yield ""


def emit_enum_names(service: Service, shape: Shape) -> Iterator[str]:
    name = service.c_name(shape)
    table = f"{service.name}_shape_{snake(shape.name)}"
    yield f"static inline struct str {name}_name(enum {name} value)"
    yield "{"
    yield f"    return model_enum_name(&{table}, value);"
    yield "}"
    yield ""


def emit_header(service: Service) -> Iterator[str]:
    shapes = service.reached()
    prefix = service.name.upper()
    yield GENERATED.format(path=service.path)
    yield "#pragma once"
    yield ""
    yield '#include "model/model.h"'
    yield ""
    yield f"enum {service.name}_op {{"
    for operation in service.operations:
        yield f"    {prefix}_OP_{snake(operation.name).upper()},"
    yield "};"
    yield f"enum {{ {prefix}_OP_COUNT = {len(service.operations)} }};"
    yield ""
    yield f"extern const struct model_service {service.name}_service;"
    for shape in shapes:
        yield f"extern const struct model_shape {service.name}_shape_{snake(shape.name)};"
    yield ""
    for shape in of_kind(shapes, "enum"):
        yield from emit_enum(service, shape)
    for shape in of_kind(shapes, "structure"):
        yield f"struct {service.c_name(shape)};"
    for shape in of_kind(shapes, "map"):
        yield f"struct {service.c_name(shape)}_entry;"
    yield ""
    for shape in of_kind(shapes, "list", "map"):
        yield from emit_collection(service, shape)
    for shape in of_kind(shapes, "structure"):
        yield from emit_structure(service, shape)
    for shape in of_kind(shapes, "map"):
        yield from emit_entry(service, shape)
    for shape in of_kind(shapes, "enum"):
        yield from emit_enum_names(service, shape)


def of_kind(shapes: Iterable[Shape], *kinds: str) -> list[Shape]:
    return [shape for shape in shapes if shape.kind in kinds]


# --- C: tables -----------------------------------------------------------------------------------


def c_string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
    return f'"{escaped}"'


def c_str(text: str | None) -> str:
    """Initialiser of a struct str."""
    return f"{{{c_string(text)}, {len(text.encode())}}}" if text is not None else "{NULL, 0}"


def c_regex(pattern: str) -> str:
    """PCRE2 (UTF) for a pattern written for UTF-16: surrogate pairs mean the planes above."""
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\x{10000}-\x{10FFFF}")
    return re.sub(r"\\u([0-9A-Fa-f]{4})", r"\\x{\1}", pattern)


def shape_ref(service: Service, name: str) -> str:
    return f"&{service.name}_shape_{snake(name)}"


def emit_members(service: Service, shape: Shape) -> Iterator[str]:
    yield f"static const struct model_member members_{snake(shape.name)}[] = {{"
    for member in shape.members:
        place = member.name[0].lower() + member.name[1:]
        flags = ", .required = true" if member.required else ""
        flags += ", .token = true" if member.token else ""
        yield (
            f"    {{.name = {c_str(member.name)}, .place = {c_str(place)}, "
            f".shape = {shape_ref(service, member.shape)}, "
            f".offset = offsetof(struct {service.c_name(shape)}, {c_field(member.name)}){flags}}},"
        )
    yield "};"


def emit_parts(service: Service, shape: Shape) -> Iterator[str]:
    """What the shape's own table refers to."""
    if shape.members:
        yield from emit_members(service, shape)
    if shape.pattern is not None:
        texts = f"{c_string(shape.pattern)}, {c_string(c_regex(shape.pattern))}"
        yield f"static struct model_pattern pattern_{snake(shape.name)} = {{{texts}, NULL}};"
    if shape.kind == "enum":
        values = ", ".join(["{NULL, 0}", *map(c_str, shape.values)])
        yield f"static const struct str values_{snake(shape.name)}[] = {{{values}}};"


def shape_fields(service: Service, shape: Shape) -> Iterator[str]:
    name = snake(shape.name)
    yield f".name = {c_str(shape.name)}"
    scalar = SCALARS.get(shape.kind)
    yield f".kind = {scalar[0] if scalar else f'MODEL_{shape.kind.upper()}'}"
    yield f".size = sizeof({c_type(service, shape.name)})"
    yield f".min = {'MODEL_NO_MIN' if shape.min is None else shape.min}"
    yield f".max = {'MODEL_NO_MAX' if shape.max is None else shape.max}"
    if shape.pattern is not None:
        yield f".pattern = &pattern_{name}"
    if shape.kind == "enum":
        yield f".values = values_{name}"
        yield f".value_count = {len(shape.values) + 1}"
    if shape.members:
        yield f".members = members_{name}"
        yield f".member_count = {len(shape.members)}"
    if shape.item:
        yield f".item = {shape_ref(service, shape.item)}"
    if shape.kind == "list":
        yield f".item_size = sizeof({c_type(service, shape.item)})"
    if shape.kind == "map":
        yield f".item_size = sizeof(struct {service.c_name(shape)}_entry)"
        yield f".item_offset = offsetof(struct {service.c_name(shape)}_entry, value)"
        yield f".key = {shape_ref(service, shape.key)}"


def emit_shape(service: Service, shape: Shape) -> Iterator[str]:
    yield from emit_parts(service, shape)
    yield f"const struct model_shape {service.name}_shape_{snake(shape.name)} = {{"
    for text in shape_fields(service, shape):
        yield f"    {text},"
    yield "};"
    yield ""


def emit_operation(service: Service, operation: Operation) -> Iterator[str]:
    yield "    {"
    yield f"        .name = {c_str(operation.name)},"
    yield f"        .id = {service.name.upper()}_OP_{snake(operation.name).upper()},"
    yield f"        .input = {shape_ref(service, operation.input)},"
    yield f"        .output = {shape_ref(service, operation.output)},"
    if operation.errors:
        yield f"        .errors = errors_{snake(operation.name)},"
    yield f"        .error_count = {len(operation.errors)},"
    yield f"        .paging = {c_str(operation.paging)},"
    yield f"        .built = {'true' if operation.built else 'false'},"
    yield "    },"


def emit_source(service: Service) -> Iterator[str]:
    yield GENERATED.format(path=service.path)
    yield f'#include "model/{service.name}.gen.h"'
    yield '#include "model/pattern.h"'
    yield ""
    for shape in service.reached():
        yield from emit_shape(service, shape)
    for operation in service.operations:
        if operation.errors:
            names = ", ".join(map(c_str, operation.errors))
            yield f"static const struct str errors_{snake(operation.name)}[] = {{{names}}};"
    yield ""
    yield "static const struct model_operation operations[] = {"
    for operation in service.operations:
        yield from emit_operation(service, operation)
    yield "};"
    yield ""
    yield f"const struct model_service {service.name}_service = {{"
    yield f"    .name = {c_str(service.name)},"
    yield f"    .version = {c_str(service.version)},"
    yield f"    .protocol = {PROTOCOLS[service.protocol]},"
    yield f"    .target = {c_str(service.target)},"
    yield f"    .xml_namespace = {c_str(service.namespace)},"
    yield "    .operations = operations,"
    yield f"    .operation_count = {len(service.operations)},"
    yield "};"


# --- Reference -----------------------------------------------------------------------------------


def code(text: str) -> str:
    """Markdown code inside a table."""
    return "`" + text.replace("|", "\\|") + "`"


def describe_bounds(shape: Shape) -> str:
    what = {"string": "length ", "list": "items ", "map": "entries "}.get(shape.kind, "")
    if shape.min is not None and shape.max is not None:
        return f"{what}{shape.min} to {shape.max}"
    if shape.min is not None:
        return f"{what}at least {shape.min}"
    return f"{what}at most {shape.max}" if shape.max is not None else ""


def describe_rules(service: Service, shape: Shape) -> str:
    rules = [describe_bounds(shape)]
    if shape.pattern is not None:
        rules.append("pattern " + code(shape.pattern))
    if shape.values:
        rules.append("one of " + ", ".join(map(code, shape.values)))
    if shape.item and service.shapes[shape.item].kind not in ("structure", "list", "map"):
        inner = describe_rules(service, service.shapes[shape.item])
        rules.append(f"each: {inner}" if inner else "")
    return "; ".join(filter(None, rules))


def describe_type(service: Service, name: str) -> str:
    shape = service.shapes[name]
    if shape.kind == "structure":
        return f"[{name}](#{service.name}-{name.lower()})"
    if shape.kind == "list":
        return f"list of {describe_type(service, shape.item)}"
    if shape.kind == "map":
        return f"map to {describe_type(service, shape.item)}"
    return shape.kind


def emit_member_table(service: Service, shape: Shape) -> Iterator[str]:
    yield "| member | type | required | rules |"
    yield "|---|---|---|---|"
    for member in shape.members:
        kind = describe_type(service, member.shape)
        rules = describe_rules(service, service.shapes[member.shape])
        yield f"| {member.name} | {kind} | {'yes' if member.required else ''} | {rules} |"
    yield ""


def emit_operation_reference(service: Service, operation: Operation) -> Iterator[str]:
    yield f"### {operation.name}"
    yield ""
    yield operation.summary + ("" if operation.built else " *Not served by this version.*")
    if operation.paging:
        yield f"Pages through {operation.paging}."
    yield ""
    for title, name in (("Input", operation.input), ("Output", operation.output)):
        shape = service.shapes[name]
        yield f"{title}{':' if shape.members else ': no members.'}"
        yield ""
        if shape.members:
            yield from emit_member_table(service, shape)
    if operation.errors:
        yield "Errors: " + ", ".join(operation.errors) + "."
        yield ""


def emit_reference(services: list[Service]) -> Iterator[str]:
    yield "# Operations"
    yield ""
    yield "Made from the service models in `api/` by `tools/gen_api.py reference`."
    yield "Lengths count code points."
    for service in services:
        sides = {name for op in service.operations for name in (op.input, op.output)}
        nested = [s for s in of_kind(service.reached(), "structure") if s.name not in sides]
        yield ""
        yield f"## {service.title}"
        yield ""
        yield "| operation | served | |"
        yield "|---|---|---|"
        for operation in service.operations:
            link = f"[{operation.name}](#{operation.name.lower()})"
            yield f"| {link} | {'yes' if operation.built else 'no'} | {operation.summary} |"
        yield ""
        for operation in service.operations:
            yield from emit_operation_reference(service, operation)
        for shape in nested:
            yield f'<a id="{service.name}-{shape.name.lower()}"></a>'
            yield f"### Structure {shape.name}"
            yield ""
            yield from emit_member_table(service, shape)


# --- Program -------------------------------------------------------------------------------------


def text_of(lines: Iterable[str]) -> str:
    return re.sub(r"\n+\Z", "\n", "\n".join(lines) + "\n")


def write_reference(out: Path, models: list[str], check_only: bool) -> int:
    text = text_of(emit_reference([read_service(model) for model in models]))
    if not check_only:
        out.write_text(text)
        return 0
    if out.exists() and out.read_text() == text:
        return 0
    command = f"tools/gen_api.py reference {out} {' '.join(models)}"
    print(f"{out} is stale: run {command}", file=sys.stderr)
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(description="C tables and reference page of the models.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("header", "source"):
        command = commands.add_parser(name)
        command.add_argument("model")
        command.add_argument("out", type=Path)
    command = commands.add_parser("reference")
    command.add_argument("--check", action="store_true", help="only tell whether the page is fresh")
    command.add_argument("out", type=Path)
    command.add_argument("models", nargs="+")
    args = parser.parse_args()
    try:
        if args.command == "reference":
            return write_reference(args.out, args.models, args.check)
        emit = emit_header if args.command == "header" else emit_source
        args.out.write_text(text_of(emit(read_service(args.model))))
    except ModelError as error:
        print(f"{args.model}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
