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
EXACT = tuple(sp.lambdify((x, y, z), e) for e in U)


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
    points = np.random.default_rng(seed).uniform(-0.8, 0.8, (100 * count, 3))
    star = np.vstack([np.zeros(3), rows_reference.FACES, rows_reference.CORNERS - 0.5])
    values = phi(*np.moveaxis(points[:, None] + h * star, -1, 0))
    return points[(values.min(axis=1) < 0) & (values.max(axis=1) >= 0)][:count]


def applied(rows, u):
    """The rows' sums over functions of both sides. The box is [-1, 1]^3: network coordinates are box coordinates."""
    total = np.zeros(len(rows.rhs))
    for part, function in zip((rows.minus, rows.plus), u, strict=True):
        row = np.repeat(np.arange(len(total)), np.diff(part.begin))
        total += np.bincount(row, part.weights * function(*part.points.T), len(total))
    return total


def dense_rows(rows, points, h):
    """(n, 343) the weights of nodes up to 3 cells away."""
    weights = np.zeros((len(points), 7, 7, 7))
    for part in (rows.minus, rows.plus):
        row = np.repeat(np.arange(len(points)), np.diff(part.begin))
        i, j, k = np.rint((part.points - points[row]) / h).astype(int).T + 3
        weights[row, i, j, k] += part.weights
    return weights.reshape(len(points), -1)


def oracle_of(resistance, reaction, inner, outer, level_set, least_theta):
    """A problem with laws beside jumps that are given whatever u is, and what the slow rows need of it."""
    mu = (inner * (y**2 * log(x + 2) + 4), outer * exp(-z))
    plain = nbm.manufactured(
        u_minus=U[0], u_plus=U[1], mu_minus=mu[0], mu_plus=mu[1], k_plus=2 + x, level_set=level_set
    )
    problem = plain.replace(resistance=resistance, surface_reaction=reaction)
    names = dict(zip((x, y, z), COORDINATES, strict=True))
    level_set, resistance, reaction, k, *pairs = (
        sp.sympify(e).subs(names) for e in (level_set, resistance, reaction, 2 + x, *U, *mu)
    )
    oracle = manufactured(level_set, tuple(pairs[:2]), tuple(pairs[2:]), (0, k))
    laws = law_rows_reference.Laws(*(sp.lambdify(COORDINATES, e) for e in (resistance, reaction)), least_theta)
    return problem, lambda point, h: law_rows_reference.law_row(oracle, laws, point, h)


LAWS = pytest.mark.parametrize(
    ("resistance", "reaction", "inner", "outer", "level_set"),
    [
        (0.3 + x**2, 0.0, 1.0, 1.0, SPHERE),
        (1e3, 0.0, 1.0, 100.0, SPHERE),
        (0.0, 3 + y, 1.0, 1.0, SPHERE),
        (0.5, -2.0, 0.01, 1.0, ELLIPSOID),
    ],
    ids=["resistance", "insulated", "reaction", "both"],
)
# Round-off, times the condition number of the normal equations that the library solves: some thousands.
ROUND_OFF = 1e-12


@LAWS
def test_rows_equal_the_slow_oracle(resistance, reaction, inner, outer, level_set):
    h = np.array([0.1, 0.16, 0.12])
    problem, slow_row = oracle_of(resistance, reaction, inner, outer, level_set, least_theta=1.0)
    points = cells_at(level_set, h, 8)
    rows = irregular_rows(problem, points, h)
    ours = dense_rows(rows, points, h)
    for n, point in enumerate(points):
        expected = slow_row(point, h)
        np.testing.assert_allclose(ours[n], expected.weights / expected.diagonal, rtol=0, atol=ROUND_OFF)
        assert rows.rhs[n] == pytest.approx(expected.rhs / expected.diagonal, rel=ROUND_OFF, abs=ROUND_OFF)


