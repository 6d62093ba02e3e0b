"""Solutions on a grid as functions: one-sided next to the interface, like any solution; and corrections of networks."""

from __future__ import annotations

import numpy as np
import pytest

import nbm
from nbm.symbols import cos, exp, sin, sqrt, x, y, z

BOX = nbm.Box((-1, -1, -1), (1, 1, 1))
R = sqrt(x**2 + y**2 + z**2)


@pytest.fixture(scope="module")
def problem():
    return nbm.problems.sphere()


@pytest.fixture(scope="module")
def grid(problem):
    return nbm.solve_on_grid(problem, 32)


def interface_points(count=2000, radius=0.5):
    directions = np.random.default_rng(1).normal(size=(count, 3))
    normals = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return radius * normals, normals


def points_in_box(count=5000):
    return np.random.default_rng(2).uniform(-1, 1, (count, 3))


def test_is_a_function_as_accurate_as_its_nodes(problem, grid):
    error = grid(points_in_box()) - problem.exact(points_in_box())
    assert np.sqrt(np.mean(error**2)) < 2 * grid.node_error.rmse
    assert np.abs(error).max() < 2 * grid.node_error.linf
    np.testing.assert_allclose(grid(grid.points), grid.values, atol=1e-12)


def test_sides_are_smooth_beyond_the_interface(grid):
    # u- = e^z and u+ = cos x sin y continue across: one cell beyond, sides still follow them.
    points, normals = interface_points()
    for distance in (-1 / 16, 0.0, 1 / 16):
        at = points + distance * normals
        # 2 h^2: the scheme's error is h^2 / 5, the continuation's that of a third derivative over a few cells.
        np.testing.assert_allclose(grid.minus(at), np.exp(at[:, 2]), atol=2 / 16**2)
        np.testing.assert_allclose(grid.plus(at), np.cos(at[:, 0]) * np.sin(at[:, 1]), atol=2 / 16**2)


def test_jumps_are_those_of_the_problem(problem, grid):
    points, normals = interface_points()
    jump = problem.native.jump_u.evaluate(points)
    flux = problem.native.jump_flux.evaluate(points)
    assert np.abs(grid.jump(points) - jump).max() < 5e-3
    assert np.sqrt(np.mean((grid.flux_jump(problem, points, normals) - flux) ** 2)) < 0.05 * np.abs(flux).max()


def test_gradient_is_that_of_the_function(grid):
    points = points_in_box(500)
    value, gradient = grid.value_and_gradient(points)
    np.testing.assert_allclose(value, grid(points), rtol=0, atol=1e-15)  # compiled apart: multiply-adds fuse elsewhere
    h = 1e-6
    for axis in range(3):
        step = h * np.eye(3)[axis]
        for side, of_side in ((grid.minus, grid.gradient_minus), (grid.plus, grid.gradient_plus)):
            difference = (side(points + step) - side(points - step)) / (2 * h)
            np.testing.assert_allclose(
                of_side(points)[:, axis], difference, atol=1e-5
            )  # kinks of a C1 function: h / cell
    assert gradient.shape == (500, 3)


def test_gradient_converges():
    problem = nbm.problems.sphere()
    points = points_in_box()
    inside = np.linalg.norm(points, axis=1) < 0.5
    exact = np.where(
        inside[:, None],
        np.stack([0 * points[:, 0], 0 * points[:, 0], np.exp(points[:, 2])], axis=1),
        np.stack(
            [
                -np.sin(points[:, 0]) * np.sin(points[:, 1]),
                np.cos(points[:, 0]) * np.cos(points[:, 1]),
                0 * points[:, 0],
            ],
            axis=1,
        ),
    )
    errors = [np.sqrt(np.mean((nbm.solve_on_grid(problem, n).gradient(points) - exact) ** 2)) for n in (16, 48)]
    assert errors[1] < 2e-3
    assert errors[0] / errors[1] > 3**1.5


def test_a_grid_solution_is_saved_and_loaded(grid, tmp_path):
    grid.save(tmp_path / "grid.safetensors")
    loaded = nbm.load(tmp_path / "grid.safetensors")
    np.testing.assert_array_equal(loaded(points_in_box()), grid(points_in_box()))
    np.testing.assert_array_equal(loaded.plus(points_in_box()), grid.plus(points_in_box()))
    assert loaded.info["grid_cells"] == "32 32 32"
    grid.to_vtk(tmp_path / "grid.vti", shape=(9, 9, 9), fields=("u", "gradient"))
    assert (tmp_path / "grid.vti").stat().st_size > 9**3 * 8


def test_without_interface_one_side_is_all():
    problem = nbm.problems.no_interface()
    grid = nbm.solve_on_grid(problem, 24)
    points = points_in_box()
    error = grid(points) - problem.exact(points)
    assert np.abs(error).max() < 2 * grid.node_error.linf
    np.testing.assert_array_equal(grid.minus(points), 0.0)


@pytest.fixture(scope="module")
def trained(problem):
    network = nbm.Siren(hidden=(8, 8))
    return nbm.solve(
        problem, network=network, discretization="direct_jump", optimizer=nbm.GaussNewton(steps=25, stop_fraction=0)
    )


