"""The picture of a solution: the interface with field lines of grad u, and u as a height over a plane with its jump.

As figure 1 of Mistani et al. 2022.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm.arguments import as_integer
from nbm.errors import InvalidArgument
from nbm.viz.drawing import (
    BAR,
    DIVERGING,
    GREY,
    SEQUENTIAL,
    figure,
    plotter,
    pyvista_module,
    quiet,
    save_figure,
    save_plotter,
)
from nbm.viz.planes import Plane, grid_axes, plane, telling_plane
from nbm.viz.solids import draw_triangles
from nbm.viz.surface import Surface, surface_of

if TYPE_CHECKING:
    from nbm.evaluation import Evaluation
    from nbm.problem import Problem

__all__ = ["plot_field"]

Float64Array = NDArray[np.float64]
_HEIGHT = 0.45  # of the warped plane, in longest edges
_LINES = 120
_TITLES = {"jump_u": "jump of u", "u_plus": "u, plus side", "jump_flux": "jump of the flux"}
_SMALL_JUMP = 1e-2  # of u on the interface


def plot_field(
    solution: Evaluation,
    path: str | os.PathLike[str],
    *,
    problem: Problem | None = None,
    colour: str | None = None,
    axis: str | None = None,
    position: float | None = None,
    cells: int = 80,
) -> None:
    """Draw the interface with field lines of grad u, and u over a plane; see :meth:`nbm.Solution.plot_field`."""
    as_integer(cells, "cells", 4)
    part = plane(solution.box, *telling_plane(solution, axis, position), 2 * cells)
    surface = surface_of(solution, problem=problem, cells=cells)
    colour = colour or _telling_colour(surface)
    if len(surface.faces) and colour not in surface.fields:
        message = f"colour: got {colour!r}, expected one of {', '.join(sorted(surface.fields))}"
        raise InvalidArgument(f"{message}; fluxes need the problem", "colour")
    points = part.points.reshape(-1, 3)
    sheets = {"minus": solution.minus(points), "plus": solution.plus(points), "level_set": solution.level_set(points)}
    sheets = {name: values.reshape(part.shape) for name, values in sheets.items()}
    made = plotter(shape=(1, 2), window_size=(2000, 1000), border=False)
    if made is None:
        _with_matplotlib(surface, colour, part, sheets, path)
        return
    made.subplot(0, 0)
    with quiet():
        _draw_lines(made, solution, surface, colour, cells)
        made.subplot(0, 1)
        _draw_sheets(made, solution, part, sheets)
        save_plotter(made, path)


def _telling_colour(surface: Surface) -> str:
    """Return the jump of u, or u where it does not jump: of that nothing but errors would be seen."""
    if not len(surface.faces):
        return "jump_u"
    jump, u = surface.fields["jump_u"], surface.fields["u_plus"]
    return "jump_u" if np.ptp(u) == 0.0 or np.abs(jump).max() > _SMALL_JUMP * np.abs(u).max() else "u_plus"


def _draw_lines(made: Any, solution: Evaluation, surface: Surface, colour: str, cells: int) -> None:
    pyvista = pyvista_module()

    box = solution.box
    axes = grid_axes(box, cells)
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).transpose(2, 1, 0, 3).reshape(-1, 3)
    grid = pyvista.ImageData(
        dimensions=[len(a) for a in axes], spacing=[a[1] - a[0] for a in axes], origin=[a[0] for a in axes]
    )
    grid["gradient"] = solution.gradient(nodes)
    grid["size"] = np.linalg.norm(grid["gradient"], axis=1)
    made.add_mesh(grid.outline(), color="black", line_width=1)
    seeds = _seeds(box, surface)
    lines = grid.streamlines_from_source(
        pyvista.PolyData(seeds),
        vectors="gradient",
        integration_direction="both",
        max_length=1.5 * max(box.edge),
        initial_step_length=0.5,
        terminal_speed=1e-9,
    )
    if lines.n_cells:  # none where u is constant
        # Above the largest few percent, which are near charges and edges, all colours are the last.
        top = float(np.quantile(lines["size"], 0.97))
        bar = BAR | {"title": "size of grad u", "position_y": 0.02}
        made.add_mesh(
            lines.tube(radius=0.0025 * max(box.edge)),
            scalars="size",
            cmap=SEQUENTIAL,
            clim=(0.0, top),
            scalar_bar_args=bar,
        )
    if len(surface.faces):
        body = pyvista.PolyData.from_regular_faces(surface.vertices, surface.faces)
        values = surface.fields[colour]
        spread = float(np.nanmax(values) - np.nanmin(values)) if values.ndim == 1 else 0.0
        if spread > 1e-3 * float(np.nanmax(np.abs(values))):
            body[colour] = values
            bar = BAR | {"title": _TITLES.get(colour, colour.replace("_", " ")), "position_y": 0.88}
            made.add_mesh(
                body,
                scalars=colour,
                cmap=DIVERGING,
                clim=_limits(values),
                smooth_shading=True,
                scalar_bar_args=bar,
            )
        else:
            made.add_mesh(body, color=GREY, smooth_shading=True, specular=0.3)
    made.view_vector((0.9, -1.6, 0.8))
    made.camera.zoom(0.95)


def _limits(values: Float64Array) -> tuple[float, float]:
    """Return the range of the colours, about 0 where there are both signs; a few wild values do not stretch it."""
    low, high = (float(q) for q in np.nanquantile(values, (0.005, 0.995)))
    return (-max(-low, high), max(-low, high)) if low < 0 < high else (low, high)


def _seeds(box: Any, surface: Surface) -> Float64Array:
    """Return starts of lines: evenly by area near the interface, or in the box where there is none."""
    random = np.random.default_rng(0)
    lower, upper = np.asarray(box.lower), np.asarray(box.upper)
    if not len(surface.faces):
        return np.asarray(random.uniform(lower, upper, (_LINES, 3)))
    chosen = random.choice(len(surface.faces), _LINES, p=surface.areas / surface.area)
    start = surface.vertices[surface.faces[chosen]].mean(axis=1)
    normal = surface.fields["normal"][surface.faces[chosen, 0]]
    return np.asarray(np.clip(start + 0.03 * max(box.edge) * normal, lower, upper))


def _draw_sheets(made: Any, solution: Evaluation, part: Plane, sheets: dict[str, Float64Array]) -> None:
    """Draw u of either side as a height over its part of the plane, and the jump as a wall between."""
    pyvista = pyvista_module()

    across, up, _ = part.axes
    own = np.where(sheets["level_set"] < 0, sheets["minus"], sheets["plus"])
    span = float(np.ptp(own)) or 1.0
    size = max(np.ptp(part.horizontal), np.ptp(part.vertical))
    factor = _HEIGHT * size / span
    grid = pyvista.ImageData(
        dimensions=(len(part.horizontal), len(part.vertical), 1),
        spacing=(part.horizontal[1] - part.horizontal[0], part.vertical[1] - part.vertical[0], 1.0),
        origin=(part.horizontal[0], part.vertical[0], 0.0),
    )
    for name, values in sheets.items():
        grid[name] = values.ravel()
    limits = (float(own.min()), float(own.max()))
    shown = False
    for name, inside in (("minus", True), ("plus", False)):
        sheet = grid.clip_scalar(scalars="level_set", invert=inside, value=0.0)
        if sheet.n_points == 0:
            continue
        sheet = sheet.extract_surface(algorithm="dataset_surface")
        sheet["u"] = sheet[name]
        bar = BAR | {"title": "u"}
        warped = sheet.warp_by_scalar("u", factor=factor, normal=(0, 0, 1))
        made.add_mesh(
            warped,
            scalars="u",
            clim=limits,
            cmap=SEQUENTIAL,
            scalar_bar_args=bar,
            show_scalar_bar=not shown,
            smooth_shading=True,
        )
        shown = True
    wall = _wall(grid, solution, part, factor)
    if wall is not None:
        made.add_mesh(wall, color=GREY, opacity=0.55)
    made.add_text(f"u over {'xyz'[across]}, {'xyz'[up]}", font_size=12, color="black", position="upper_edge")
    made.view_vector((0.7, -1.6, 1.0))
    made.camera.zoom(1.05)


def _wall(grid: Any, solution: Evaluation, part: Plane, factor: float) -> Any | None:
    """Return the strip between both sheets along the interface."""
    pyvista = pyvista_module()

    line = grid.contour([0.0], scalars="level_set")
    if line.n_cells == 0:
        return None
    ends = line.lines.reshape(-1, 3)[:, 1:]
    low, high = line.points.copy(), line.points.copy()
    at = np.empty(low.shape)
    at[:, part.axes[:2]] = line.points[:, :2]
    at[:, part.axes[2]] = part.position
    low[:, 2], high[:, 2] = (
        factor * side(at, outside="extrapolate")
        for side in (solution.minus, solution.plus)  # VTK rounds to float32
    )
    count = len(low)
    quads = np.column_stack([ends[:, 0], ends[:, 1], ends[:, 1] + count, ends[:, 0] + count])
    return pyvista.PolyData.from_regular_faces(np.concatenate([low, high]), quads)


def _with_matplotlib(
    surface: Surface, colour: str, part: Plane, sheets: dict[str, Float64Array], path: str | os.PathLike[str]
) -> None:
    made = figure(12, 5.5)
    left = made.add_subplot(1, 2, 1, projection="3d")
    if len(surface.faces):
        drawn = draw_triangles(left, surface.vertices, surface.faces, cmap=DIVERGING)
        drawn.set_array(surface.fields[colour][surface.faces[:, 0]][: len(drawn.get_array())])
        made.colorbar(drawn, ax=left, shrink=0.6, label=colour.replace("_", " "))
    right = made.add_subplot(1, 2, 2, projection="3d")
    x, y = np.meshgrid(part.horizontal, part.vertical)
    limits = {"vmin": min(s.min() for s in sheets.values()), "vmax": max(s.max() for s in sheets.values())}
    for name, here in (("minus", sheets["level_set"] < 0), ("plus", sheets["level_set"] >= 0)):
        right.plot_surface(x, y, np.where(here, sheets[name], np.nan), cmap=SEQUENTIAL, rstride=2, cstride=2, **limits)
    right.set(xlabel="xyz"[part.axes[0]], ylabel="xyz"[part.axes[1]], zlabel="u")
    save_figure(made, path)
