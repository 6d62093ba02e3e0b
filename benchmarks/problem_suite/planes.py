"""Flat interfaces and none, with formulas."""

from __future__ import annotations

import numpy as np

import nbm
from nbm.symbols import exp, pi, sin, x, y, z
from problem_suite.case import GRID, SMOOTH, Bars, Case, cube_of, random_points


def layers(wave: float = 4.0, contrast: float = 10.0, at: float = 0.13) -> Case:
    """Return two layers whose interface meets the walls, with a sheet of sources between them.

    u = sin(q x) exp(-q |z - at|): continuous, while mu du/dz jumps by -(1 + contrast) q sin(q x).
    """
    box, q = cube_of(1.0), wave
    problem = nbm.Problem(
        box,
        z - at,
        minus=nbm.Medium(mu=contrast, boundary=sin(q * x) * exp(q * (z - at))),
        plus=nbm.Medium(boundary=sin(q * x) * exp(-q * (z - at))),
        jump_flux=-(1 + contrast) * q * sin(q * x),
    )
    points = random_points(box)
    truth = np.sin(q * points[:, 0]) * np.exp(-q * np.abs(points[:, 2] - at))
    return Case(title="two layers that meet the walls", problem=problem, points=points, truth=truth, bars=SMOOTH)


def no_interface() -> Case:
    """Return a plain problem: three half waves by two by one."""
    box = nbm.Box((0, 0, 0), (1, 1, 1))
    u = sin(3 * pi * x) * sin(2 * pi * y) * sin(pi * z)
    problem = nbm.Problem(box, plus=nbm.Medium(k=1.0, f=(1 + 14 * pi**2) * u))
    points = random_points(box)
    truth = np.prod(np.sin(np.array([3, 2, 1]) * np.pi * points), axis=1)
    bars = Bars(rms=SMOOTH.rms, of_grid=GRID.of_grid)
    return Case(title="no interface, 3 × 2 × 1 half waves", problem=problem, points=points, truth=truth, bars=bars)
