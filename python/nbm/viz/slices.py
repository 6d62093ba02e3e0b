"""Pictures of u on a plane, drawn by matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbm.viz.drawing import SEQUENTIAL, figure, save_figure
from nbm.viz.planes import plane, telling_plane

if TYPE_CHECKING:
    from nbm.evaluation import Evaluation

__all__ = ["plot_slice"]


def plot_slice(solution: Evaluation, path: Path, axis: str | None, position: float | None, resolution: int) -> None:
    """Draw u on a plane as colours and the interface as a line; see :meth:`nbm.Solution.plot_slice`."""
    axis, position = telling_plane(solution, axis, position)
    part = plane(solution.box, axis, position, resolution)
    flat = part.points.reshape(-1, 3)
    values, level = solution(flat).reshape(part.shape), solution.level_set(flat).reshape(part.shape)
    made = figure(6, 5)
    axes = made.add_subplot()
    colours = axes.pcolormesh(
        part.horizontal, part.vertical, values, shading="nearest", rasterized=True, cmap=SEQUENTIAL
    )
    made.colorbar(colours, ax=axes)
    if level.min() < 0.0 <= level.max():
        axes.contour(part.horizontal, part.vertical, level, levels=[0.0], colors="black", linewidths=1.0)
    across, up, _ = part.axes
    axes.set(xlabel="xyz"[across], ylabel="xyz"[up], title=f"u at {axis} = {part.position:g}", aspect="equal")
    save_figure(made, path)
