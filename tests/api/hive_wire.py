"""Hive's metastore protocol by hand: Thrift's binary form of calls, and answers as plain values."""

from __future__ import annotations

import socket
import struct
from typing import Any

BOOL, I16, I32, I64, STRING, STRUCT, MAP, LIST = 2, 6, 8, 10, 11, 12, 13, 15
DOUBLE, BYTE, SET = 4, 3, 14


class Text(str):
    """A field of type string; plain str is one too."""


class Short(int):
    """A field of type i16."""


class Long(int):
    """A field of type i64."""


# A struct is a dict from field ids to values.
Fields = dict[int, Any]


def kind_of(value: Any) -> int:
    for kind, types in (
        (BOOL, bool),
        (I16, Short),
        (I64, Long),
        (I32, int),
        (STRING, (str, bytes)),
        (LIST, list),
    ):
        if isinstance(value, types):
            return kind
    assert isinstance(value, dict)
    return MAP if value and all(isinstance(key, str) for key in value) else STRUCT


def encode(value: Any) -> bytes:
    kind = kind_of(value)
    if kind == BOOL:
        return b"\1" if value else b"\0"
    if kind in (I16, I32, I64):
        return struct.pack({I16: ">h", I32: ">i", I64: ">q"}[kind], value)
    if kind == STRING:
        raw = value if isinstance(value, bytes) else value.encode()
        return struct.pack(">i", len(raw)) + raw
    if kind == LIST:
        element = kind_of(value[0]) if value else STRING
        return struct.pack(">bi", element, len(value)) + b"".join(map(encode, value))
    if kind == MAP:
        pairs = b"".join(encode(k) + encode(v) for k, v in value.items())
        return struct.pack(">bbi", STRING, STRING, len(value)) + pairs
    fields = (
        struct.pack(">bh", kind_of(v), i) + encode(v) for i, v in value.items() if v is not None
    )
    return b"".join(fields) + b"\0"


def message(name: str, arguments: Fields, kind: int = 1) -> bytes:
    return (
        struct.pack(">I", 0x80010000 | kind)
        + encode(name)
        + struct.pack(">i", 1)
        + encode(arguments)
    )


class ThriftError(Exception):
    """An exception of the metastore: the field of the result, or the type of Thrift's own."""

    def __init__(self, text: str, field: int = 0, kind: int = 0) -> None:
        super().__init__(text)
        self.field, self.kind = field, kind


class Hive:
    """A connection to the metastore of a server."""

    def __init__(self, port: int, ticket: str | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        if ticket is not None:
            self.call("set_ugi", {1: "spark", 2: ["other", ticket]})

    def close(self) -> None:
        self.socket.close()

    def take(self, n: int) -> bytes:
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                raise ConnectionError("the metastore closed the connection")
            data += more
        return data

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def value(self, kind: int) -> Any:
        if kind == BOOL:
            return self.take(1) == b"\1"
        if kind in (BYTE, I16, I32, I64, DOUBLE):
            return self.number({BYTE: ">b", I16: ">h", I32: ">i", I64: ">q", DOUBLE: ">d"}[kind])
        if kind == STRING:
            return self.take(self.number(">i")).decode()
        if kind in (LIST, SET):
            element = self.number(">b")
            return [self.value(element) for _ in range(self.number(">i"))]
        if kind == MAP:
            key, item = self.number(">b"), self.number(">b")
            return {self.value(key): self.value(item) for _ in range(self.number(">i"))}
        fields = {}
        while field := self.number(">b"):
            at = self.number(">h")
            fields[at] = self.value(field)
        return fields

    def answer(self) -> Any:
        kind = self.number(">I") & 0xFF
        self.value(STRING)
        self.take(4)
        fields = self.value(STRUCT)
        if kind == 3:
            raise ThriftError(fields[1], kind=fields[2])
        for at, thrown in fields.items():
            if at:
                raise ThriftError(thrown[1], field=at)
        return fields.get(0)

    def call(self, name: str, arguments: Fields | None = None) -> Any:
        self.socket.sendall(message(name, arguments or {}))
        return self.answer()
