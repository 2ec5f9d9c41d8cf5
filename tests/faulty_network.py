"""A stretch of network between a client and a server that can be cut, slowed and made to lie.

A TCP relay on a free port of the loopback. Its fault may be changed at any time and counts for the
connections that are open as well.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

PIECE = 16 * 1024


class FaultyNetwork:
    """Relays to a port; `fault` is what happens on the way."""

    def __init__(self, to_port: int) -> None:
        self.to_port = to_port
        self.fault = "none"  # none, cut, stall, or "answer STATUS CODE [Header: value]"
        self.bytes_per_second = 0  # 0: as fast as it goes
        self.connections = 0
        self.answer_times = 0  # how many requests `answer` has taken
        self.answer_limit = 0  # after so many the fault ends; 0: never
        self.cut_after = 0  # bytes to the server after which a connection is cut; 0: never
        self.cut_after_answer = 0  # the same for bytes from the server
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.endpoint = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Nobody gets through any more, and who was through is thrown out."""
        self.fault = "cut"
        with self._lock:
            sockets = list(self._open)
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def heal(self) -> None:
        self.fault = "none"
        self.bytes_per_second = 0
        self.cut_after = 0
        self.cut_after_answer = 0

    def answer(self, status: int, code: str, *headers: str, times: int = 0) -> None:
        """Answer requests in the server's place, with an error of S3."""
        error = f"<Error><Code>{code}</Code><Message>made by the test</Message></Error>"
        self.answer_with(status, error, *headers, times=times)

    def answer_with(self, status: int, body: str, *headers: str, times: int = 0) -> None:
        """The same with any body."""
        lines = [f"HTTP/1.1 {status} Fault", f"Content-Length: {len(body)}", "Connection: close"]
        reply = "\r\n".join([*lines, *headers, "", body]).encode()
        self.answer_by(lambda head: reply, times)

    def answer_by(self, reply: Callable[[bytes], bytes], times: int = 0) -> None:
        """The same with whatever bytes come of a request's head."""
        self._reply = reply
        self.answer_times = 0
        self.answer_limit = times
        self.fault = "answer"

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self.connections += 1
        with client:
            if self.fault == "cut":
                return
            if self.fault == "answer":
                self._answer(client)
                return
            with contextlib.suppress(OSError), self._connect() as server:
                with self._lock:
                    self._open |= {client, server}
                back = threading.Thread(target=self._relay, args=(server, client), daemon=True)
                back.start()
                self._relay(client, server, to_server=True)
                back.join()
                with self._lock:
                    self._open -= {client, server}

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.to_port), timeout=30)

    def _answer(self, client: socket.socket) -> None:
        """Reads a request to its end, so that no reset overtakes the answer."""
        client.settimeout(30)
        with contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(PIECE)
                if not piece:
                    return
                head += piece
            lines, _, rest = head.partition(b"\r\n\r\n")
            left = -len(rest)
            for line in lines.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    left += int(line.split(b":")[1])
            while left > 0:
                left -= len(client.recv(PIECE)) or left
            self.answer_times += 1
            if self.answer_limit and self.answer_times >= self.answer_limit:
                self.fault = "none"
            client.sendall(self._reply(lines))

    def _relay(self, source: socket.socket, sink: socket.socket, to_server: bool = False) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                while self.fault == "stall":
                    time.sleep(0.01)
                limit = self.cut_after if to_server else self.cut_after_answer
                if limit and passed + len(piece) > limit:
                    break
                passed += len(piece)
                if self.bytes_per_second:
                    time.sleep(len(piece) / self.bytes_per_second)
                sink.sendall(piece)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
