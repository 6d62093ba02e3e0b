"""Pictures of solutions, drawn by matplotlib if it is installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nbm.errors import BackendUnavailable, FileError, InvalidArgument

if TYPE_CHECKING:
    from nbm.solution import Solution

__all__ = ["plot_slice"]


def plot_slice(solution: Solution, path: Path, axis: str, position: float | None, resolution: int) -> None:
    """Draw u on a plane; see :meth:`nbm.Solution.plot_slice`."""
    if axis not in ("x", "y", "z"):
        raise InvalidArgument(f"axis: got {axis!r}, expected 'x', 'y' or 'z'", "axis")
    if resolution < 2:
        raise InvalidArgument(f"resolution: got {resolution}, expected at least 2", "resolution")
    normal = "xyz".index(axis)
    across, up = [other for other in range(3) if other != normal]
    lower, upper = np.asarray(solution.box.lower), np.asarray(solution.box.upper)
    level = float((lower[normal] + upper[normal]) / 2) if position is None else float(position)
    if not lower[normal] <= level <= upper[normal]:
        bounds = f"[{lower[normal]}, {upper[normal]}]"
        raise InvalidArgument(f"position: got {level}, expected a plane in the box, {axis} in {bounds}", "position")
    edges = upper - lower
    scale = resolution / max(edges[across], edges[up])
    horizontal = np.linspace(lower[across], upper[across], max(2, round(scale * edges[across])))
    vertical = np.linspace(lower[up], upper[up], max(2, round(scale * edges[up])))
    points = np.empty((len(vertical), len(horizontal), 3))
    points[..., normal] = level
    points[..., across] = horizontal[None, :]
    points[..., up] = vertical[:, None]
    flat = points.reshape(-1, 3)
    shape = points.shape[:2]
    draw(
        path,
        horizontal,
        vertical,
        solution(flat).reshape(shape),
        solution.level_set(flat).reshape(shape),
        labels=("xyz"[across], "xyz"[up], f"u at {axis} = {level:g}"),
    )


def draw(
    path: Path,
    horizontal: np.ndarray,
    vertical: np.ndarray,
    values: np.ndarray,
    level_set: np.ndarray,
    labels: tuple[str, str, str],
) -> None:
    """Draw values on a plane as colours and the zero of the level set as a line.

    Args:
        path: The picture.
        horizontal: (nx,) coordinates.
        vertical: (ny,) coordinates.
        values: (ny, nx).
        level_set: (ny, nx).
        labels: Of the two axes, and the title.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        message = "pictures need matplotlib, which is not installed: pip install 'nbm[plot]'"
        raise BackendUnavailable(message, "matplotlib") from error
    figure = Figure(figsize=(6, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    colours = axes.pcolormesh(horizontal, vertical, values, shading="nearest", rasterized=True)
    figure.colorbar(colours, ax=axes)
    if level_set.min() < 0.0 <= level_set.max():
        axes.contour(horizontal, vertical, level_set, levels=[0.0], colors="black", linewidths=1.0)
    axes.set(xlabel=labels[0], ylabel=labels[1], title=labels[2], aspect="equal")
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}", str(path)) from error
    except ValueError as error:  # an ending that matplotlib does not know
        raise InvalidArgument(f"path: {path}: {error}", "path") from error
