"""What a solution leaves of the conditions on the interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nbm.problem import Problem

__all__ = ["jump_errors"]

Float64Array = NDArray[np.float64]


def jump_errors(
    problem: Problem, points: Float64Array, u: Sequence[Float64Array], fluxes: Sequence[Float64Array]
) -> tuple[Float64Array, Float64Array]:
    """Return what u and mu du/dn of both sides (minus, plus) at points of the interface leave of its conditions."""
    native = problem.native
    value = u[1] - u[0] - native.jump_u.evaluate(points)
    flux = fluxes[1] - fluxes[0] - native.jump_flux.evaluate(points)
    value -= native.resistance.evaluate(points) * (fluxes[0] + fluxes[1]) / 2
    flux -= native.surface_reaction.evaluate(points) * (u[0] + u[1]) / 2
    return value, flux
