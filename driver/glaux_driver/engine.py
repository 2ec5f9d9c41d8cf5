"""What a session needs of its engine, and the engine without Spark: plain Python."""

import platform
import threading
from typing import Any, Protocol


class EngineError(Exception):
    """The engine cannot serve the session; the text is for its owner."""


class Engine(Protocol):
    def info(self) -> dict[str, str]:
        """Members of the `ready` frame."""

    def names(self) -> dict[str, Any]:
        """Names that user code finds defined."""

    def ensure(self) -> bool:
        """Before a block: True when the names had to be made anew. Raises EngineError."""

    def begin(self, block_id: str) -> None:
        """Before a block: what runs from now on belongs to it."""

    def rest(self) -> None:
        """After a block's end was reported: notes what lives on."""

    def stop_work(self, ended: threading.Event) -> None:
        """Another thread: ends what the running block started, until the block has ended."""

    def settle(self) -> None:
        """After a stopped block, before its end is reported."""

    def in_call(self) -> bool:
        """True while the main thread waits for an answer of the engine."""

    def progress(self) -> str | None:
        """Another thread: what runs now, in words; None when nothing does."""

    def pid(self) -> int | None:
        """The process that belongs to the session, not to a block."""

    def ended(self) -> str | None:
        """Why the engine is gone, when it is."""

    def close(self) -> None:
        """Ends the engine in good order, within about 2 s."""


class PythonEngine:
    """No Spark: for sessions of plain Python, and for tests that need no JVM."""

    def info(self) -> dict[str, str]:
        return {"spark_version": "", "app_id": "", "python_version": platform.python_version()}

    def names(self) -> dict[str, Any]:
        return {}

    def ensure(self) -> bool:
        return False

    def begin(self, block_id: str) -> None:
        pass

    def rest(self) -> None:
        pass

    def stop_work(self, ended: threading.Event) -> None:
        pass

    def settle(self) -> None:
        pass

    def in_call(self) -> bool:
        return False

    def progress(self) -> str | None:
        return None

    def pid(self) -> int | None:
        return None

    def ended(self) -> str | None:
        return None

    def close(self) -> None:
        pass
