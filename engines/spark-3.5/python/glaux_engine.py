"""Loaded by glaux_engine.pth at the start of the engine's every Python, the workers' too.

pyarrow.fs.S3FileSystem() takes no notice of AWS_ENDPOINT_URL, as boto3 and pyarrow's own URIs do
(pyarrow 17; its S3Options::FromUri reads it). Here it does, once pyarrow.fs is imported.
"""

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

MODULE = "pyarrow.fs"


def endpoint() -> str:
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return ""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def adapt(module: ModuleType) -> None:
    """Gives the module an S3FileSystem whose endpoint has this default."""
    base: Any = module.S3FileSystem

    class Kind(type(base)):  # type: ignore[misc]
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, base)

    class S3FileSystem(base, metaclass=Kind):  # type: ignore[misc]
        __doc__ = base.__doc__

        def __init__(self, *, endpoint_override: str | None = None, **options: Any) -> None:
            super().__init__(endpoint_override=endpoint_override or endpoint() or None, **options)

    S3FileSystem.__module__, S3FileSystem.__qualname__ = base.__module__, base.__qualname__
    module.S3FileSystem = S3FileSystem  # type: ignore[attr-defined]


class Finder:
    """Stands before Python's own finders until the module is asked for."""

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != MODULE:
            return None
        sys.meta_path.remove(cls)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        loader = spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            if hasattr(module, "S3FileSystem"):
                adapt(module)

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if endpoint():
    sys.meta_path.insert(0, Finder)
