"""Newton's method for reactions, each step of which is a linear problem (docs/method.md, section 17)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.errors import InvalidArgument, InvalidField, NbmError, NotConverged
from nbm.fields import GridField
from nbm.node_values import NodeValues, solve_nodes
from nbm.problem import Box, Problem
from nbm.reaction import linearized_about
from nbm.rows import cell_counts, grid_points
from nbm.solution import Solution

__all__ = ["newton", "newton_nodes"]

Float64Array = NDArray[np.float64]
_MOST_STEPS = 40
_SMALLEST_STEP = 2.0**-10
_CONVERGED = 1e-8  # change of u over its range: on the grid what its linear solver gives
_MOST_OUTER_STEPS = 4
_GRID_ERROR = 1e-4  # change over range of the steps with another solver, whose square is what is left
_START_POINTS = 2000
_BAND = 3  # nodes beyond the interface where a side is interpolated


@dataclass(frozen=True)
class _Iterate:
    """u on a grid: one-sided values (2, nx, ny, nz), interpolated by cubics."""

    box: Box
    sides: Float64Array

    def about(self, problem: Problem) -> Problem:
        minus, plus = (GridField(values, self.box) for values in self.sides)
        return linearized_about(problem, minus, plus)

    def towards(self, other: _Iterate, share: float) -> _Iterate:
        return _Iterate(self.box, self.sides + share * (other.sides - self.sides))


def newton_nodes(
    problem: Problem, cells: int | Sequence[int], *, tolerance: float = 1e-10, threads: int = 0
) -> NodeValues:
    """Solve at the nodes of a grid as :func:`nbm.solve_on_grid` does.

    Raises:
        NotConverged: no step reduces the residual, or too many would be needed.
    """
    counts = cell_counts(cells)
    iterate = _start(problem, counts)
    before, scale = np.inf, np.ones(0)
    for step in range(_MOST_STEPS):
        nodes = _linear_nodes(problem, iterate, counts, tolerance, threads, step)
        full = _Iterate(problem.box, np.asarray(nodes.solved["solution"].correction))
        if step == 0:  # whatever it starts from does not satisfy walls and jumps: nothing to compare with
            iterate = full
            norm, scale, _ = _residual(problem, iterate, counts, threads, None)
            before = norm
            continue
        if _change(iterate, full, nodes.solved["side"]) <= _CONVERGED:
            return nodes
        iterate, before = _search(problem, iterate, full, counts, threads, scale, before, step)
    place = _residual(problem, iterate, counts, threads, scale)[2]
    raise _not_converged(f"did not converge in {_MOST_STEPS} steps", _MOST_STEPS, place)


def _linear_nodes(
    problem: Problem, iterate: _Iterate, counts: tuple[int, int, int], tolerance: float, threads: int, step: int
) -> NodeValues:
    """Solve the linear problem about an iterate; where that fails, the step fails."""
    try:
        return solve_nodes(iterate.about(problem), counts, tolerance=tolerance, threads=threads)
    except (InvalidArgument, InvalidField):
        raise
    except NbmError as error:
        place = _residual(problem, iterate, counts, threads, None)[2]
        raise _not_converged(f"meets a linear problem without solution ({error})", step, place) from error


def newton(problem: Problem, cells: int, solve: Callable[[Problem], Solution], threads: int) -> Solution:
    """Solve by linear problems that any solver takes; what it starts from is the grid's solution.

    Args:
        problem: With reactions.
        cells: Of the grid, along the longest edge of the box.
        solve: A solver of linear problems.
        threads: Of the grid's solver.
    """
    longest = max(problem.box.edge)
    x, y, z = (max(16, round(cells * edge / longest)) for edge in problem.box.edge)
    nodes = newton_nodes(problem, (x, y, z), threads=threads)
    iterate = _Iterate(problem.box, np.asarray(nodes.solved["solution"].correction))
    side = nodes.solved["side"]
    for _ in range(_MOST_OUTER_STEPS):
        solution = solve(iterate.about(problem))
        new = _sampled(solution, nodes)
        change = _change(iterate, new, side)
        if change <= _GRID_ERROR:
            return solution
        iterate = new
    worst = np.argmax(np.abs(_own(new, side) - _own(iterate, side)))
    x0, y0, z0 = nodes.points[worst].tolist()
    raise _not_converged(f"still changes u by {change:.1e} of its range", _MOST_OUTER_STEPS, (x0, y0, z0))


def _start(problem: Problem, counts: tuple[int, int, int]) -> _Iterate:
    """The mean of u on the walls: reactions need not be defined at 0."""
    lower, upper = np.asarray(problem.box.lower), np.asarray(problem.box.upper)
    points = np.random.default_rng(0).uniform(lower, upper, (_START_POINTS, 3))
    face = np.arange(_START_POINTS) % 6
    points[np.arange(_START_POINTS), face // 2] = np.where(face % 2 == 0, lower[face // 2], upper[face // 2])
    negative = problem.fields["level_set"].evaluate(points) < 0
    minus, plus = (problem.fields[problem.name_of_boundary(side)].evaluate(points) for side in ("minus", "plus"))
    mean = float(np.mean(np.where(negative, minus, plus)))
    return _Iterate(problem.box, np.full((2, *(count + 1 for count in counts)), mean))


def _search(
    problem: Problem,
    old: _Iterate,
    full: _Iterate,
    counts: tuple[int, int, int],
    threads: int,
    scale: Float64Array,
    before: float,
    step: int,
) -> tuple[_Iterate, float]:
    """Return the first of the steps 1, 1/2, 1/4 ... that reduces the residual, and the residual there."""
    share = 1.0
    place = (np.nan, np.nan, np.nan)
    while share >= _SMALLEST_STEP:
        trial = old.towards(full, share)
        norm, _, at = _residual(problem, trial, counts, threads, scale)
        if norm <= (1 - share / 10) * before:
            return trial, norm
        place = at if np.isfinite(norm) or np.isnan(place[0]) else place
        share /= 2
    raise _not_converged("finds no step that reduces the residual", step, place)


def _residual(
    problem: Problem, iterate: _Iterate, counts: tuple[int, int, int], threads: int, scale: Float64Array | None
) -> tuple[float, Float64Array, tuple[float, float, float]]:
    """Return the norm of what the rows leave at the nodes, divided by ``scale``; their diagonals; and where it is most.

    That of the linear problem about u is that of the nonlinear one at u. Infinite where a reaction is.
    """
    try:
        linear = iterate.about(problem)  # lives as long as its engine is used
        system: dict[str, Any] = _core.grid_system(linear.native, counts, threads)
    except InvalidField as error:
        return np.inf, np.ones(0), error.point
    own = _own(iterate, system["side"])
    sums = np.add.reduceat(system["value"] * own[system["column"]], system["row_begin"][:-1])
    balance = (sums - system["rhs"]) * system["diagonal"]
    rows = balance / (system["diagonal"] if scale is None else scale)
    worst = int(np.argmax(np.abs(rows)))
    x, y, z = grid_points(problem.box, system["shape"])[worst].tolist()
    return float(np.sqrt(np.mean(rows**2))), system["diagonal"], (x, y, z)


def _own(iterate: _Iterate, side: NDArray[np.uint8]) -> Float64Array:
    minus, plus = iterate.sides.reshape(2, -1)
    return np.where(side == 0, minus, plus)


def _change(old: _Iterate, new: _Iterate, side: NDArray[np.uint8]) -> float:
    """The largest change of u over its range."""
    before, after = _own(old, side), _own(new, side)
    spread = float(np.ptp(after))
    return float(np.abs(after - before).max()) / (spread if spread > 0 else 1.0)


def _sampled(solution: Solution, nodes: NodeValues) -> _Iterate:
    """A solution at the nodes: each side at its own and some beyond, elsewhere its mean."""
    own = nodes.solved["side"].reshape(nodes.shape)
    sides = []
    for number, evaluate in enumerate((solution.minus, solution.plus)):
        near = _widened(own == number, _BAND)
        values = np.zeros(nodes.shape)
        values[near] = evaluate(nodes.points[near.ravel()], outside="extrapolate")
        values[~near] = values[own == number].mean() if (own == number).any() else 0.0
        sides.append(values)
    return _Iterate(solution.box, np.stack(sides))


def _widened(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    for _ in range(by):
        for axis in range(3):
            padded = np.pad(mask, [(1, 1) if a == axis else (0, 0) for a in range(3)])
            length = mask.shape[axis]
            mask = mask | np.take(padded, range(length), axis) | np.take(padded, range(2, length + 2), axis)
    return mask


def _not_converged(what: str, step: int, place: tuple[float, float, float]) -> NotConverged:
    at = ", ".join(f"{coordinate:.3g}" for coordinate in place)
    advice = "its solution may not exist, or need a finer grid"
    return NotConverged(f"Newton's method {what}, most at ({at}); {advice}", step, place)
