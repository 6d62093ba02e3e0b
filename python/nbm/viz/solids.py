"""Pictures of solids."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.geometry.isosurface import isosurface
from nbm.geometry.shape import Shape
from nbm.viz.drawing import GREY, figure, plotter, pyvista_module, quiet, save_figure, save_plotter

__all__ = ["plot_shape"]

_BOUNDS = {"grid": False, "location": "outer", "color": "black", "font_size": 10, "fmt": "%.3g"} | {
    f"n_{axis}labels": 3 for axis in "xyz"
}
_MOST_TRIANGLES = 20_000  # that matplotlib draws in some seconds


def plot_shape(shape: Shape, path: str | os.PathLike[str], *, cells: int = 96) -> None:
    """Draw a solid, from two directions, into a picture file.

    Args:
        shape: The solid.
        path: The picture; its ending gives the format.
        cells: Of the grid whose surface is drawn, along the longest edge.

    Raises:
        BackendUnavailable: neither PyVista nor matplotlib is installed.
        InvalidArgument: the solid has no bounds, or the ending is not known.
    """
    box = shape.box(0.08)
    grid = shape.on_grid(box, cells, interpolation="linear")
    spacing = np.asarray(box.edge) / (np.array(grid.values.shape) - 1)
    vertices, faces = isosurface(np.asarray(grid.values), np.asarray(box.lower), spacing)
    made = plotter(shape=(1, 2), window_size=(1600, 800), border=False)
    if made is None:
        _with_matplotlib(vertices, faces, path)
        return
    pyvista = pyvista_module()

    surface = pyvista.PolyData.from_regular_faces(vertices, faces)
    with quiet():
        for column, view in enumerate([(1.0, -1.6, 0.8), (-1.3, 1.0, 1.2)]):
            made.subplot(0, column)
            made.add_mesh(surface, color=GREY, smooth_shading=True, split_sharp_edges=True, specular=0.3)
            made.show_bounds(**_BOUNDS)
            made.view_vector(view)
        save_plotter(made, path)


def _with_matplotlib(vertices: NDArray[np.float64], faces: NDArray[np.int64], path: str | os.PathLike[str]) -> None:
    made = figure(10, 5)
    for column, (elevation, turn) in enumerate([(25, -60), (35, 120)]):
        axes = made.add_subplot(1, 2, column + 1, projection="3d")
        draw_triangles(axes, vertices, faces, color=GREY)
        axes.view_init(elevation, turn)
    save_figure(made, path)


def draw_triangles(axes: Any, vertices: NDArray[np.float64], faces: NDArray[np.int64], **options: Any) -> Any:
    """Draw triangles on 3-D axes of matplotlib, at most some thousand of them, in equal scales."""
    chosen = faces[:: max(1, -(-len(faces) // _MOST_TRIANGLES))]
    drawn = axes.plot_trisurf(*vertices.T, triangles=chosen, linewidth=0, antialiased=False, **options)
    axes.set_box_aspect(np.ptp(vertices, axis=0))
    axes.set(xlabel="x", ylabel="y", zlabel="z")
    return drawn
