"""A number that a solution was asked for, with the estimate of its error in parts.

The error has three parts (docs/method.md, section 16): "quadrature", what half as many cells of the quadrature change;
"grid", what the classical solver adds to u; and "change", what its finer grid changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Extremum", "Quantity"]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number, or an array of them, with an estimate of its error.

    Attributes:
        value: The quantity, in units of the problem.
        error: Estimate of its error, of an array that of the worst of its numbers: the sum of ``parts``.
        parts: "quadrature", "grid" and "change": see the module.
    """

    value: Any
    error: float
    parts: dict[str, float] = field(default_factory=dict)

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        if np.ndim(self.value):
            return f"{np.array2string(np.asarray(self.value), precision=6)} ± {self.error:.1e}"
        return f"{self.value:.8g} ± {self.error:.1e}"


@dataclass(frozen=True, kw_only=True)
class Extremum(Quantity):
    """A smallest or largest u.

    Attributes:
        place: Where, (x, y, z).
        side: "minus" or "plus": whose u it is, on the interface too.
    """

    place: tuple[float, float, float]
    side: str
