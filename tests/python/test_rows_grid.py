"""The rows on a grid: the classical solver reproduces the table of docs/method.md, section 9."""

from __future__ import annotations

import numpy as np
import pytest

import nbm
from nbm.rows import grid_system
from nbm.symbols import cos, exp, sin, sqrt, x, y, z

R = sqrt(x**2 + y**2 + z**2)


@pytest.mark.parametrize(
    ("cells", "linf", "rmse"), [(16, 3.16e-3, 3.10e-4), (32, 7.34e-4, 7.25e-5), (64, 2.5e-4, 1.9e-5)]
)
def test_sphere_reproduces_the_table(cells, linf, rmse):
    solution = nbm.solve_on_grid(nbm.problems.sphere(), cells)
    assert solution.node_error.linf == pytest.approx(linf, rel=0.05)
    assert solution.node_error.rmse == pytest.approx(rmse, rel=0.05)
    assert solution.residuals[-1] <= 1e-9


@pytest.mark.parametrize(
    ("name", "cells", "linf"), [("star", 16, 4.1e-2), ("star", 32, 1.0e-2), ("ellipsoid", 32, 1.0e-1)]
)
def test_star_and_ellipsoid_are_as_accurate_as_known(name, cells, linf):
    error = nbm.solve_on_grid(getattr(nbm.problems, name)(), cells).node_error
    assert error.linf <= 1.05 * linf


def test_without_interface_converges_at_second_order():
    coarse, fine = (nbm.solve_on_grid(nbm.problems.no_interface(), n).node_error.linf for n in (12, 24))
    assert coarse / fine == pytest.approx(4.0, rel=0.15)


@pytest.mark.parametrize("ratio", [1e-3, 1e3, 1e6])
def test_contrast_does_not_spoil_the_solver(ratio):
    solution = nbm.solve_on_grid(nbm.problems.sphere_contrast(ratio), 24)
    assert solution.residuals[-1] <= 1e-9
    # Where mu_plus is small, an outer flux of that size fixes the inner level: errors grow by 1 / ratio.
    assert solution.node_error.linf < 1e-2 * max(1.0, 1.0 / ratio)


def test_boxes_and_cells_need_not_be_cubes():
    problem = nbm.manufactured(
        u_minus=exp(z),
        u_plus=cos(x) * sin(y),
        mu_minus=4 + x,
        mu_plus=exp(-z),
        level_set=sqrt((x - 1) ** 2 + y**2 + z**2) - 0.5,
        box=nbm.Box((0.0, -1.0, -0.8), (2.0, 2.0, 0.8)),
    )
    coarse, fine = (nbm.solve_on_grid(problem, (20 * n, 28 * n, 18 * n)).node_error for n in (1, 2))
    assert fine.linf < 2e-3
    assert coarse.rmse / fine.rmse > 3.0  # second order, with the scatter of how the interface cuts the cells


def test_solution_sits_on_the_nodes_in_order():
    problem = nbm.problems.sphere()
    solution = nbm.solve_on_grid(problem, (10, 12, 14))
    assert solution.shape == (11, 13, 15)
    grid = solution.on_grid()
    np.testing.assert_allclose(solution.points.reshape(11, 13, 15, 3)[5, 3, 14], [0.0, -0.5, 1.0])
    boundary = solution.points[np.abs(solution.points).max(axis=1) == 1.0]
    np.testing.assert_allclose(grid[5, 3, 14], np.cos(0.0) * np.sin(-0.5), rtol=1e-14)
    assert len(boundary) == 11 * 13 * 15 - 9 * 11 * 13
    np.testing.assert_array_equal(solution.node_side == 0, problem.native.level_set.evaluate(solution.points) < 0)


def test_agrees_with_pyamg():
    pyamg = pytest.importorskip("pyamg")
    problem = nbm.problems.star()
    system = grid_system(problem, 20)
    inner = np.flatnonzero(~system.boundary)
    values = np.where(system.boundary, system.rhs, 0.0)
    rhs = (system.rhs - system.matrix @ values)[inner]
    matrix = system.matrix[inner][:, inner].tocsr()
    preconditioner = pyamg.ruge_stuben_solver(matrix).aspreconditioner()
    values[inner], _ = pyamg.krylov.bicgstab(matrix, rhs, tol=1e-12, M=preconditioner)
    ours = nbm.solve_on_grid(problem, 20, tolerance=1e-12)
    # Condition of a Jacobi-scaled second difference on 20 cells: (2 20 / pi)^2, about 160.
    np.testing.assert_allclose(ours.values, values, atol=1e-12 * 160 * np.abs(values).max())