@LAWS
def test_rows_of_a_grid_equal_the_slow_oracle(resistance, reaction, inner, outer, level_set):
    cells, h = 14, np.full(3, 1 / 7)
    problem, slow_row = oracle_of(resistance, reaction, inner, outer, level_set, least_theta=0.0)
    system = grid_system(problem, cells)
    inner_nodes = np.abs(system.points).max(axis=1) < 1 - 2.5 * h[0]  # whose rows do not reach beyond the walls
    nodes = np.flatnonzero((np.diff(system.matrix.indptr) > 7) & inner_nodes)
    offsets = law_rows_reference.NODES @ np.array([(cells + 1) ** 2, cells + 1, 1])
    for node in np.random.default_rng(1).choice(nodes, 5, replace=False):
        expected = slow_row(system.points[node], h)
        ours = system.matrix[node].toarray()[0, node + offsets]
        np.testing.assert_allclose(ours, expected.weights / expected.diagonal, rtol=0, atol=ROUND_OFF)
        assert system.rhs[node] == pytest.approx(expected.rhs / expected.diagonal, rel=ROUND_OFF, abs=ROUND_OFF)


def test_at_walls_rows_reach_what_those_of_a_grid_do():
    """Where the resistance is large they are the same rows, but for the share h / (h + R mu) of what knows no laws."""
    problem, cells = law_problem(1e9, 0.0, level_set=THROUGH_WALLS), 14
    system, h = grid_system(problem, cells), 1 / 7
    within = np.abs(system.points).max(axis=1) < 1 - 1.5 * h  # where cells are sampled: two nodes from walls
    nodes = np.flatnonzero((np.diff(system.matrix.indptr) > 7) & within)
    points = system.points[nodes]
    rows = irregular_rows(problem, points, h)
    offsets = law_rows_reference.NODES @ np.array([(cells + 1) ** 2, cells + 1, 1])
    expected = np.array([system.matrix[n].toarray()[0].take(n + offsets, mode="wrap") for n in nodes])
    np.testing.assert_allclose(dense_rows(rows, points, h), expected, rtol=0, atol=1e-8)
    np.testing.assert_allclose(rows.rhs, system.rhs[nodes], rtol=1e-8, atol=1e-8)


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
    rms = []
    for h in (1 / 16, 1 / 64):
        rows = irregular_rows(problem, cells_at(level_set, h, 500), h)
        rms.append(np.sqrt(np.mean((applied(rows, EXACT) - rows.rhs) ** 2)))
    assert np.log2(rms[0] / rms[1]) / 2 > 1.8


@pytest.mark.parametrize("laws", [(0.3 + x**2, 0.0), (0.0, 3 + y)], ids=["resistance", "reaction"])
def test_least_squares_of_the_rows_are_of_second_order(laws):
    """As training has it: harmonic functions in the ball and around it, which the equation allows, of least squares.

    With the rows of the grid, whose fluxes are of first order where there is no resistance, the slope is 1.3 for the
    reaction.
    """
    harmonics = [(0, lambda x, y, z: 1 + 0 * x), (1, lambda x, y, z: x), (1, lambda x, y, z: z)]
    harmonics += [(2, lambda x, y, z: x * y), (2, lambda x, y, z: 2 * z * z - x * x - y * y)]

    def around(degree, inside):  # of the size of 1 on the ball, 0 in the mean at a distance of 1
        fall = 2 * degree + 1
        return lambda x, y, z: inside(x, y, z) * ((x * x + y * y + z * z) ** (-fall / 2) * 0.5**fall - 0.5**fall)

    def nothing(x, y, z):
        return 0 * x

    errors = []
    for h in (1 / 8, 1 / 32):
        rows = irregular_rows(law_problem(*laws), cells_at(SPHERE, h, 2000), h)
        modes = [applied(rows, (inside, nothing)) for _, inside in harmonics]
        modes += [applied(rows, (nothing, around(*harmonic))) for harmonic in harmonics]
        amplitudes, *_ = np.linalg.lstsq(np.array(modes).T, rows.rhs - applied(rows, EXACT), rcond=None)
        errors.append(np.linalg.norm(amplitudes))
    assert np.log2(errors[0] / errors[1]) / 2 > 1.7


@pytest.mark.parametrize("mu", [(1.0, 1.0), (1e3, 1.0), (1.0, 1e3)])
def test_layers_thinner_than_cells_have_rows_of_ordinary_size(mu):
    """What the sides' quadratics say of a ghost value may be next to nothing there."""
    shell, h = sp.Abs(SPHERE - 0.05) - 0.04, 0.1
    problem = nbm.Problem(CUBE, shell, minus=nbm.Medium(mu=mu[0]), plus=nbm.Medium(mu=mu[1]), surface_reaction=1.0)
    points = cells_at(shell, h, 300)
    weights = np.abs(dense_rows(irregular_rows(problem, points, h), points, h))
    assert weights.sum(axis=1).max() < 100
