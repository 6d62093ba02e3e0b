"""One ball in a box, with formulas: textbook electrostatics, heat, diffusion; r is the distance from its centre."""

from __future__ import annotations

import math

import numpy as np

import nbm
from nbm.symbols import Abs, exp, pi, sqrt, x, y, z
from problem_suite.case import BALL, GRID, SMOOTH, Bars, Case, Float64Array, cube_of, random_points

R = sqrt(x**2 + y**2 + z**2)
BOX = cube_of(1.0)


def distances(points: Float64Array) -> Float64Array:
    """Return r at points (n, 3)."""
    return np.asarray(np.linalg.norm(points, axis=1))


def _in_field(contrast: float, radius: float = 0.5) -> Case:
    """Return a ball of conductivity ``contrast`` in the uniform field u = z.

    u = 3 z / (c + 2) inside, z (1 - (c - 1) / (c + 2) (radius / r)^3) outside (Jackson, Classical
    Electrodynamics, section 4.4).
    """
    dipole = (contrast - 1) / (contrast + 2) * radius**3
    problem = nbm.Problem(BOX, R - radius, minus=nbm.Medium(mu=contrast), boundary=z - dipole * z / R**3)
    points = random_points(BOX)
    r, height = distances(points), points[:, 2]
    outside = height * (1 - dipole / np.maximum(r, radius) ** 3)
    truth = np.where(r < radius, 3 * height / (contrast + 2), outside)
    title = f"ball in a uniform field, contrast {contrast:g}"
    return Case(title=title, problem=problem, points=points, truth=truth, bars=SMOOTH)


def sphere2() -> Case:
    """Return the ball in a field, contrast 2."""
    return _in_field(2.0)


def sphere100() -> Case:
    """Return the ball in a field, contrast 100."""
    return _in_field(100.0)


def sphere1e4() -> Case:
    """Return the ball in a field, contrast 10^4."""
    return _in_field(1e4)


def coated(shell: float = 0.01, inner: float = 0.45, outer: float = 0.5) -> Case:
    """Return a badly conducting shell in a uniform field; 1 inside and outside of it.

    u over cos(theta) is A r, B r + C / r^2, r + D / r^2; the four constants make u and mu du/dr continuous.
    """
    a, b = inner, outer
    continuity = [
        [a, -a, -1 / a**2, 0],
        [1, -shell, 2 * shell / a**3, 0],
        [0, b, 1 / b**2, -1 / b**2],
        [0, shell, -2 * shell / b**3, 2 / b**3],
    ]
    core, slope, dipole, far = (float(c) for c in np.linalg.solve(continuity, [0, 0, b, 1]))
    level_set = Abs(R - (a + b) / 2) - (b - a) / 2
    problem = nbm.Problem(BOX, level_set, minus=nbm.Medium(mu=shell), boundary=z * (1 + far / R**3))
    points = random_points(BOX)
    r = distances(points)
    within = slope + dipole / np.maximum(r, a) ** 3
    truth = points[:, 2] * np.where(r < a, core, np.where(r < b, within, 1 + far / np.maximum(r, b) ** 3))
    title = f"coated ball in a field: shell {b - a:.2g} thick, contrast {shell:g}"
    return Case(title=title, problem=problem, points=points, truth=truth, bars=BALL)


