"""Problems that look solved when they are not: small pieces, hidden sources, constants, resonance, flat boxes.

Nothing here may be trusted unless it is right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

import nbm
from nbm.symbols import cos, exp, log, pi, sin, sqrt, x, y, z
from problem_suite.balls import R, distances
from problem_suite.case import Float64Array, cube_of

BOX = cube_of(1.0)
POINTS, POINT_SEED = 20000, 5


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A problem and its solution.

    Attributes:
        title: What it is, in a few words.
        problem: The statement.
        points: (n, 3) random points of the box.
        truth: (n,) u there.
        may_be_refused: Whether refusing it is an answer: something in it is smaller than any cell.
    """

    title: str
    problem: nbm.Problem
    points: Float64Array
    truth: Float64Array
    may_be_refused: bool = False

    @property
    def size(self) -> float:
        """Standard deviation of u: what errors are measured against, so that constants do not hide them."""
        return float(self.truth.std())


def _points(box: nbm.Box) -> Float64Array:
    return np.random.default_rng(POINT_SEED).uniform(box.lower, box.upper, (POINTS, 3))


def charged(mu: float = 1e4, radius: float = 0.3, charge: float = 5.0) -> Trap:
    """Return a good conductor with a charge on its surface: charge / (4 pi r) outside, constant inside."""
    surface = -charge / (4 * math.pi * radius**2)
    media, boundary = {"minus": nbm.Medium(mu=mu)}, charge / (4 * pi * R)
    problem = nbm.Problem(BOX, R - radius, jump_flux=surface, boundary=boundary, **media)
    points = _points(BOX)
    truth = charge / (4 * np.pi * np.maximum(distances(points), radius))
    return Trap(title="charged conductor, 10⁴", problem=problem, points=points, truth=truth)


def heated_conductor(mu: float = 1e3, radius: float = 0.4, power: float = 5.0) -> Trap:
    """Return a good conductor with a uniform source of a given total."""
    source = power / (4 / 3 * math.pi * radius**3)
    problem = nbm.Problem(BOX, R - radius, minus=nbm.Medium(mu=mu, f=source), boundary=power / (4 * pi * R))
    points = _points(BOX)
    r = distances(points)
    inside = source * np.maximum(radius**2 - r**2, 0) / (6 * mu)
    truth = power / (4 * np.pi * np.maximum(r, radius)) + inside
    return Trap(title="heated conductor, 10³", problem=problem, points=points, truth=truth)


def narrow_source(width: float = 0.01, power: float = 5.0) -> Trap:
    """Return a Gaussian source narrower than the distance of the points; u = power erf(d / (sqrt(2) w)) / (4 pi d)."""
    from scipy.special import erf

    at = (0.3, -0.2, 0.1)
    squared = (x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2
    source = power / ((2 * math.pi) ** 1.5 * width**3) * exp(-squared / (2 * width**2))
    problem = nbm.Problem(BOX, plus=nbm.Medium(f=source), boundary=power / (4 * pi * sqrt(squared)))
    points = _points(BOX)
    d = distances(points - np.array(at))
    truth = power * erf(d / (math.sqrt(2) * width)) / (4 * np.pi * d)
    return Trap(title="Gaussian source 0.01 wide", problem=problem, points=points, truth=truth, may_be_refused=True)


def tiny_piece(radius: float = 0.005, potential: float = 0.5) -> Trap:
    """Return a charged ball of radius 0.005 alone in a box of 2."""
    d = sqrt((x + 0.6) ** 2 + (y + 0.6) ** 2 + (z + 0.6) ** 2)
    problem = nbm.Problem(BOX, d - radius, jump_flux=-potential / radius**2, boundary=potential / d)
    points = _points(BOX)
    truth = potential / np.maximum(distances(points + 0.6), radius)
    return Trap(title="charged ball of radius 0.005", problem=problem, points=points, truth=truth, may_be_refused=True)


def offset(constant: float = 3000.0) -> Trap:
    """Return the sphere of docs/method.md, section 11, with a constant added to u."""
    problem = nbm.manufactured(
        u_minus=exp(z) + constant,
        u_plus=cos(x) * sin(y) + constant,
        mu_minus=y**2 * log(x + 2) + 4,
        mu_plus=exp(-z),
        level_set=R - 0.5,
    )
    points = _points(problem.box)
    return Trap(title="sphere problem, u + 3000", problem=problem, points=points, truth=problem.exact(points))


def resonance(distance: float = 1e-4) -> Trap:
    """Return a problem with k next to minus the first eigenvalue of the box: residuals say nothing about the error."""
    u, k = exp(x / 2) * cos(y) + sin(z), -3 * math.pi**2 / 4 * (1 + distance)
    problem = nbm.manufactured(u_minus=u, u_plus=u, k_minus=k, k_plus=k)
    points = _points(problem.box)
    return Trap(title="k at an eigenvalue", problem=problem, points=points, truth=problem.exact(points))


def flat_chip(source: float = 7.0, walls: float = 300.0) -> Trap:
    """Return a plate of 10 x 10 x 2 heated inside with walls at 300; u rises by 3.49."""
    edges = np.array([10.0, 10.0, 2.0])
    problem = nbm.Problem(nbm.Box((0, 0, 0), tuple(edges.tolist())), plus=nbm.Medium(f=source), boundary=walls)
    points = _points(problem.box)
    truth = walls + _plate(points, edges, source)
    return Trap(title="flat plate at 300", problem=problem, points=points, truth=truth)


def _plate(points: Float64Array, edges: Float64Array, source: float) -> Float64Array:
    """Return the solution of -lap(u) = source, u = 0 on the walls.

    Sines along z, whose coefficients without the side walls are 4 source / (edge k^3), less what the walls x = 0, 10
    take away (cosh along x) and what then is left on y = 0, 10 (sines along x, cosh along y).
    """
    at_x, at_y, at_z = points.T
    u = source * at_z * (edges[2] - at_z) / 2
    for k in np.arange(1, 60, 2) * np.pi / edges[2]:
        wave = 4 * source / (edges[2] * k**3) * np.sin(k * at_z)
        left = _cosh(k, at_x, edges[0])
        for m in np.arange(1, 160, 2):
            along_x = m * np.pi / edges[0]
            part = 4 / (m * np.pi) * k**2 / (k**2 + along_x**2)
            left += part * np.sin(along_x * at_x) * _cosh(math.hypot(k, along_x), at_y, edges[1])
        u -= wave * left
    return np.asarray(u)


def _cosh(k: float, at: Float64Array, edge: float) -> Float64Array:
    """Return cosh(k (at - edge / 2)) / cosh(k edge / 2), for any k."""
    return np.asarray((np.exp(k * (at - edge)) + np.exp(-k * at)) / (1 + math.exp(-k * edge)))


TRAPS = {
    builder.__name__: builder
    for builder in (charged, heated_conductor, narrow_source, tiny_piece, offset, resonance, flat_chip)
}