def test_solution_has_the_same_bits_for_any_number_of_threads():
    one, two = (nbm.solve_on_grid(nbm.problems.star(), 36, threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one.values, two.values)
    assert one.residuals == two.residuals


def ball_in_a_field(contrast):
    """A ball of conductivity ``contrast`` in a uniform field: the dielectric sphere of the textbooks, radius 0.5."""
    dipole = (contrast - 1) / (contrast + 2) * 0.5**3

    def exact(points):
        r = np.linalg.norm(points, axis=1)
        outside = points[:, 2] * (1 - dipole / np.maximum(r, 0.5) ** 3)
        return np.where(r < 0.5, 3 * points[:, 2] / (contrast + 2), outside)

    box = nbm.Box((-1, -1, -1), (1, 1, 1))
    return nbm.Problem(box, R - 0.5, minus=nbm.Medium(mu=contrast), boundary=z - dipole * z / R**3), exact


@pytest.mark.parametrize("contrast", [1e-4, 1e-2, 100.0, 1e4])
def test_ball_in_a_field_converges_at_second_order(contrast):
    problem, exact = ball_in_a_field(contrast)
    errors = []
    for cells in (16, 48):
        solution = nbm.solve_on_grid(problem, cells)
        errors.append(np.sqrt(np.mean((solution.values - exact(solution.points)) ** 2)))
    assert errors[1] < 1e-3
    assert errors[0] / errors[1] > 3**1.6  # order 2, with the scatter of how the interface cuts the cells


@pytest.mark.parametrize("at", [0.13, -1 + 0.04, 0.0])
def test_interface_may_meet_the_walls(at):
    up, down = sin(2 * x) * exp(-2 * (z - at)), sin(2 * x) * exp(2 * (z - at))
    box = nbm.Box((-1, -1, -1), (1, 1, 1))
    problem = nbm.Problem(
        box,
        z - at,
        minus=nbm.Medium(mu=10, boundary=down),
        plus=nbm.Medium(mu=1, boundary=up),
        jump_flux=-22 * sin(2 * x),
    )
    errors = []
    for cells in (16, 48):
        grid = nbm.solve_on_grid(problem, cells)
        exact = np.sin(2 * grid.points[:, 0]) * np.exp(-2 * np.abs(grid.points[:, 2] - at))
        errors.append(np.abs(grid.values - exact).max())
    assert errors[1] < 5e-3
    assert errors[0] / errors[1] > 3**1.6  # order 2, with the scatter of where in a cell the interface lies


def test_interface_may_meet_the_walls_at_an_angle():
    # u = 1 + s / mu on each side of the plane s = 0: linear along the normal, so that the rows are exact.
    s = (x + 0.5 * y + 0.3 * z - 0.11) / np.sqrt(1.34)
    problem = nbm.Problem(
        nbm.Box((-1, -1, -1), (1, 1, 1)),
        s,
        minus=nbm.Medium(mu=20, boundary=1 + s / 20),
        plus=nbm.Medium(mu=0.5, boundary=1 + s / 0.5),
    )
    grid = nbm.solve_on_grid(problem, (17, 12, 14))
    distance = (grid.points @ np.array([1, 0.5, 0.3]) - 0.11) / np.sqrt(1.34)
    np.testing.assert_allclose(grid.values, 1 + distance / np.where(distance < 0, 20, 0.5), atol=1e-8)


def test_flat_boxes_and_few_cells():
    # -u'' = 2 across a plate with u = z (1 - z) on all walls: exact on any grid.
    problem = nbm.Problem(nbm.Box((0, 0, 0), (10, 10, 1)), plus=nbm.Medium(f=2.0), boundary=z * (1 - z))
    for cells in ((40, 40, 3), (8, 30, 4), (3, 3, 3)):
        grid = nbm.solve_on_grid(problem, cells)
        height = grid.points[:, 2]
        np.testing.assert_allclose(grid.values, height * (1 - height), atol=1e-9)


def test_a_singular_problem_is_an_error():
    # k is minus the first eigenvalue of the grid's own Laplacian: no solution in general.
    h = 0.25
    problem = nbm.Problem(
        nbm.Box((0, 0, 0), (1, 1, 1)), plus=nbm.Medium(k=-3 * (2 - 2 * np.cos(np.pi * h)) / h**2, f=1.0)
    )
    with pytest.raises(nbm.NbmError, match="singular"):
        nbm.solve_on_grid(problem, 4)


def test_system_has_the_same_bits_for_any_number_of_threads():
    pytest.importorskip("scipy")
    one, two = (grid_system(nbm.problems.star(), 16, threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one.matrix.data, two.matrix.data)
    np.testing.assert_array_equal(one.matrix.indices, two.matrix.indices)
    np.testing.assert_array_equal(one.matrix.indptr, two.matrix.indptr)
    np.testing.assert_array_equal(one.rhs, two.rhs)
    np.testing.assert_array_equal(one.boundary, np.abs(one.points).max(axis=1) == 1.0)


def test_bad_input_is_one_clear_error():
    problem = nbm.problems.sphere()
    for arguments, name in (
        ({"cells": 2}, "cells"),
        ({"cells": 641}, "cells"),
        ({"cells": (16, 16)}, "cells"),
        ({"cells": 16.5}, "cells"),
        ({"tolerance": 0.0}, "tolerance"),
    ):
        with pytest.raises(nbm.InvalidArgument) as caught:
            nbm.solve_on_grid(problem, **arguments)
        assert caught.value.name == name