def _heated(
    title: str,
    bars: Bars,
    *,
    radius: float = 0.5,
    mu: float = 0.1,
    source: float = 1.0,
    unit: float = 1.0,
    ambient: float = 0.0,
    conductivity: float = 1.0,
) -> Case:
    """Return a ball with a uniform source in a medium without one.

    Args:
        title: Of the case.
        bars: Of the case.
        radius: In units of ``unit``.
        mu: Of the ball, over ``conductivity``.
        source: Such that u rises by source radius^2 / 3 at the surface, whatever the units.
        unit: Half the edge of the box.
        ambient: Added to u.
        conductivity: mu outside.
    """
    a, inside, q = radius * unit, mu * conductivity, source * conductivity / unit**2
    strength = q * a**3 / (3 * conductivity)
    box = cube_of(unit)
    media = {"minus": nbm.Medium(mu=inside, f=q), "plus": nbm.Medium(mu=conductivity)}
    problem = nbm.Problem(box, R - a, boundary=ambient + strength / R, **media)
    points = random_points(box)
    r = distances(points)
    rise = np.where(r < a, strength / a + q * (a**2 - r**2) / (6 * inside), strength / np.maximum(r, a))
    return Case(title=title, problem=problem, points=points, truth=ambient + rise, bars=bars, offset=ambient)


def heated() -> Case:
    """Return a heated ball that conducts ten times less than what is around it."""
    return _heated("heated ball, contrast 0.1", SMOOTH)


def heated_chip() -> Case:
    """Return the same as ``heated`` in metres, kelvin and W/(m K), in a box of 2 mm."""
    return _heated(
        "the same in SI units: 2 mm, 300 K, 148 W/(m K)", SMOOTH, unit=1e-3, ambient=300.0, conductivity=148.0
    )


def small() -> Case:
    """Return a heated good conductor of a 40th of the box: 0.007 % of its volume."""
    return _heated("heated ball of radius 0.05, contrast 100", BALL, radius=0.05, mu=100.0, source=400.0)


def born(charge: float = 1.0, inside: float = 2.0, outside: float = 80.0, radius: float = 2.0) -> Case:
    """Return the Born ion: a charge in a ball of low permittivity in a solvent.

    Inside, u is the potential less the Coulomb part charge / (4 pi mu- r), a constant; outside all of it. So u jumps by
    the Coulomb part, and its flux by that of the Coulomb part.
    """
    box = cube_of(10.0)
    media = {"minus": nbm.Medium(mu=inside), "plus": nbm.Medium(mu=outside)}
    jumps = {"jump_u": charge / (4 * pi * inside * R), "jump_flux": -charge / (4 * pi * R**2)}
    problem = nbm.Problem(box, R - radius, boundary=charge / (4 * pi * outside * R), **media, **jumps)
    points = random_points(box)
    r = distances(points)
    reaction = charge / (4 * math.pi * radius) * (1 / outside - 1 / inside)
    truth = np.where(r < radius, reaction, charge / (4 * math.pi * outside * np.maximum(r, radius)))
    return Case(title="Born ion, 2 and 80", problem=problem, points=points, truth=truth, bars=SMOOTH)


def absorbing(k: float = 1e4, around: float = 100.0, radius: float = 0.5) -> Case:
    """Return a ball that absorbs and emits, u = 1 deep inside, with layers 1/sqrt(k) thick at its surface.

    u = 1 + (s - 1) R sinh(p r) / (r sinh(p R)) inside, s R exp(-q (r - R)) / r outside, p^2 = k and q^2 = ``around``; s
    makes du/dr continuous.
    """
    p, q = math.sqrt(k), math.sqrt(around)
    into, out = p / math.tanh(p * radius) - 1 / radius, q + 1 / radius
    surface = into / (into + out)
    decay = surface * radius * exp(-q * (R - radius)) / R
    problem = nbm.Problem(BOX, R - radius, minus=nbm.Medium(k=k, f=k), plus=nbm.Medium(k=around), boundary=decay)
    points = random_points(BOX)
    r = np.maximum(distances(points), 1e-9)
    within = np.minimum(r, radius)
    sinhs = np.exp(p * (within - radius)) * np.expm1(-2 * p * within) / math.expm1(-2 * p * radius)
    outside = surface * radius / r * np.exp(-q * (np.maximum(r, radius) - radius))
    truth = np.where(r < radius, 1 + (surface - 1) * radius / within * sinhs, outside)
    return Case(title="absorbing ball, k = 10⁴ and 100", problem=problem, points=points, truth=truth, bars=GRID)
