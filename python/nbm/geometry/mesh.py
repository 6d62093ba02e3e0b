"""Solids inside of triangle meshes: sign by the generalized winding number, exact distance to the triangles."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.errors import InvalidArgument
from nbm.geometry.arguments import positive
from nbm.geometry.mesh_files import read_triangles
from nbm.geometry.mesh_repair import area_vectors, mend
from nbm.geometry.packages import package
from nbm.geometry.shape import Shape

__all__ = ["Mesh", "mesh"]

Float64Array = NDArray[np.float64]
Int64Array = NDArray[np.int64]


class Mesh(Shape):
    """The solid inside of a triangle mesh that may have holes, overlaps, and triangles turned round or listed twice.

    The level set is the exact signed distance to the triangles; inside is where the winding number, by the hierarchical
    evaluation of Barill et al. 2018 (libigl), is above 1/2. At a hole the sign closes the surface smoothly, while the
    distance is that to the triangles that are there.

    Args:
        vertices: (n, 3), box units.
        faces: (m, 3) vertex numbers, counterclockwise seen from outside.
        name: What errors call it.

    Attributes:
        vertices: (n, 3) as given.
        faces: (k, 3) as mended (``notes`` says how).

    Raises:
        InvalidArgument: an open sheet, no area, or arrays of other shapes.
        BackendUnavailable: libigl is missing.
    """

    def __init__(self, vertices: Any, faces: Any, *, name: str = "mesh") -> None:
        """Mend the mesh and build the search tree; see the class."""
        self.vertices, triangles = _arrays(vertices, faces)
        self.faces, notes = mend(self.vertices, triangles, name)
        used = self.vertices[self.faces].reshape(-1, 3)
        super().__init__(self._distance, used.min(axis=0), used.max(axis=0), name=name, notes=notes)
        self._igl = package("igl", "signed distances of meshes", "libigl")
        self._tree = self._igl.AABB()
        self._tree.init(self.vertices, self.faces)

    @property
    def volume(self) -> float:
        """Enclosed volume, by the divergence theorem; holes count as closed from the middle of the solid."""
        middle = (self.lower + self.upper) / 2
        corners = [self.vertices[self.faces[:, i]] - middle for i in range(3)]
        return float(np.einsum("ij,ij->", corners[0], np.cross(corners[1], corners[2])) / 6)

    @property
    def area(self) -> float:
        """Area of the triangles."""
        return float(np.linalg.norm(area_vectors(self.vertices, self.faces), axis=1).sum())

    def is_inside(self, points: Any) -> NDArray[np.bool_]:
        """Return where the winding number is above 1/2, (n,)."""
        at = np.ascontiguousarray(points, dtype=np.float64)
        return np.asarray(self._igl.fast_winding_number(self.vertices, self.faces, at) > 0.5)

    def _distance(self, points: Float64Array) -> Float64Array:
        squared = self._tree.squared_distance(self.vertices, self.faces, np.ascontiguousarray(points))[0]
        return np.asarray(np.where(self.is_inside(points), -1.0, 1.0) * np.sqrt(squared))


def mesh(path: str | os.PathLike[str], *, scale: float = 1.0, translate: Sequence[float] = (0.0, 0.0, 0.0)) -> Mesh:
    """Read a triangle mesh: STL, PLY, OBJ, OFF, glTF, also with ``.gz``.

    Args:
        path: The file.
        scale: Box units in a unit of the file, such as 0.001 for a file in millimetres and a box in metres.
        translate: Added to the coordinates after that.

    Raises:
        FileError: the file cannot be read, is damaged, or has no triangles.
        InvalidArgument: an open sheet or no area.
        BackendUnavailable: trimesh or libigl is missing.
    """
    vertices, faces = read_triangles(path)
    factor = positive(scale, "scale")
    return Mesh(vertices * factor + np.asarray(translate, dtype=np.float64), faces, name=Path(path).name)


def _arrays(vertices: Any, faces: Any) -> tuple[Float64Array, Int64Array]:
    points = np.ascontiguousarray(vertices, dtype=np.float64)
    triangles = np.ascontiguousarray(faces, dtype=np.int64)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise InvalidArgument(f"vertices: got {points.shape}, expected finite coordinates (n, 3)", "vertices")
    if triangles.ndim != 2 or triangles.shape[1] != 3 or len(triangles) == 0:
        raise InvalidArgument(f"faces: got {triangles.shape}, expected vertex numbers (m, 3), m > 0", "faces")
    if triangles.min() < 0 or triangles.max() >= len(points):
        raise InvalidArgument(f"faces: names a vertex beyond the {len(points)} given", "faces")
    return points, triangles
