"""The discretization: linear rows at single points, with no mesh, and the same rows on a grid.

Made for research and tests; training assembles its rows natively. Arrays are float64 unless said; orders of corners,
faces and neighbours are those of docs/conventions.md; formulas are in docs/method.md, sections 3 to 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.arrays import as_rows
from nbm.errors import BackendUnavailable, InvalidArgument

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from nbm.problem import Problem

__all__ = [
    "CellParts",
    "GridSystem",
    "IrregularRows",
    "RegularRows",
    "SideEntries",
    "cell_parts",
    "grid_system",
    "irregular_rows",
    "regular_rows",
]

Float64Array = NDArray[np.float64]
_SIDES = ("minus", "plus")


@dataclass(frozen=True, kw_only=True)
class CellParts:
    """What irregular rows are made of, for n cells; box units. Without what laws of the interface change.

    Attributes:
        corner_level_set: (n, 8) the level set at the corners, moved away from 0 (section 4).
        volume_minus: (n,) volume of the cell's part on the minus side (section 6).
        volume_plus: (n,) the same on the plus side.
        face_area_minus: (n, 6) areas of the minus parts of the faces; 0 where below 1e-14 of the face.
        face_area_plus: (n, 6) areas of the plus parts.
        face_centroid_minus: (n, 6, 3) centroids of the minus parts, NaN where the part is empty.
        face_centroid_plus: (n, 6, 3) centroids of the plus parts.
        interface_area: (n,) area of the interface in the cell.
        interface_vector: (n, 3) integral over it of the normal from minus to plus.
        flux_jump_integral: (n,) integral over it of the flux jump.
        center_side: (n,) uint8, 0 where the centre lies in minus, 1 in plus.
        center_ghost_weights: (n, 27) the other side's value at the centre is weights . u + constant (section 7).
        center_ghost_constant: (n,) that constant.
        weights: (n, 125) residual = (weights . u - rhs) / diagonal, each node carrying the value of its own side.
        rhs: (n,) right sides.
        diagonal: (n,) Jacobi diagonals.
    """

    corner_level_set: Float64Array
    volume_minus: Float64Array
    volume_plus: Float64Array
    face_area_minus: Float64Array
    face_area_plus: Float64Array
    face_centroid_minus: Float64Array
    face_centroid_plus: Float64Array
    interface_area: Float64Array
    interface_vector: Float64Array
    flux_jump_integral: Float64Array
    center_side: NDArray[np.uint8]
    center_ghost_weights: Float64Array
    center_ghost_constant: Float64Array
    weights: Float64Array
    rhs: Float64Array
    diagonal: Float64Array


@dataclass(frozen=True, kw_only=True)
class RegularRows:
    """Rows of one side in difference form (section 5), divided by the Jacobi diagonal.

    With u and, per axis, d = (u(x + h) - u(x - h)) / 2 and s = u(x + h) - 2 u(x) + u(x - h),
    residual = value u + sum over axes (first d + second s) - rhs.

    Attributes:
        points: (n, 3) in network coordinates, the box mapped to [-1, 1]^3.
        step: The cell size in network coordinates, per axis.
        value: (n,) coefficients of u.
        first: (n, 3) coefficients of the half differences.
        second: (n, 3) coefficients of the second differences.
        rhs: (n,) right sides.
    """

    points: Float64Array
    step: tuple[float, float, float]
    value: Float64Array
    first: Float64Array
    second: Float64Array
    rhs: Float64Array


@dataclass(frozen=True, kw_only=True)
class SideEntries:
    """What irregular rows take from one side's network: row i owns entries begin[i] to begin[i + 1].

    Attributes:
        begin: (n + 1,) int64.
        points: (entries, 3) in network coordinates.
        weights: (entries,), already divided by the row's Jacobi diagonal.
    """

    begin: NDArray[np.int64]
    points: Float64Array
    weights: Float64Array


@dataclass(frozen=True, kw_only=True)
class IrregularRows:
    """Rows that touch both networks (section 7): residual = sum of weights times values over both sides - rhs.

    Attributes:
        minus: Entries on the minus side.
        plus: Entries on the plus side.
        rhs: (n,) right sides.
    """

    minus: SideEntries
    plus: SideEntries
    rhs: Float64Array


@dataclass(frozen=True, kw_only=True)
class GridSystem:
    """The rows on the nodes of a uniform grid (section 9): matrix @ u = rhs. Nodes in C order of ``shape``.

    Attributes:
        matrix: (n, n) scipy CSR matrix, rows divided by the Jacobi diagonal; not symmetric.
        rhs: (n,) right sides; the Dirichlet value at nodes of the box boundary.
        points: (n, 3) nodes, box coordinates.
        side: (n,) uint8, 0 in minus, 1 in plus: whose value a node carries.
        boundary: (n,) bool, the nodes of the box boundary.
        shape: Nodes per axis.
    """

    matrix: csr_matrix
    rhs: Float64Array
    points: Float64Array
    side: NDArray[np.uint8]
    boundary: NDArray[np.bool_]
    shape: tuple[int, int, int]


def cell_parts(problem: Problem, points: Any, cell_size: float | Sequence[float]) -> CellParts:
    """Return geometry, ghost values and rows of the cells around points (n, 3).

    Args:
        problem: The interface problem.
        points: Cell centres, box coordinates; anywhere, though meant for irregular cells.
        cell_size: h in box units, a number or one per axis.

    Raises:
        InvalidArgument: points of another shape, or a cell size that is not positive.
        InvalidField: a coefficient that is not finite, a mu that is not positive, a level set without a gradient.
    """
    return CellParts(**_core.cell_parts(problem.native, as_rows(points), _cell_size(cell_size)))


def regular_rows(problem: Problem, side: str, points: Any, cell_size: float | Sequence[float]) -> RegularRows:
    """Return the rows of regular cells around points (n, 3), all on ``side``: "minus" or "plus".

    Arguments and errors as for :func:`cell_parts`. Whether the cells are regular is not checked.
    """
    if side not in _SIDES:
        raise InvalidArgument(f'side: got {side!r}, expected "minus" or "plus"', "side")
    rows = _core.regular_rows(problem.native, _SIDES.index(side), as_rows(points), _cell_size(cell_size))
    return RegularRows(**rows)


def irregular_rows(problem: Problem, points: Any, cell_size: float | Sequence[float]) -> IrregularRows:
    """Return the rows of the cells around points (n, 3), as training uses them. Arguments as for :func:`cell_parts`."""
    rows = _core.irregular_rows(problem.native, as_rows(points), _cell_size(cell_size))
    minus, plus = (SideEntries(**entries) for entries in rows["sides"])
    return IrregularRows(minus=minus, plus=plus, rhs=rows["rhs"])


def grid_system(problem: Problem, cells: int | Sequence[int], *, threads: int = 0) -> GridSystem:
    """Assemble the rows on the nodes of a uniform grid over the problem's box.

    Args:
        problem: The interface problem.
        cells: Cells per axis, a number or one per axis, 3 to 640.
        threads: Threads to assemble with; 0 means all cores. The result has the same bits for any number.

    Raises:
        BackendUnavailable: SciPy is missing.
        InvalidArgument: too few or too many cells.
        InvalidField: as for :func:`cell_parts`.
    """
    try:
        from scipy.sparse import csr_matrix
    except ImportError as error:
        raise BackendUnavailable("SciPy is missing: install nbm[grid] for systems on grids", "scipy") from error
    system = _core.grid_system(problem.native, cell_counts(cells), threads)
    n = system["rhs"].size
    matrix = csr_matrix((system["value"], system["column"], system["row_begin"]), shape=(n, n), copy=False)
    shape: tuple[int, int, int] = system["shape"]
    return GridSystem(
        matrix=matrix,
        rhs=system["rhs"],
        points=grid_points(problem.box, shape),
        side=system["side"],
        boundary=_boundary_nodes(shape),
        shape=shape,
    )


def _cell_size(value: float | Sequence[float]) -> tuple[float, float, float]:
    try:
        h = np.broadcast_to(np.asarray(value, dtype=np.float64), (3,))
    except (TypeError, ValueError):
        h = np.zeros(3)
    if not np.all(np.isfinite(h) & (h > 0)):
        message = f"cell_size: got {value!r}, expected a positive number or three of them, one per axis"
        raise InvalidArgument(message, "cell_size")
    return (float(h[0]), float(h[1]), float(h[2]))


def cell_counts(value: int | Sequence[int]) -> tuple[int, int, int]:
    """Return cells per axis of a number or three of them; ``InvalidArgument`` for anything else."""
    counts = np.asarray(value)
    if counts.dtype.kind not in "iu" or counts.shape not in ((), (3,)):
        raise InvalidArgument(f"cells: got {value!r}, expected an integer or three of them, one per axis", "cells")
    x, y, z = np.broadcast_to(counts, (3,)).tolist()
    return (x, y, z)


def grid_points(box: Any, shape: tuple[int, int, int]) -> Float64Array:
    """Return the nodes of a grid of ``shape`` over the box, (n, 3), last axis fastest."""
    axes = [
        low + (high - low) * np.arange(n) / (n - 1) for low, high, n in zip(box.lower, box.upper, shape, strict=True)
    ]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def _boundary_nodes(shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    boundary = np.ones(shape, dtype=np.bool_)
    boundary[1:-1, 1:-1, 1:-1] = False
    return boundary.ravel()
