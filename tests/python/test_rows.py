"""Rows against the stored reference, against a slow NumPy oracle, and against what the formulas promise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nbm
from nbm.rows import cell_parts, irregular_rows, regular_rows
from reference import rows_reference
from reference.problems_reference import reference_problem

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
PROBLEMS = ("sphere", "star", "ellipsoid")
# Names in the files where they differ from ours.
OUR_NAMES = {"phi_corners": "corner_level_set", "center_side_plus": "center_side"}
# Entries that divide by tiny areas.
LOOSE = {"face_centroid_minus", "face_centroid_plus"}


@pytest.mark.parametrize("cells", [32, 512])
@pytest.mark.parametrize("name", PROBLEMS)
def test_rows_equal_the_stored_reference(name, cells):
    path = REFERENCE / f"rows_{name}_h2over{cells}.npz"
    if not path.exists():
        pytest.skip("the stored reference is not part of this checkout")
    stored = np.load(path)
    parts = cell_parts(getattr(nbm.problems, name)(), stored["x"], float(stored["h"]))
    for key in set(stored.files) - {"x", "h"}:
        ours, theirs = getattr(parts, OUR_NAMES.get(key, key)), stored[key].astype(np.float64)
        assert ours.shape == theirs.shape, key
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs), err_msg=key)
        tolerance = 1e-7 if key in LOOSE else 1e-9  # the tolerances that come with the files
        assert np.nanmax(np.abs(ours - theirs)) <= tolerance * np.nanmax(np.abs(theirs)), key


def irregular_points(problem, h, count, seed):
    """Random irregular cells, found by the definition."""
    random = np.random.default_rng(seed)
    points = []
    while len(points) < count:
        x = random.uniform(-0.8, 0.8, 3)
        if rows_reference.is_irregular(problem, x, h):
            points.append(x)
    return np.array(points)


@pytest.mark.parametrize("h", [(0.125,) * 3, (0.1, 0.16, 0.07)], ids=["cube", "brick"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_parts_and_rows_equal_the_slow_oracle(name, h):
    oracle = reference_problem(name)
    points = irregular_points(oracle, np.array(h), 20, seed=len(name))
    parts = cell_parts(getattr(nbm.problems, name)(), points, h)
    scale = {}
    for n, x in enumerate(points):
        cell = rows_reference.cell(oracle, x, np.array(h))
        expected = {
            "volume_minus": cell.volume[0],
            "volume_plus": cell.volume[1],
            "face_area_minus": cell.face_area[0],
            "face_area_plus": cell.face_area[1],
            "face_centroid_minus": cell.face_centroid[0],
            "face_centroid_plus": cell.face_centroid[1],
            "interface_area": cell.interface_area,
            "interface_vector": cell.interface_vector,
            "flux_jump_integral": cell.flux_jump_integral,
            "center_ghost_weights": cell.center_ghost_weights,
            "center_ghost_constant": cell.center_ghost_constant,
            "weights": cell.weights,
            "rhs": cell.rhs,
            "diagonal": cell.diagonal,
        }
        for key, value in expected.items():
            ours = getattr(parts, key)
            scale[key] = np.nanmax(np.abs(ours), initial=1e-300)
            np.testing.assert_array_equal(np.isnan(ours[n]), np.isnan(value), err_msg=key)
            tolerance = 1e-7 if key in LOOSE else 1e-10  # pseudo-inverse and level-set round-off over tiny cuts
            difference = np.nanmax(np.abs(ours[n] - value), initial=0.0)
            assert difference <= tolerance * scale[key], (key, x)


def test_reaction_enters_volumes_and_diagonal():
    """A problem with k on both sides: the oracle with its own k, alpha and beta."""
    from nbm.symbols import exp, sqrt, x, y, z
    from reference import problems_reference as reference

    X, Y, Z = reference.COORDINATES
    args = {"u_minus": exp(x), "u_plus": y * z, "mu_minus": 2 + x, "mu_plus": 1, "k_minus": 30 + y, "k_plus": x**2}
    problem = nbm.manufactured(level_set=sqrt(x**2 + 2 * y**2 + z**2) - 0.55, **args)
    rename = {x: X, y: Y, z: Z}
    u, mu, k = (
        (args[f"{f}_minus"].subs(rename), getattr(args[f"{f}_plus"], "subs", lambda _, v=args[f"{f}_plus"]: v)(rename))
        for f in ("u", "mu", "k")
    )
    oracle = reference.manufactured((sqrt(x**2 + 2 * y**2 + z**2) - 0.55).subs(rename), u, mu, k)
    h = np.array([0.1, 0.12, 0.09])
    points = irregular_points(oracle, h, 12, seed=3)
    parts = cell_parts(problem, points, h)
    for n, point in enumerate(points):
        cell = rows_reference.cell(oracle, point, h)
        np.testing.assert_allclose(parts.weights[n], cell.weights, rtol=0, atol=1e-11 * cell.diagonal)
        np.testing.assert_allclose(
            [parts.rhs[n], parts.diagonal[n]], [cell.rhs, cell.diagonal], rtol=0, atol=1e-11 * cell.diagonal
        )


def test_irregular_rows_are_the_weights_by_side():
    problem, h = nbm.problems.sphere(), 0.1
    points = irregular_points(reference_problem("sphere"), np.full(3, h), 15, seed=1)
    parts, rows = cell_parts(problem, points, h), irregular_rows(problem, points, h)
    np.testing.assert_allclose(rows.rhs, parts.rhs / parts.diagonal, rtol=1e-14, atol=1e-16)
    for n, x in enumerate(points):
        entries = []
        for side, part in enumerate((rows.minus, rows.plus)):
            chosen = slice(part.begin[n], part.begin[n + 1])
            # The box is [-1, 1]^3: network coordinates are box coordinates.
            radius = np.linalg.norm(part.points[chosen], axis=1)
            assert np.all((radius < 0.5) == (side == 0))
            entries += list(zip(np.rint((part.points[chosen] - x) / h).astype(int), part.weights[chosen], strict=True))
        weights = np.zeros((5, 5, 5))
        for offset, weight in entries:
            weights[tuple(offset + 2)] = weight
        np.testing.assert_allclose(weights.ravel(), parts.weights[n] / parts.diagonal[n], rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("side", ["minus", "plus"])
def test_regular_rows_equal_the_plain_seven_points(side):
    problem, oracle = nbm.problems.sphere(), reference_problem("sphere")
    h, s = np.array([0.1, 0.05, 0.08]), ("minus", "plus").index(side)
    points = np.random.default_rng(5).uniform(-0.2, 0.2, (20, 3)) + 0.6 * s
    rows = regular_rows(problem, side, points, h)
    assert rows.step == pytest.approx(tuple(h))  # the box has edge 2
    for n, x in enumerate(points):
        center, neighbors, rhs, diagonal = rows_reference.regular_weights(oracle, s, x, h)
        second, first = rows.second[n], rows.first[n]
        ours = np.stack([second - first / 2, second + first / 2], axis=1).ravel()
        np.testing.assert_allclose(ours, neighbors / diagonal, rtol=1e-13)
        assert rows.value[n] - 2 * second.sum() == pytest.approx(center[0] / diagonal, rel=1e-13)
        assert rows.rhs[n] == pytest.approx(rhs / diagonal, rel=1e-12)


def test_uncut_cell_with_a_neighbour_across_is_irregular():
    oracle = reference_problem("sphere")
    x, h = np.array([0.36, 0.0, 0.0]), np.full(3, 0.2)  # corners within 0.481, the neighbour +x at 0.56
    assert rows_reference.is_irregular(oracle, x, h)
    parts = cell_parts(nbm.problems.sphere(), [x], h)
    assert parts.interface_area[0] == 0.0
    assert parts.volume_plus[0] == 0.0
    expected = rows_reference.cell(oracle, x, h)
    np.testing.assert_allclose(parts.weights[0], expected.weights, rtol=0, atol=1e-13 * expected.diagonal)
    assert np.count_nonzero(parts.weights[0]) > 7


def test_divisor_of_implicit_ghosts_is_bounded_at_any_contrast():
    """Weights of the centre's ghost, which divide by 1 + sum, stay of the size of 1 for contrasts 1e-6 to 1e6."""
    oracle = reference_problem("sphere")
    points = irregular_points(oracle, np.full(3, 0.1), 60, seed=9)
    for ratio in (1e-6, 1e-3, 1e3, 1e6):
        parts = cell_parts(nbm.problems.sphere_contrast(ratio), points, 0.1)
        assert np.abs(parts.center_ghost_weights).max() < 20
        np.testing.assert_allclose(parts.center_ghost_weights.sum(axis=1), 1.0, atol=1e-12)


