"""Maps on three planes through the box: u, its error where the solution is known, its residual."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm.manufactured import ManufacturedProblem
from nbm.rows import regular_rows
from nbm.viz.drawing import DIVERGING, SEQUENTIAL, figure, save_figure
from nbm.viz.planes import Plane, plane

if TYPE_CHECKING:
    from nbm.evaluation import Evaluation
    from nbm.problem import Problem

__all__ = ["equation_residual", "plot_maps"]

Float64Array = NDArray[np.float64]
_RESIDUAL_CELLS = 16384  # along the longest edge, as the rows of expansions: between truncation and rounding


def plot_maps(
    solution: Evaluation, path: str | os.PathLike[str], *, problem: Problem | None = None, resolution: int = 160
) -> None:
    """Draw u on the three middle planes; with a problem also the residual, and the error where u is known.

    Args:
        solution: Trained networks.
        path: The picture; its ending gives the format.
        problem: That was solved.
        resolution: Points along the longest edge of each plane.

    Raises:
        BackendUnavailable: matplotlib is not installed.
        InvalidArgument: the ending is not known.
    """
    planes = [plane(solution.box, axis, None, resolution) for axis in "zyx"]
    rows: list[tuple[str, list[Float64Array], bool]] = [("u", [_on(p, solution) for p in planes], False)]
    if isinstance(problem, ManufacturedProblem):
        exact = [_on(p, problem.exact) for p in planes]
        rows.append(("u − exact u", [u - e for u, e in zip(rows[0][1], exact, strict=True)], True))
    if problem is not None:
        rows.append(("residual", [_on(p, lambda at: equation_residual(solution, problem, at)) for p in planes], True))
    levels = [_on(p, solution.level_set) for p in planes]
    made = figure(11, 3.6 * len(rows))
    axes = made.subplots(len(rows), 3, squeeze=False)
    for row, (name, values, signed) in enumerate(rows):
        limits = _limits(values, signed)
        for column, part in enumerate(planes):
            drawn = _draw(axes[row][column], part, values[column], levels[column], limits, signed)
            axes[row][column].set_title(f"{name}, {'xyz'[part.axes[2]]} = {part.position:.3g}", fontsize=10)
        made.colorbar(drawn, ax=list(axes[row]), shrink=0.85, pad=0.01)
    save_figure(made, path)


def equation_residual(solution: Evaluation, problem: Problem, points: Float64Array) -> Float64Array:
    """Return how wrong the residual of the equation could make u, were it the same everywhere, with its sign, (n,).

    The row of each point (docs/method.md, section 5) on a cell of a 16384th of the longest edge, on the point's own
    side, times the bound of error over residual of a constant mu: as the certificate has it.
    """
    h = max(problem.box.edge) / _RESIDUAL_CELLS
    bound = 6 / h**2 / (np.pi**2 * sum(1 / edge**2 for edge in problem.box.edge))
    residual = np.empty(len(points))
    minus = solution.level_set(points) < 0
    for side, here in (("minus", minus), ("plus", ~minus)):
        at = points[here]
        if not len(at):
            continue
        own = solution.minus if side == "minus" else solution.plus
        rows = regular_rows(problem, side, at, h)
        value = own(at)
        sum_of_parts = rows.value * value - rows.rhs
        for axis, step in enumerate(h * np.eye(3)):
            before, after = (own(at + sign * step, outside="extrapolate") for sign in (-1, 1))  # at walls
            sum_of_parts += rows.first[:, axis] * (after - before) / 2
            sum_of_parts += rows.second[:, axis] * (after - 2 * value + before)
        residual[here] = bound * sum_of_parts
    return residual


def _on(part: Plane, evaluate: Any) -> Float64Array:
    return np.asarray(evaluate(part.points.reshape(-1, 3))).reshape(part.shape)


def _limits(values: list[Float64Array], signed: bool) -> tuple[float, float]:
    """Return the range of the colours: of a signed map about 0, and without the largest half percent."""
    flat = np.concatenate([v.ravel() for v in values])
    if not signed:
        return float(flat.min()), float(flat.max())
    largest = float(np.quantile(np.abs(flat), 0.995)) or 1.0
    return -largest, largest


def _draw(
    axes: Any, part: Plane, values: Float64Array, level: Float64Array, limits: tuple[float, float], signed: bool
) -> Any:
    drawn = axes.pcolormesh(
        part.horizontal,
        part.vertical,
        values,
        shading="nearest",
        rasterized=True,
        cmap=DIVERGING if signed else SEQUENTIAL,
        vmin=limits[0],
        vmax=limits[1],
    )
    if level.min() < 0.0 <= level.max():
        axes.contour(part.horizontal, part.vertical, level, levels=[0.0], colors="black", linewidths=0.8)
    axes.set(xlabel="xyz"[part.axes[0]], ylabel="xyz"[part.axes[1]], aspect="equal")
    return drawn
