"""A driver for the tests of the shim: speaks the link's protocol, and does what the test says.

The session's property `fake.start` is Python that runs before `ready` is sent; the code of a
calculation is Python as well. Both see this module's names, the calculation also `call`.
"""

import array
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from typing import Any

__all__ = ["os", "select", "signal", "subprocess", "sys", "time"]

link = socket.socket(fileno=3)
with open(os.environ["GLAUX_DRIVER_SPEC"], encoding="utf-8") as file:
    spec = json.load(file)


def send(kind: str, **members: Any) -> None:
    body = json.dumps({"t": kind, **members}).encode()
    link.sendall(struct.pack(">I", len(body)) + body)


def read(count: int, fds: list[int]) -> bytes:
    data = b""
    while len(data) < count:
        part, ancillary, _, _ = link.recvmsg(count - len(data), 1024)
        if not part:
            raise SystemExit(0)
        for _, _, bytes_of_fds in ancillary:
            fds.extend(array.array("i", bytes_of_fds))
        data += part
    return data


def receive() -> tuple[dict[str, Any], list[int]]:
    fds: list[int] = []
    (length,) = struct.unpack(">I", read(4, fds))
    return json.loads(read(length, fds)), fds


class Call:
    """A calculation: its id, its three descriptors, and the members of its `done`."""

    def __init__(self, frame: dict[str, Any], fds: list[int]) -> None:
        self.id = frame["id"]
        self.out, self.err, self.result = fds
        self.end = {"state": "COMPLETED", "reason": "", "result_type": ""}

    def write(self, fd: int, data: bytes) -> None:
        while data:
            data = data[os.write(fd, data) :]

    def progress(self, text: str) -> None:
        send("progress", id=self.id, text=text)

    def wait_cancel(self) -> None:
        while receive()[0]["t"] != "cancel":
            pass
        self.end["state"] = "CANCELED"


exec(spec["spark_properties"].get("fake.start", ""))
send("ready", spark_version="3.5.0", app_id="fake-1", python_version="3")
while True:
    frame, descriptors = receive()
    if frame["t"] == "exit":
        break
    if frame["t"] != "run":
        continue
    call = Call(frame, descriptors)
    send("started", id=call.id)
    exec(frame["code"], {**globals(), "call": call})
    for fd in descriptors:
        os.close(fd)
    send("done", id=call.id, **call.end)
