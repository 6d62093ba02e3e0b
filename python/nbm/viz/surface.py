"""The interface of a solution as triangles with the fields on it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm.arguments import as_integer
from nbm.errors import InvalidArgument
from nbm.geometry.isosurface import isosurface
from nbm.jump_errors import jump_errors
from nbm.level_set_normals import unit_normals
from nbm.viz.vtk_polydata import write_vtp

if TYPE_CHECKING:
    from nbm.evaluation import Evaluation
    from nbm.problem import Problem

__all__ = ["Surface", "surface_of"]

Float64Array = NDArray[np.float64]
_NEWTON_STEPS = 2


@dataclass(frozen=True, kw_only=True)
class Surface:
    """A triangulated surface with values at its vertices.

    Attributes:
        vertices: (n, 3), box coordinates.
        faces: (m, 3) vertex numbers, counterclockwise seen from plus.
        fields: By name (n,) or (n, 3): "normal", "curvature" (the divergence of the normal, 2/r on a sphere),
            "u_minus", "u_plus", "jump_u", "derivative_minus", "derivative_plus" (along the normal); and with a problem
            "flux_minus", "flux_plus", "jump_flux", "jump_u_error", "jump_flux_error" (less those given).
    """

    vertices: Float64Array
    faces: NDArray[np.int64]
    fields: dict[str, Float64Array] = field(default_factory=dict)

    @property
    def areas(self) -> Float64Array:
        """Areas of the triangles, (m,)."""
        a, b, c = (self.vertices[self.faces[:, i]] for i in range(3))
        return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)

    @property
    def area(self) -> float:
        """Area of the surface."""
        return float(self.areas.sum())

    def integral(self, name: str) -> float:
        """Return the integral of a scalar field over the surface, second order in the size of the triangles."""
        if name not in self.fields or self.fields[name].ndim != 1:
            raise InvalidArgument(f"name: got {name!r}, expected a scalar among {', '.join(self.fields)}", "name")
        return float(self.areas @ self.fields[name][self.faces].mean(axis=1))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write VTK polygons (.vtp) with all fields. ``FileError`` if not."""
        write_vtp(path, self.vertices, self.faces, self.fields)


def surface_of(solution: Evaluation, *, problem: Problem | None = None, cells: int = 96) -> Surface:
    """Return the interface with the solution's fields; without triangles where there is no interface.

    Args:
        solution: Trained networks.
        problem: For the fluxes, whose coefficients these need.
        cells: Of the grid of marching cubes, along the longest edge of the box; vertices are moved onto the interface.
    """
    lower, upper = np.asarray(solution.box.lower), np.asarray(solution.box.upper)
    as_integer(cells, "cells", 4)
    counts = np.maximum(4, np.round(cells * (upper - lower) / (upper - lower).max()).astype(int)) + 1
    axes = [np.linspace(lower[a], upper[a], counts[a]) for a in range(3)]
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = solution.level_set(nodes.reshape(-1, 3)).reshape(nodes.shape[:3])
    spacing = (upper - lower) / (counts - 1)
    vertices, faces = isosurface(values, lower, spacing)
    if len(faces) == 0:
        return Surface(vertices=vertices, faces=faces)
    step = 0.05 * float(spacing.min())
    vertices = _onto(solution, vertices, step, float(spacing.min()), lower, upper)
    return Surface(vertices=vertices, faces=faces, fields=_fields(solution, problem, vertices, step))


def _onto(
    solution: Evaluation, points: Float64Array, step: float, spacing: float, lower: Float64Array, upper: Float64Array
) -> Float64Array:
    """Move points along the gradient to the zero of the level set, by at most a spacing."""
    for _ in range(_NEWTON_STEPS):
        shifted = [solution.level_set(points + sign * step * e) for sign in (1, -1) for e in np.eye(3)]
        gradient = (np.stack(shifted[:3], axis=1) - np.stack(shifted[3:], axis=1)) / (2 * step)
        slope = np.maximum(np.einsum("ij,ij->i", gradient, gradient), 1e-300)
        move = -(solution.level_set(points) / slope)[:, None] * gradient
        length = np.linalg.norm(move, axis=1, keepdims=True)
        points = np.clip(points + move * np.minimum(1.0, spacing / np.maximum(length, 1e-300)), lower, upper)
    return points


def _fields(
    solution: Evaluation, problem: Problem | None, points: Float64Array, step: float
) -> dict[str, Float64Array]:
    normal = unit_normals(solution.level_set, points, step)
    wide = 10 * step  # second differences, smoother than the level set's own grid
    turned = [
        unit_normals(solution.level_set, points + wide * e, step)[:, a]
        - unit_normals(solution.level_set, points - wide * e, step)[:, a]
        for a, e in enumerate(np.eye(3))
    ]
    fields: dict[str, Any] = {
        "normal": normal,
        "curvature": sum(turned) / (2 * wide),
        "u_minus": solution.minus(points),
        "u_plus": solution.plus(points),
        "derivative_minus": np.einsum("ij,ij->i", solution.gradient_minus(points), normal),
        "derivative_plus": np.einsum("ij,ij->i", solution.gradient_plus(points), normal),
    }
    fields["jump_u"] = fields["u_plus"] - fields["u_minus"]
    if problem is not None:
        native = problem.native
        for side in ("minus", "plus"):
            mu = getattr(native, side).mu.evaluate(points)
            fields[f"flux_{side}"] = mu * fields[f"derivative_{side}"]
        fields["jump_flux"] = fields["flux_plus"] - fields["flux_minus"]
        u = [fields[f"u_{side}"] for side in ("minus", "plus")]
        fluxes = [fields[f"flux_{side}"] for side in ("minus", "plus")]
        fields["jump_u_error"], fields["jump_flux_error"] = jump_errors(problem, points, u, fluxes)
    return fields
