"""Checks of the arguments that shapes take."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.errors import InvalidArgument

__all__ = ["axis_number", "positive", "triple", "vector"]


def positive(value: Any, name: str) -> float:
    """Return a positive finite number, or raise ``InvalidArgument``."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise InvalidArgument(f"{name}: got {value!r}, expected a positive number", name)
    return number


def vector(value: Any, name: str) -> NDArray[np.float64]:
    """Return three finite numbers, or raise ``InvalidArgument``."""
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.shape != (3,) or not np.all(np.isfinite(numbers)):
        raise InvalidArgument(f"{name}: got {value!r}, expected three finite numbers", name)
    return numbers


def axis_number(name: Any) -> int:
    """Return 0, 1, 2 for "x", "y", "z", or raise ``InvalidArgument``."""
    if name not in ("x", "y", "z"):
        raise InvalidArgument(f"axis: got {name!r}, expected 'x', 'y' or 'z'", "axis")
    return "xyz".index(name)


def triple(values: Any) -> str:
    """Return three numbers as a sentence shows them."""
    return "(" + ", ".join(f"{value:.4g}" for value in values) + ")"
