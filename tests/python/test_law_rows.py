"""Cut cells where the interface has a resistance or a reaction: a slow oracle, the rows on a grid, exact solutions."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import nbm
from nbm.rows import grid_system, irregular_rows
from nbm.symbols import cos, exp, log, sin, sqrt, x, y, z
from reference import law_rows_reference, rows_reference
from reference.problems_reference import COORDINATES, manufactured

CUBE = nbm.Box((-1, -1, -1), (1, 1, 1))
SPHERE = sqrt(x**2 + y**2 + z**2) - 0.5
THROUGH_WALLS = z - 0.3 * x - 0.15 * y - 0.1 * sin(2 * x) + 0.05
ELLIPSOID = (x / 0.7) ** 2 + (y / 0.5) ** 2 + (z / 0.6) ** 2 - 1
U = (exp(z) * (1 + x / 3), cos(x) * sin(y) + z**2 / 2 + x / 4)


def law_problem(resistance=0.0, reaction=0.0, inner=1.0, outer=1.0, level_set=SPHERE):
    """Manufactured, so that u may be put into its rows."""
    return nbm.manufactured(
        u_minus=U[0],
        u_plus=U[1],
        mu_minus=inner * (y**2 * log(x + 2) + 4),
        mu_plus=outer * exp(-z),
        level_set=level_set,
        resistance=resistance,
        surface_reaction=reaction,
    )


def cells_at(level_set, h, count, seed=0):
    """Random cells that the interface cuts or whose neighbours are across it."""
    phi = sp.lambdify((x, y, z), level_set)
    points = np.random.default_rng(seed).uniform(-0.8, 0.8, (400 * count, 3))
    star = np.vstack([np.zeros(3), rows_reference.FACES, rows_reference.CORNERS - 0.5])
    values = phi(*np.moveaxis(points[:, None] + h * star, -1, 0))
    return points[(values.min(axis=1) < 0) & (values.max(axis=1) >= 0)][:count]


def dense_rows(rows, points, h):
    """(n, 343) the weights of nodes up to 3 cells away."""
    weights = np.zeros((len(points), 7, 7, 7))
    for part in (rows.minus, rows.plus):
        row = np.repeat(np.arange(len(points)), np.diff(part.begin))
        i, j, k = np.rint((part.points - points[row]) / h).astype(int).T + 3
        weights[row, i, j, k] += part.weights
    return weights.reshape(len(points), -1)


@pytest.mark.parametrize(
    ("resistance", "reaction", "inner", "outer", "level_set"),
    [
        (0.3 + x**2, 0.0, 1.0, 1.0, SPHERE),
        (1e3, 0.0, 1.0, 100.0, SPHERE),
        (0.0, 3 + y, 1.0, 1.0, SPHERE),
        (0.5, -2.0, 0.01, 1.0, ELLIPSOID),
    ],
    ids=["resistance", "insulated", "reaction", "both"],
)
def test_rows_equal_the_slow_oracle(resistance, reaction, inner, outer, level_set):
    h = np.array([0.1, 0.16, 0.12])
    mu = (inner * (y**2 * log(x + 2) + 4), outer * exp(-z))
    plain = nbm.manufactured(
        u_minus=U[0], u_plus=U[1], mu_minus=mu[0], mu_plus=mu[1], k_plus=2 + x, level_set=level_set
    )
    problem = plain.replace(resistance=resistance, surface_reaction=reaction)  # jumps are given, whatever u is then
    names = dict(zip((x, y, z), COORDINATES, strict=True))
    oracle = manufactured(
        sp.sympify(level_set).subs(names),
        tuple(e.subs(names) for e in U),
        tuple(e.subs(names) for e in mu),
        (0, (2 + x).subs(names)),
    )
    laws = law_rows_reference.Laws(
        *(sp.lambdify(COORDINATES, sp.sympify(e).subs(names)) for e in (resistance, reaction))
    )
    points = cells_at(level_set, h, 8)
    rows = irregular_rows(problem, points, h)
    ours = dense_rows(rows, points, h)
    for n, point in enumerate(points):
        expected = law_rows_reference.law_row(oracle, laws, point, h)
        weights = expected.weights / expected.diagonal
        # Round-off, times the condition number of the normal equations that the library solves: some thousands.
        np.testing.assert_allclose(ours[n], weights, rtol=0, atol=1e-12)
        assert rows.rhs[n] == pytest.approx(expected.rhs / expected.diagonal, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("resistance", "reaction", "level_set"),
    [(0.3 + x**2, 0.0, SPHERE), (0.0, 3 + y, SPHERE), (0.5, 2.0, SPHERE), (0.5, 2.0, THROUGH_WALLS)],
    ids=["resistance", "reaction", "both", "through walls"],
)
def test_rows_are_those_of_the_grid(resistance, reaction, level_set):
    problem, cells = law_problem(resistance, reaction, level_set=level_set), 14
    system = grid_system(problem, cells)
    h = 2 / cells
    within = np.abs(system.points).max(axis=1) < 1 - 1.5 * h  # where cells are sampled: two nodes from walls
    nodes = np.flatnonzero((np.diff(system.matrix.indptr) > 7) & within)
    points = system.points[nodes]
    rows = irregular_rows(problem, points, h)
    ours = dense_rows(rows, points, h)
    offsets = law_rows_reference.NODES @ np.array([(cells + 1) ** 2, cells + 1, 1])
    expected = np.zeros_like(ours)
    for n, node in enumerate(nodes):
        expected[n] = system.matrix[node].toarray()[0].take(node + offsets, mode="wrap")
    # Coordinates of nodes differ by roundings, which the least squares amplify.
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(rows.rhs, system.rhs[nodes], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("resistance", "reaction", "inner", "outer", "level_set"),
    [
        (0.3 + x**2, 0.0, 1.0, 1.0, SPHERE),
        (0.5, 0.0, 100.0, 1.0, SPHERE),
        (0.5, 0.0, 0.01, 1.0, SPHERE),
        (1e3, 0.0, 1.0, 1.0, SPHERE),
        (0.0, 3 + y, 1.0, 1.0, SPHERE),
        (0.5, 3.0, 1.0, 10.0, SPHERE),
        (0.5, 0.0, 1.0, 1.0, ELLIPSOID),
    ],
    ids=["resistance", "inner conducts", "outer conducts", "insulated", "reaction", "both", "no distance"],
)
def test_exact_solutions_leave_residuals_of_second_order(resistance, reaction, inner, outer, level_set):
    problem = law_problem(resistance, reaction, inner, outer, level_set)
    u = [sp.lambdify((x, y, z), e) for e in U]
    rms = []
    for h in (1 / 16, 1 / 64):
        rows = irregular_rows(problem, cells_at(level_set, h, 500), h)
        residual = -rows.rhs
        for part, exact in zip((rows.minus, rows.plus), u, strict=True):
            row = np.repeat(np.arange(len(residual)), np.diff(part.begin))
            residual += np.bincount(row, part.weights * exact(*part.points.T), len(residual))
        rms.append(np.sqrt(np.mean(residual**2)))
    assert np.log2(rms[0] / rms[1]) / 2 > 1.8


def test_laws_that_are_zero_everywhere_leave_the_rows_as_they_are():
    plain, h = nbm.problems.sphere(), 0.1
    points = cells_at(SPHERE, h, 100)
    zero = plain.replace(resistance=lambda p: 0 * p[:, 0], surface_reaction=lambda p: 0 * p[:, 0])
    rows, of_zero = irregular_rows(plain, points, h), irregular_rows(zero, points, h)
    np.testing.assert_allclose(dense_rows(of_zero, points, h), dense_rows(rows, points, h), rtol=0, atol=1e-12)
    np.testing.assert_allclose(of_zero.rhs, rows.rhs, rtol=0, atol=1e-12)
