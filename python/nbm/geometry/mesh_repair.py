"""What is wrong with triangle meshes as they come, and what of it can be mended.

The generalized winding number (Jacobson, Kavan & Sorkine-Hornung 2013) bears holes, self-intersections and parts that
overlap. It does not bear triangles that are turned round, listed twice, or without area: these are mended here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbm.errors import InvalidArgument
from nbm.geometry.packages import package, scipy_module

__all__ = ["area_vectors", "mend"]

Float64Array = NDArray[np.float64]
Int64Array = NDArray[np.int64]
# Of the whole area: holes that need more than this to be closed make a sheet rather than a solid.
_LARGEST_HOLES = 0.2


def area_vectors(vertices: Float64Array, faces: Int64Array) -> Float64Array:
    """Return the normals of triangles, as long as their areas, (m, 3)."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return np.asarray(np.cross(b - a, c - a) / 2)


def mend(vertices: Float64Array, faces: Int64Array, name: str) -> tuple[Int64Array, list[str]]:
    """Return the triangles with duplicates and triangles without area left out, consistently turned, and notes.

    Raises:
        InvalidArgument: nothing with an area is left, or what is left is an open sheet.
    """
    notes: list[str] = []
    faces = _without_degenerate(vertices, faces, name, notes)
    faces = _without_duplicates(faces, notes)
    faces = _turned(vertices, faces, notes)
    missing = _area_of_holes(vertices, faces)
    area = float(np.linalg.norm(area_vectors(vertices, faces), axis=1).sum())
    if missing > _LARGEST_HOLES * area:
        message = f"{name}: is an open sheet: closing its holes takes {missing / area:.0%} of its area"
        raise InvalidArgument(f"{message}; expected a surface that encloses a solid, or give it a thickness", "file")
    if missing > 1e-9 * area:
        notes.append(f"holes of {missing / area:.1%} of the area; the winding number closes them")
    return faces, notes


def _without_degenerate(vertices: Float64Array, faces: Int64Array, name: str, notes: list[str]) -> Int64Array:
    size = float((vertices.max(axis=0) - vertices.min(axis=0)).max())
    twice = np.linalg.norm(area_vectors(vertices, faces), axis=1) * 2
    flat = twice <= 1e-14 * size**2
    if flat.all():
        message = f"{name}: all {len(faces)} triangles have no area; expected a surface"
        raise InvalidArgument(message, "file")
    if flat.any():
        notes.append(f"{int(flat.sum())} triangles without area, left out")
    return np.ascontiguousarray(faces[~flat])


def _without_duplicates(faces: Int64Array, notes: list[str]) -> Int64Array:
    """Keep one of triangles that are listed more than once, and none of pairs that look both ways: these enclose 0."""
    order = np.argsort(faces, axis=1)
    even = (order[:, 0] + 1) % 3 == order[:, 1]  # the sorted corners are those of the triangle, turned in a ring
    _, first, which = np.unique(
        np.take_along_axis(faces, order, axis=1), axis=0, return_index=True, return_inverse=True
    )
    if len(first) == len(faces):
        return faces
    which = which.reshape(-1)
    votes = np.bincount(which, weights=np.where(even, 1.0, -1.0))
    wanted = even == (votes[which] > 0)
    kept = np.full(len(first), len(faces))
    np.minimum.at(kept, which[wanted], np.flatnonzero(wanted))
    kept = np.sort(kept[(votes != 0) & (kept < len(faces))])
    pairs = int((votes == 0).sum())
    again = len(faces) - 2 * pairs - len(kept)
    if again:
        notes.append(f"{again} triangles listed more than once, kept once")
    if pairs:
        notes.append(f"{pairs} pairs of triangles that look both ways, left out")
    return np.ascontiguousarray(faces[kept])


def _turned(vertices: Float64Array, faces: Int64Array, notes: list[str]) -> Int64Array:
    """Turn the minority of each connected part round, and everything where the whole is inside out.

    Parts keep the orientation of their majority: a cavity is turned the other way than the hull around it.
    """
    igl = package("igl", "mending meshes", "libigl")
    oriented, part = igl.bfs_orient(faces)
    before, after = area_vectors(vertices, faces), area_vectors(vertices, oriented)
    agrees = np.einsum("ij,ij->i", before, after) > 0
    votes = np.bincount(part, weights=np.where(agrees, 1.0, -1.0))
    wrong = agrees == (votes[part] < 0)
    turned = np.where(wrong[:, None], faces[:, ::-1], faces)
    if wrong.any():
        notes.append(f"{int(wrong.sum())} triangles turned round, mended")
    middle = vertices.mean(axis=0)
    corners = [vertices[turned[:, i]] - middle for i in range(3)]
    if np.einsum("ij,ij->", corners[0], np.cross(corners[1], corners[2])) < 0:
        turned = turned[:, ::-1]
        notes.append("the surface was inside out, turned")
    return np.ascontiguousarray(turned)


def _area_of_holes(vertices: Float64Array, faces: Int64Array) -> float:
    """Return the area of the flat lids that would close the holes: half the circulation of x cross dx round each."""
    edges = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    key = np.sort(edges, axis=1)
    _, which, times = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    rim = edges[times[which.reshape(-1)] == 1]
    if len(rim) == 0:
        return 0.0
    sparse, graphs = scipy_module("sparse"), scipy_module("sparse.csgraph")
    ends, number = np.unique(rim, return_inverse=True)
    number = number.reshape(-1, 2)
    graph = sparse.coo_matrix((np.ones(len(rim)), (number[:, 0], number[:, 1])), shape=(len(ends), len(ends)))
    count, loop = graphs.connected_components(graph, directed=False)
    loop = loop[number[:, 0]]
    start = vertices[rim[np.unique(loop, return_index=True)[1], 0]]
    spokes = np.cross(vertices[rim[:, 0]] - start[loop], vertices[rim[:, 1]] - start[loop]) / 2
    lids = np.stack([np.bincount(loop, weights=spokes[:, axis], minlength=count) for axis in range(3)], axis=1)
    return float(np.linalg.norm(lids, axis=1).sum())
