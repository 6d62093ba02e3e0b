"""Geometry without formulas: u at random points comes from solvers of another kind (data/README.md)."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

import nbm
from nbm.symbols import Abs, Max, cos, sin, x, y, z
from problem_suite.case import Bars, Case, Float64Array, cube_of, random_points

DATA = Path(__file__).parent / "data"
UNIT = nbm.Box((0, 0, 0), (1, 1, 1))
BOX = cube_of(1.0)
BARS = Bars(rms=5e-4, of_grid=1.0)
CUBE_HALF = 0.45


def _stored(name: str, title: str, problem: nbm.Problem) -> Case:
    with np.load(DATA / f"{name}.npz") as data:
        truth, truth_error = data["values"], float(data["rms_error"])
    points = random_points(problem.box)
    return Case(title=title, problem=problem, points=points, truth=truth, truth_error=truth_error, bars=BARS)


def composite_balls() -> Float64Array:
    """Return centres and radii of 27 balls in a lattice, (27, 4)."""
    centres = itertools.product(((np.arange(3) + 0.5) / 3).tolist(), repeat=3)
    return np.array([(*centre, 0.12) for centre in centres])


def random_balls() -> Float64Array:
    """Return centres and radii of 12 balls that touch neither each other nor the walls, (12, 4)."""
    return np.loadtxt(DATA / "random12.txt")


def union_of(balls: Float64Array) -> Callable[[Float64Array], Float64Array]:
    """Return the level set of balls (n, 4) that do not overlap: their signed distance, a function of points (m, 3)."""

    def level_set(points: Float64Array) -> Float64Array:
        distances = [np.linalg.norm(points - ball[:3], axis=1) - ball[3] for ball in balls]
        return np.asarray(np.min(distances, axis=0))

    return level_set


def composite_problem() -> nbm.Problem:
    """Return 27 balls of conductivity 100 in a matrix of 1."""
    return nbm.Problem(UNIT, union_of(composite_balls()), minus=nbm.Medium(mu=100.0), boundary=z)


def random12_problem() -> nbm.Problem:
    """Return 12 insulating balls with sources inside."""
    return nbm.Problem(BOX, union_of(random_balls()), minus=nbm.Medium(mu=0.05, f=1.0), boundary=x + y)


def cube_problem() -> nbm.Problem:
    """Return a cube of conductivity 10: at its edges and corners the gradient of u is singular."""
    level_set = Max(Abs(x), Abs(y), Abs(z)) - CUBE_HALF
    return nbm.Problem(BOX, level_set, minus=nbm.Medium(mu=10.0), boundary=z)


def composite() -> Case:
    """Return the composite."""
    return _stored("composite", "27 balls, contrast 100", composite_problem())


def random12() -> Case:
    """Return the balls with sources."""
    return _stored("random12", "12 balls with sources, contrast 0.05", random12_problem())


def cube() -> Case:
    """Return the cube."""
    return _stored("cube", "cube, contrast 10", cube_problem())


def dragon() -> Case | None:
    """Return the Stanford dragon with constant jumps and an oscillating source inside, or None without its file.

    The file (environment variable NBM_DRAGON) has ``level_set`` at the nodes of a grid over the box, ``points`` and
    ``values``; ``problem_suite/dragon.py`` makes it from the mesh, which is not ours to give away.
    """
    path = os.environ.get("NBM_DRAGON", "")
    if not path:
        return None
    with np.load(path) as data:
        problem = dragon_problem(data["level_set"])
        points, truth, error = data["points"].astype(np.float64), data["values"], float(np.min(data["error"]))
    bars = Bars(rms=1e-2, of_grid=1.0)
    return Case(
        title="Stanford dragon, constant jumps",
        problem=problem,
        points=points,
        truth=truth,
        truth_error=error,
        bars=bars,
    )


def dragon_problem(level_set: Float64Array) -> nbm.Problem:
    """Return the problem of a solid whose level set has the given values at the nodes of a grid over the box."""
    source = 40 * sin(5 * x) * cos(5 * y) * sin(5 * z)
    return nbm.Problem(
        BOX,
        nbm.GridField(level_set, BOX),
        minus=nbm.Medium(f=source),
        plus=nbm.Medium(mu=2),
        jump_u=0.1,
        jump_flux=1.0,
        boundary=0.2,
    )
