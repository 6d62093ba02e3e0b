"""Networks that start from a solution without networks: a grid or an expansion (docs/method.md, section 10)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from nbm.observations import Observations, all_observations
from nbm.optimizers import GaussNewton, Optimizer
from nbm.training_options import TrainingOptions

if TYPE_CHECKING:
    from nbm.problem import Problem
    from nbm.solution import Solution

__all__ = ["guided_by"]

_POINTS = 3000
_SIDES: tuple[Literal["minus", "plus"], ...] = ("minus", "plus")
_SIGMA = 0.01  # of the range of u: values hold the smooth part, the rows of the equation smooth the rest
_NEWTON_STEPS, _ADAM_STEPS = 60, 3000


def guided_by(start: Solution, problem: Problem, options: TrainingOptions) -> TrainingOptions:
    """Return options of a training that fits networks to the values of a solution, beside all rows of the problem."""
    box = problem.box
    points = np.random.default_rng(options.seed).uniform(box.lower, box.upper, (_POINTS, 3))
    values, side = start(points), start.side(points)
    sigma = _SIGMA * float(np.ptp(values)) or 1.0
    known = [
        Observations(points[side == k], values[side == k], sigma=sigma, side=name, name=f"start-{name}")
        for k, name in enumerate(_SIDES)
    ]
    return replace(
        options,
        start=None,
        callback=None,
        optimizer=_optimizer(options.chosen_optimizer()),
        observations=[*all_observations(options.observations), *(group for group in known if len(group) > 0)],
    )


def _optimizer(chosen: Optimizer) -> Optimizer:
    if isinstance(chosen, GaussNewton):
        return replace(chosen, starts=1, steps=_NEWTON_STEPS)
    return replace(chosen, steps=min(chosen.steps, _ADAM_STEPS))
