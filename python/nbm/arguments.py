"""Arguments of the caller, checked: each function returns the value, or raises ``InvalidArgument`` in a sentence."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from nbm.errors import InvalidArgument

__all__ = ["as_choice", "as_instance", "as_integer", "as_real", "as_seed", "as_sizes", "as_threads"]

_LARGEST = 2**63 - 1
_MOST_THREADS = 4096
_T = TypeVar("_T")


def as_integer(value: Any, name: str, least: int = -_LARGEST, most: int = _LARGEST) -> int:
    """Return an integer from ``least`` to ``most``, of Python or NumPy; truth values are none."""
    number = None if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__") else _index(value)
    if number is None or not least <= number <= most:
        raise InvalidArgument(f"{name}: got {_shown(value)}, expected an integer{_range(least, most)}", name)
    return number


def as_seed(value: Any, name: str = "seed") -> int:
    """Return an integer from 0 to 2^64 - 1."""
    return as_integer(value, name, 0, 2**64 - 1)


def as_threads(value: Any) -> int:
    """Return a number of threads; 0 stands for all cores."""
    return as_integer(value, "threads", 0, _MOST_THREADS)


def as_real(value: Any, name: str) -> float:
    """Return a finite number as float; truth values and text are none."""
    try:
        number = math.nan if isinstance(value, (bool, np.bool_, str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidArgument(f"{name}: got {_shown(value)}, expected a finite number", name)
    return number


def as_choice(value: Any, name: str, choices: Sequence[str]) -> str:
    """Return one of the ``choices``, all of which the error names."""
    if not isinstance(value, str) or value not in choices:
        expected = ", ".join(f'"{choice}"' for choice in choices)
        raise InvalidArgument(f"{name}: got {_shown(value)}, expected one of {expected}", name)
    return value


def as_instance(value: Any, name: str, kind: type[_T], expected: str) -> _T:
    """Return an object of a class of nbm; ``expected`` says in the error what was."""
    if not isinstance(value, kind):
        raise InvalidArgument(f"{name}: got {_shown(value)}, expected {expected}", name)
    return value


def as_sizes(value: Any, name: str = "cell_size") -> tuple[float, float, float]:
    """Return positive lengths along x, y, z from one number or three."""
    try:
        sizes = np.broadcast_to(np.asarray(value, dtype=np.float64), (3,))
    except (TypeError, ValueError, OverflowError):
        sizes = np.zeros(3)
    if isinstance(value, (bool, str)) or not np.all(np.isfinite(sizes) & (sizes > 0)):
        message = f"{name}: got {_shown(value)}, expected a positive number or three of them, one per axis"
        raise InvalidArgument(message, name)
    return (float(sizes[0]), float(sizes[1]), float(sizes[2]))


def _index(value: Any) -> int | None:
    try:
        return operator.index(value)
    except TypeError:  # arrays have __index__ whatever their shape
        return None


def _shown(value: Any) -> str:
    text = repr(value)
    if len(text) <= 60 and "\n" not in text:
        return text
    return f"a value of type {type(value).__name__}"


def _range(least: int, most: int) -> str:
    if most == _LARGEST:
        return "" if least == -_LARGEST else f" of at least {least}"
    return f" from {least} to {'2^64 - 1' if most == 2**64 - 1 else most}"