def rms(solution, problem):
    points = points_in_box()
    return np.sqrt(np.mean((solution(points) - problem.exact(points)) ** 2))


def test_correction_multiplies_the_errors(problem, trained, grid):
    corrected = trained.correct(problem, 32)
    alone = rms(trained, problem)
    assert rms(corrected, problem) < 0.1 * alone
    finer = trained.correct(problem, 64)
    assert rms(finer, problem) < rms(corrected, problem) / 2
    np.testing.assert_array_equal(corrected.networks(points_in_box()), trained(points_in_box()))
    assert trained.correction is None
    assert corrected.correction.shape == (2, 33, 33, 33)
    assert corrected.info["correction_cells"] == "32 32 32"


def test_correction_of_nothing_is_the_grid_solution(problem, grid):
    # Networks that are 0 leave the whole problem: the correction is the classical solution.
    corrected = grid.correct(problem, 32, tolerance=1e-12)
    np.testing.assert_allclose(corrected.correction, grid.correction, atol=1e-7)


def test_correction_takes_part_in_everything(problem, trained, tmp_path):
    corrected = trained.correct(problem, 20)
    points = points_in_box(1000)
    added = corrected.minus(points) - trained.minus(points)
    assert np.abs(added).max() > 0
    np.testing.assert_allclose(corrected.jump(points), corrected.plus(points) - corrected.minus(points), atol=1e-14)
    step = np.array([1e-6, 0, 0])
    difference = (corrected.plus(points + step) - corrected.plus(points - step)) / 2e-6
    np.testing.assert_allclose(corrected.gradient_plus(points)[:, 0], difference, atol=1e-5)
    corrected.save(tmp_path / "corrected.safetensors")
    loaded = nbm.load(tmp_path / "corrected.safetensors")
    np.testing.assert_array_equal(loaded(points), corrected(points))
    np.testing.assert_array_equal(loaded.networks(points), trained(points))
    trained.save(tmp_path / "trained.safetensors")
    assert (tmp_path / "trained.safetensors").stat().st_size < 50_000
    normals = np.tile([0.0, 0.0, 1.0], (len(points), 1))
    flux = corrected.flux_jump(problem, points, normals)
    mu = [problem.native.minus.mu.evaluate(points), problem.native.plus.mu.evaluate(points)]
    expected = mu[1] * corrected.gradient_plus(points)[:, 2] - mu[0] * corrected.gradient_minus(points)[:, 2]
    np.testing.assert_allclose(flux, expected, atol=1e-12)


def test_correction_has_the_same_bits_for_any_number_of_threads(problem, trained):
    one, two = (trained.correct(problem, 24, threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one.correction, two.correction)


def test_walls_and_high_contrast_are_corrected_too():
    up, down = sin(2 * x) * exp(-2 * (z - 0.13)), sin(2 * x) * exp(2 * (z - 0.13))
    problem = nbm.Problem(
        BOX,
        z - 0.13,
        minus=nbm.Medium(mu=10, boundary=down),
        plus=nbm.Medium(mu=1, boundary=up),
        jump_flux=-22 * sin(2 * x),
    )
    network = nbm.Siren(hidden=(10, 10))
    networks = nbm.solve(
        problem, network=network, discretization="direct_jump", optimizer=nbm.GaussNewton(steps=20, stop_fraction=0)
    )
    points = points_in_box()
    exact = np.sin(2 * points[:, 0]) * np.exp(-2 * np.abs(points[:, 2] - 0.13))
    before, after = (np.sqrt(np.mean((s(points) - exact) ** 2)) for s in (networks, networks.correct(problem, 32)))
    assert after < 0.2 * before


def test_correction_keeps_the_balance_of_a_good_conductor():
    # Networks of a ball that conducts 100 times better leave sources 100 times larger: what these lack of balance would
    # shift the whole ball.
    dipole = 99 / 102 * 0.5**3
    problem = nbm.Problem(BOX, R - 0.5, minus=nbm.Medium(mu=100), boundary=z - dipole * z / R**3)
    networks = nbm.solve(
        problem,
        network=nbm.Siren(hidden=(8, 8)),
        discretization="direct_jump",
        optimizer=nbm.GaussNewton(steps=15, stop_fraction=0),
    )
    points = points_in_box()
    r = np.linalg.norm(points, axis=1)
    exact = np.where(r < 0.5, points[:, 2] * 3 / 102, points[:, 2] * (1 - dipole / np.maximum(r, 0.5) ** 3))
    before, after = (np.abs(s(points) - exact)[r < 0.5].mean() for s in (networks, networks.correct(problem, 32)))
    assert after < 0.1 * before


def test_bad_input_is_one_clear_error(problem, trained):
    with pytest.raises(nbm.InvalidArgument, match="cells"):
        trained.correct(problem, 2)
    with pytest.raises(nbm.InvalidArgument, match="tolerance"):
        trained.correct(problem, 16, tolerance=2.0)
    other = nbm.Problem(nbm.Box((0, 0, 0), (1, 1, 1)), plus=nbm.Medium(f=cos(x)))
    with pytest.raises(nbm.InvalidArgument, match="another box"):
        trained.correct(other, 16)