def test_bad_input_is_one_clear_error():
    problem = nbm.problems.sphere()
    point = [[0.5, 0.0, 0.0]]
    for cell_size in (0.0, -1.0, float("nan"), (0.1, 0.1), "big"):
        with pytest.raises(nbm.InvalidArgument) as caught:
            cell_parts(problem, point, cell_size)
        assert caught.value.name == "cell_size"
    with pytest.raises(nbm.InvalidArgument) as caught:
        irregular_rows(problem, [0.5, 0.0], 0.1)
    assert caught.value.name == "points"
    with pytest.raises(nbm.InvalidArgument) as caught:
        regular_rows(problem, "inside", point, 0.1)
    assert caught.value.name == "side"


def test_a_coefficient_that_fails_at_one_cell_is_named_there():
    def mu(points):
        return np.where(points[:, 0] > 1.02, -1.0, 1.0)  # only a cell that reaches out of the box meets it

    problem = nbm.Problem(nbm.Box(), plus=nbm.Medium(mu=mu))
    with pytest.raises(nbm.InvalidField) as caught:
        regular_rows(problem, "plus", [[0.0, 0.0, 0.0], [0.99, 0.25, -0.5]], 0.1)
    assert caught.value.field == "plus.mu"
    assert caught.value.point == pytest.approx((1.04, 0.25, -0.5))
