"""Frames between shim and driver: 4 bytes of length, big-endian, then a JSON object."""

import array
import json
import socket
import struct
import threading
from typing import Any

from glaux_driver.descriptors import moved_high

FRAME_MAX = 1 << 20
FDS_MAX = 8
HEADER = struct.Struct(">I")
FD_BYTES = array.array("i").itemsize


class LinkError(Exception):
    """The peer sent what is no frame: the link cannot be used further."""


Frame = tuple[dict[str, Any], list[int]]


def _sendable(value: Any) -> Any:
    """Half of a surrogate pair, as in names of files that are no UTF-8, is no JSON for the peer."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value


class Link:
    """`send` may be called by any thread, `receive` by one."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._sending = threading.Lock()
        self._fds: list[int] = []

    @classmethod
    def inherited(cls, fd: int = 3) -> "Link":
        return cls(socket.socket(fileno=moved_high(fd)))

    def send(self, kind: str, **members: Any) -> None:
        """Raises OSError when the shim has gone."""
        sendable = {name: _sendable(value) for name, value in members.items()}
        body = json.dumps({"t": kind, **sendable}).encode()
        with self._sending:
            self._sock.sendall(HEADER.pack(len(body)) + body)

    def receive(self) -> Frame | None:
        """The next frame with the descriptors that came with it (the caller's), None at the end."""
        header = self._read(HEADER.size)
        if not header:
            return None
        (length,) = HEADER.unpack(header)
        if length > FRAME_MAX:
            raise LinkError(f"a frame of {length} bytes")
        body = self._read(length)
        if len(body) < length:
            raise LinkError("the link ended inside a frame")
        fds, self._fds = self._fds, []
        return _object(body), fds

    def _read(self, count: int) -> bytes:
        """`count` bytes, nothing at a clean end of the link."""
        data = b""
        room = socket.CMSG_SPACE(FDS_MAX * FD_BYTES)
        while len(data) < count:
            part, ancillary, flags, _ = self._sock.recvmsg(
                count - len(data), room, socket.MSG_CMSG_CLOEXEC
            )
            self._collect(ancillary)
            if flags & socket.MSG_CTRUNC:
                raise LinkError("too many descriptors in one frame")
            if not part:
                if data:
                    raise LinkError("the link ended inside a frame")
                break
            data += part
        return data

    def _collect(self, ancillary: list[tuple[int, int, bytes]]) -> None:
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds = array.array("i")
                fds.frombytes(data[: len(data) - len(data) % FD_BYTES])
                self._fds.extend(fds)


def _object(body: bytes) -> dict[str, Any]:
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LinkError(f"not JSON: {error}") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("t"), str):
        raise LinkError("not an object with a member t")
    return frame
