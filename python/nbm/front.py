"""Interfaces that move by a speed of their own, on a grid of their own (docs/method.md, section 18)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from nbm.errors import InvalidArgument
from nbm.fields import FieldLike, GridField, as_field, is_expression
from nbm.problem import Problem

__all__ = ["FieldState", "Front", "Speed", "State", "as_speed", "stefan_speed"]

Float64Array = NDArray[np.float64]
Speed = Callable[["State", Float64Array, Float64Array], Any]

# In nodes from the interface: up to _KNOWN there are distances to the interpolated surface, beyond to triangles of it;
# those up to _MOVED move with it. A step moves it by _MOST_MOVE at most: a side is continued as far.
_KNOWN, _MOVED, _MOST_MOVE = 6.0, 5.0, 2.0
_LEAST_SLOPE = 0.5  # of a distance: less is where the interface is as near on several sides
_PROJECTIONS = 8


class State(Protocol):
    """What a speed is computed from: u on either side, also a little beyond.

    A solution, or the initial state where it is given by fields.
    """

    def minus(self, points: Any) -> Float64Array:
        """Return u of the minus side, (n,)."""

    def plus(self, points: Any) -> Float64Array:
        """Return u of the plus side, (n,)."""

    def gradient_minus(self, points: Any) -> Float64Array:
        """Return its gradient, (n, 3)."""

    def gradient_plus(self, points: Any) -> Float64Array:
        """Return that of the plus side, (n, 3)."""


@dataclass(frozen=True)
class FieldState:
    """A state given by two fields: gradients are central differences over ``step``."""

    sides: tuple[Callable[[Float64Array], Float64Array], Callable[[Float64Array], Float64Array]]
    step: float

    def minus(self, points: Any) -> Float64Array:
        """Return u of the minus side."""
        return self.sides[0](points)

    def plus(self, points: Any) -> Float64Array:
        """Return u of the plus side."""
        return self.sides[1](points)

    def gradient_minus(self, points: Any) -> Float64Array:
        """Return its gradient."""
        return _gradient(self.sides[0], points, self.step)

    def gradient_plus(self, points: Any) -> Float64Array:
        """Return that of the plus side."""
        return _gradient(self.sides[1], points, self.step)


def as_speed(velocity: FieldLike | Speed) -> Speed:
    """Return the speed of a number, an expression, a grid, or a function (state, points, normals)."""
    if callable(velocity) and not is_expression(velocity):
        return cast(Speed, velocity)
    field = as_field(cast(FieldLike, velocity), "velocity")
    return lambda state, points, normals: field.evaluate(points)


def stefan_speed(latent_heat: float, mu: tuple[FieldLike, FieldLike]) -> Speed:
    """Return the speed at which heat that is left at a melting interface moves it: -[mu du/dn] / L.

    Positive where the minus side grows: a solid on the minus side that freezes. In box units over units of dt, where L
    is in units of u times those of the capacity of :func:`nbm.evolve`.

    Args:
        latent_heat: L, set free by a unit of volume that becomes minus; positive.
        mu: Of the minus and of the plus side; 0 for a side whose flux is to be left out, because it is at the melting
            point all through.

    Returns:
        A function (state, points (n, 3), unit normals (n, 3)) -> speeds (n,), for ``velocity`` of :func:`nbm.evolve`.

    Raises:
        InvalidArgument: ``latent_heat`` is not positive.
    """
    if not latent_heat > 0:
        raise InvalidArgument(f"latent_heat: got {latent_heat!r}, expected a positive number", "latent_heat")
    fields = [as_field(one, "mu") for one in mu]

    def speed(state: State, points: Float64Array, normals: Float64Array) -> Float64Array:
        fluxes = []
        for conductivity, gradient in zip(fields, (state.gradient_minus, state.gradient_plus), strict=True):
            values = conductivity.evaluate(points)
            fluxes.append(values * np.sum(gradient(points) * normals, axis=1) if values.any() else values)
        return (fluxes[0] - fluxes[1]) / latent_heat

    return speed


@dataclass(eq=False)
class Front:
    """The signed distance from an interface at the nodes of a grid, moved along its normals.

    Attributes:
        values: (nx, ny, nz) the distance.
        problem: The first problem: box, and level set to begin with.
    """

    values: Float64Array
    problem: Problem

    @classmethod
    def of(cls, problem: Problem, cells: int) -> Front:
        """Return the front of a problem's level set, on ``cells`` along the longest edge of its box."""
        box = problem.box
        longest = max(box.edge)
        shape = [max(4, round(cells * edge / longest)) + 1 for edge in box.edge]
        front = cls(np.empty(shape), problem)
        front._renew(problem.native.level_set.evaluate(front._nodes()))
        return front

    @property
    def level_set(self) -> GridField:
        """The distance as a level set."""
        return GridField(self.values, self.problem.box)

    def restore(self, level_set: Callable[[Float64Array], Float64Array]) -> None:
        """Take the distances from a level set that such a front has made."""
        self.values = level_set(self._nodes()).reshape(self.values.shape)

    def move(self, speed: Callable[[Float64Array, Float64Array], Float64Array], dt: float) -> None:
        """Move the interface along its normals by ``speed(points on it, unit normals)`` for ``dt``: Heun's method."""
        start = self.values.ravel().copy()
        path = self._path(speed, dt)
        self._renew(start - path)
        self._renew(start - 0.5 * (path + self._path(speed, dt)))

    def _path(self, speed: Callable[[Float64Array, Float64Array], Float64Array], dt: float) -> Float64Array:
        """Return how far the interface moves next to each node, (n,); 0 far from it."""
        values, box = self.values.ravel(), self.problem.box
        slopes: Any = np.gradient(self.values, *self._spacing, edge_order=2)
        gradient = np.stack(slopes, axis=-1).reshape(-1, 3)
        slope = np.linalg.norm(gradient, axis=1)
        close = np.abs(values) <= _MOVED * self._spacing.max()
        near = close & (slope > _LEAST_SLOPE)
        normals = gradient[near] / slope[near, None]
        feet = np.clip(self._nodes()[near] - values[near, None] * normals, box.lower, box.upper)
        path = np.zeros(len(values))
        path[near] = dt * np.asarray(speed(feet, normals), dtype=np.float64)
        most = float(np.abs(path).max())
        if not most <= _MOST_MOVE * self._spacing.min():
            message = f"dt: the interface moves by {most:.2g} in a step, more than two cells of its grid"
            raise InvalidArgument(f"{message}; take shorter steps, or fewer cells", "dt")
        if near.any() and not near[close].all():
            path[close & ~near] = path[self._nearest(near)[close & ~near]]
        return path

    def _nearest(self, nodes: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the number of the nearest of these nodes, (n,), for every node."""
        from nbm.geometry.packages import scipy_module  # only now: see _renew

        indices = scipy_module("ndimage").distance_transform_edt(
            ~nodes.reshape(self.values.shape), return_distances=False, return_indices=True
        )
        return np.asarray(np.ravel_multi_index(indices.reshape(3, -1), self.values.shape))

    @property
    def _spacing(self) -> Float64Array:
        return np.asarray(np.asarray(self.problem.box.edge) / (np.asarray(self.values.shape) - 1))

    def _nodes(self) -> Float64Array:
        box = self.problem.box
        axes = [np.linspace(box.lower[a], box.upper[a], n) for a, n in enumerate(self.values.shape)]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)

    def _renew(self, values: Float64Array) -> None:
        """Set the distances from the zero of ``values`` (n,), about distances themselves."""
        from nbm.geometry.isosurface import redistance  # only now: it imports the extra "geometry"

        given = values.reshape(self.values.shape)
        distance = redistance(given, self._spacing).ravel()
        if not np.isfinite(distance).all():
            raise InvalidArgument("velocity: the moving interface has left the box, or vanished", "velocity")
        near = np.abs(distance) <= _KNOWN * self._spacing.max()
        phi = as_field(GridField(given, self.problem.box), "level_set").evaluate
        distance[near] = _distances_to(phi, self._nodes()[near], distance[near], self._spacing.min())
        self.values = distance.reshape(given.shape)


def _distances_to(
    phi: Callable[[Float64Array], Float64Array], points: Float64Array, rough: Float64Array, step: float
) -> Float64Array:
    """Return the signed distances of points near phi = 0, by steps along the gradient and back along the surface.

    Points that do not get there, where the surface is as near on several sides, keep their ``rough`` distance.
    """
    feet = points.copy()
    for _ in range(_PROJECTIONS):
        gradient = _gradient(phi, feet, 1e-4 * step)
        squares = np.maximum(np.sum(gradient**2, axis=1), 0.1)[:, None]
        away = points - feet
        tangential = away - np.sum(away * gradient, axis=1, keepdims=True) / squares * gradient
        feet = feet - phi(feet)[:, None] / squares * gradient + tangential
    there = np.abs(phi(feet)) <= 1e-3 * step
    return np.where(there, np.copysign(np.linalg.norm(points - feet, axis=1), rough), rough)


def _gradient(of: Callable[[Float64Array], Float64Array], points: Float64Array, step: float) -> Float64Array:
    offsets = step * np.eye(3)
    return np.stack([(of(points + offset) - of(points - offset)) / (2 * step) for offset in offsets], axis=1)
