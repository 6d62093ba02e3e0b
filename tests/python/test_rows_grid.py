"""The rows on a grid: the classical solver reproduces the table of docs/method.md, section 9."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import nbm
from nbm.rows import grid_system

pytest.importorskip("scipy")
pytest.importorskip("pyamg")


@pytest.mark.parametrize(
    ("cells", "linf", "rmse"), [(16, 3.16e-3, 3.10e-4), (32, 7.34e-4, 7.25e-5), (64, 2.5e-4, 1.9e-5)]
)
def test_sphere_reproduces_the_table(cells, linf, rmse):
    solution = nbm.solve_on_grid(nbm.problems.sphere(), cells)
    assert solution.error.linf == pytest.approx(linf, rel=0.05)
    assert solution.error.rmse == pytest.approx(rmse, rel=0.05)
    assert solution.residuals[-1] <= 1e-9


@pytest.mark.parametrize(
    ("name", "cells", "linf"), [("star", 16, 4.1e-2), ("star", 32, 1.0e-2), ("ellipsoid", 32, 1.0e-1)]
)
def test_star_and_ellipsoid_are_as_accurate_as_known(name, cells, linf):
    error = nbm.solve_on_grid(getattr(nbm.problems, name)(), cells).error
    assert error.linf <= 1.05 * linf


def test_without_interface_converges_at_second_order():
    coarse, fine = (nbm.solve_on_grid(nbm.problems.no_interface(), n).error.linf for n in (12, 24))
    assert coarse / fine == pytest.approx(4.0, rel=0.15)


@pytest.mark.parametrize("ratio", [1e-3, 1e3, 1e6])
def test_contrast_does_not_spoil_the_solver(ratio):
    solution = nbm.solve_on_grid(nbm.problems.sphere_contrast(ratio), 24)
    assert solution.residuals[-1] <= 1e-9
    # Where mu_plus is small, an outer flux of that size fixes the inner level: errors grow by 1 / ratio.
    assert solution.error.linf < 1e-2 * max(1.0, 1.0 / ratio)


def test_boxes_and_cells_need_not_be_cubes():
    from nbm.symbols import cos, exp, sin, sqrt, x, y, z

    problem = nbm.manufactured(
        u_minus=exp(z),
        u_plus=cos(x) * sin(y),
        mu_minus=4 + x,
        mu_plus=exp(-z),
        level_set=sqrt((x - 1) ** 2 + y**2 + z**2) - 0.5,
        box=nbm.Box((0.0, -1.0, -0.8), (2.0, 2.0, 0.8)),
    )
    coarse, fine = (nbm.solve_on_grid(problem, (20 * n, 28 * n, 18 * n)).error for n in (1, 2))
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
    np.testing.assert_array_equal(solution.side == 0, problem.native.level_set.evaluate(solution.points) < 0)


def test_system_has_the_same_bits_for_any_number_of_threads():
    one, two = (grid_system(nbm.problems.star(), 16, threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one.matrix.data, two.matrix.data)
    np.testing.assert_array_equal(one.matrix.indices, two.matrix.indices)
    np.testing.assert_array_equal(one.matrix.indptr, two.matrix.indptr)
    np.testing.assert_array_equal(one.rhs, two.rhs)
    np.testing.assert_array_equal(one.boundary, np.abs(one.points).max(axis=1) == 1.0)


def test_bad_input_is_one_clear_error(monkeypatch):
    problem = nbm.problems.sphere()
    for arguments, name in (
        ({"cells": 3}, "cells"),
        ({"cells": 641}, "cells"),
        ({"cells": (16, 16)}, "cells"),
        ({"cells": 16.5}, "cells"),
        ({"tolerance": 0.0}, "tolerance"),
    ):
        with pytest.raises(nbm.InvalidArgument) as caught:
            nbm.solve_on_grid(problem, **arguments)
        assert caught.value.name == name
    near = nbm.Problem(nbm.Box((-0.52, -1, -1), (1, 1, 1)), level_set=problem.level_set)
    with pytest.raises(nbm.InvalidArgument, match="box boundary") as caught:
        nbm.solve_on_grid(near, 16)
    assert caught.value.name == "level_set"
    monkeypatch.setitem(sys.modules, "pyamg", None)  # as if it were not installed
    with pytest.raises(nbm.BackendUnavailable) as unavailable:
        nbm.solve_on_grid(problem, 16)
    assert unavailable.value.backend == "pyamg"
