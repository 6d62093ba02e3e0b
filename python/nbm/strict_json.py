"""JSON that every reader takes: numbers that are not finite are written as null, and read back as nan."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

__all__ = ["as_json", "with_nan"]


def as_json(value: Any, indent: int | None = None) -> str:
    """Return a value of mappings, sequences, numbers and text as JSON."""
    return json.dumps(_finite(value), indent=indent, allow_nan=False)


def with_nan(kind: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a dataclass as :func:`as_json` wrote them, with nan for null where a float is due."""
    floats = {field.name for field in fields(kind) if field.type in ("float", float)}
    return {name: math.nan if value is None and name in floats else value for name, value in given.items()}


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, (list, tuple)) else value
