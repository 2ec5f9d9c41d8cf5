"""The result object of a calculation: display outputs in nbformat's form, bounded."""

import base64
import json
import math
from typing import Any

TYPE = "application/vnd.aws.athena.v1+json"
VERSION = 1
OUTPUTS_MAX = 1000
ENVELOPE_BYTES = 200


def _plain(value: Any) -> Any:
    """Makes data of display formatters fit for JSON: bytes of images become base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def _mark(output_type: str, text: str, size: int) -> str:
    return json.dumps(
        {
            "output_type": "display_data" if output_type == "error" else output_type,
            "data": {"text/plain": text},
            "metadata": {"glaux": {"dropped_bytes": size}},
            **({"execution_count": None} if output_type == "execute_result" else {}),
        }
    )


class Results:
    """Collects the outputs of one block as JSON texts; holds no more than about twice the limit."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._entries: list[tuple[str, str, str | None]] = []
        self._bytes = 0
        self._uncounted = 0
        self._clear_pending = False

    def add(self, output: dict[str, Any], display_id: str | None = None) -> None:
        if self._clear_pending:
            self.clear()
        entry = self._encoded(output, display_id)
        if len(self._entries) >= OUTPUTS_MAX:
            self._uncounted += 1
            return
        self._entries.append(entry)
        self._bytes += len(entry[1])
        if self._bytes > 2 * self._limit:
            self._shrink()

    def update(self, output: dict[str, Any], display_id: str) -> None:
        """Replaces the outputs shown earlier under the same display id."""
        data, metadata = output["data"], output["metadata"]
        for place, (kind, _, known) in enumerate(self._entries):
            if known == display_id:
                count = {"execution_count": None} if kind == "execute_result" else {}
                new = {"output_type": kind, "data": data, "metadata": metadata, **count}
                self._replace(place, self._encoded(new, display_id))

    def clear(self, wait: bool = False) -> None:
        self._clear_pending = wait
        if not wait:
            self._entries.clear()
            self._bytes = self._uncounted = 0

    def document(self) -> bytes:
        """At most the limit, as long as the limit leaves room for the envelope."""
        self._shrink()
        texts = [text for _, text, _ in self._entries]
        if self._uncounted:
            note = f"[{self._uncounted} more outputs dropped: the result is too large]"
            texts.append(_mark("display_data", note, 0))
        document = f'{{"version": {VERSION}, "outputs": [{", ".join(texts)}]}}\n'
        return document.encode("ascii")

    def _encoded(
        self, output: dict[str, Any], display_id: str | None
    ) -> tuple[str, str, str | None]:
        kind = str(output["output_type"])
        text = json.dumps(_plain(output))
        if len(text) > self._limit:
            text = self._dropped(kind, len(text))
        return kind, text, display_id

    def _dropped(self, kind: str, size: int) -> str:
        note = f"[output of {size} bytes dropped: the result may hold {self._limit} bytes]"
        return _mark(kind, note, size)

    def _replace(self, place: int, entry: tuple[str, str, str | None]) -> None:
        self._bytes += len(entry[1]) - len(self._entries[place][1])
        self._entries[place] = entry

    def _total(self) -> int:
        return self._bytes + 2 * len(self._entries) + ENVELOPE_BYTES

    def _shrink(self) -> None:
        """Replaces the largest outputs by marks; if marks alone are too many, drops the last."""
        by_size = sorted(range(len(self._entries)), key=lambda i: -len(self._entries[i][1]))
        for place in by_size:
            kind, text, display_id = self._entries[place]
            mark = self._dropped(kind, len(text))
            if self._total() <= self._limit or len(mark) >= len(text):
                break
            self._replace(place, (kind, mark, display_id))
        while self._entries and self._total() > self._limit:
            self._bytes -= len(self._entries.pop()[1])
            self._uncounted += 1
