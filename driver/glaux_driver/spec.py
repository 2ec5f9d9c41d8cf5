"""The session's description: a JSON file that GLAUX_DRIVER_SPEC names (see driver/README.md)."""

import json
import os
from dataclasses import dataclass, field, fields
from typing import Any

VARIABLE = "GLAUX_DRIVER_SPEC"


class SpecError(Exception):
    """The description is missing, unreadable or not of the right form."""


@dataclass(frozen=True)
class Spec:
    session_id: str
    work_dir: str
    workgroup: str = ""
    engine_version: str = ""
    description: str = ""
    started_ms: int = 0
    output_dir: str = ""
    engine: str = "spark"
    master: str = "local[2]"
    cores: int = 2
    driver_memory: str = "1g"
    java_home: str = ""
    region: str = ""
    data_url: str = ""
    warehouse: str = ""
    metastore_uri: str = ""
    class_archive: str = ""
    spark_properties: dict[str, str] = field(default_factory=dict)

    @property
    def private_dir(self) -> str:
        """Where the driver keeps its own files, inside the session's working folder."""
        return os.path.join(self.work_dir, ".glaux")


def _checked(name: str, kind: type, value: Any) -> Any:
    if name == "spark_properties":
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise SpecError("spark_properties must be an object of strings")
        return value
    if not isinstance(value, kind) or isinstance(value, bool):
        raise SpecError(f"{name} must be of type {kind.__name__}")
    return value


def parse(text: str) -> Spec:
    """Absent and null members take their defaults; unknown members are ignored."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise SpecError(f"not JSON: {error}") from None
    if not isinstance(given, dict):
        raise SpecError("not a JSON object")
    kinds = {"started_ms": int, "cores": int}
    known = {
        f.name: _checked(f.name, kinds.get(f.name, str), given[f.name])
        for f in fields(Spec)
        if given.get(f.name) is not None
    }
    for name in ("session_id", "work_dir"):
        if not known.get(name):
            raise SpecError(f"{name} is missing")
    if known.get("engine", "spark") not in ("spark", "python"):
        raise SpecError("engine must be spark or python")
    return Spec(**known)


def load() -> Spec:
    """Reads the description and takes its variable out of the environment of user code."""
    path = os.environ.pop(VARIABLE, "")
    if not path:
        raise SpecError(f"{VARIABLE} is not set")
    try:
        with open(path, encoding="utf-8") as file:
            return parse(file.read())
    except OSError as error:
        raise SpecError(str(error)) from None
