"""The domain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbm import _core
from nbm.errors import InvalidArgument

__all__ = ["Box"]

Triple = tuple[float, float, float]


@dataclass(frozen=True, init=False)
class Box:
    """The axis-aligned domain [lower, upper]; not necessarily a cube.

    Args:
        lower: Smallest x, y, z.
        upper: Largest x, y, z.

    Raises:
        InvalidArgument: not three finite numbers each, or lower >= upper on an axis.
    """

    lower: Triple
    upper: Triple

    def __init__(self, lower: Sequence[float] = (-1.0, -1.0, -1.0), upper: Sequence[float] = (1.0, 1.0, 1.0)) -> None:
        """Check the bounds."""
        object.__setattr__(self, "lower", _triple(lower, "lower"))
        object.__setattr__(self, "upper", _triple(upper, "upper"))
        object.__setattr__(self, "_native", _core.Box(self.lower, self.upper))

    @property
    def native(self) -> _core.Box:
        """The box of the native engine."""
        return self._native  # type: ignore[attr-defined, no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        return Box, (self.lower, self.upper)

    @property
    def edge(self) -> Triple:
        """Lengths along x, y, z."""
        a, b = self.lower, self.upper
        return (b[0] - a[0], b[1] - a[1], b[2] - a[2])


def _triple(value: Sequence[float] | Any, name: str) -> Triple:
    try:
        numbers = tuple(float(v) for v in value)
    except (TypeError, ValueError, OverflowError):
        numbers = ()
    if len(numbers) != 3 or isinstance(value, str) or not all(math.isfinite(v) for v in numbers):
        raise InvalidArgument(f"{name}: got {value!r}, expected three finite numbers (x, y, z)", name)
    return (numbers[0], numbers[1], numbers[2])
