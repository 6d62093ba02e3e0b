"""Walls that go over into the opposite ones: orders of accuracy, cells of composites, wrong statements."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse.linalg

import nbm
from nbm.symbols import Abs, cos, exp, pi, sin, sinh, sqrt, x, y, z

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from cubic_arrays import BOX, cell, rayleigh

R = sqrt(x**2 + y**2 + z**2)
INSIDE = R - 0.5
THROUGH_WALLS = z - 0.3 * sin(pi * x) - 0.15 * y + 0.05  # nodes of grids lie on it, up to rounding
JUMP = 0.7
PERIODIC = {axis: nbm.Periodic() for axis in "xyz"}


def known_with_period(level_set):
    known = nbm.manufactured(
        u_minus=exp(z) * (1 + sin(pi * x) / 3) + JUMP * x / 2,
        u_plus=cos(pi * x) * sin(y) + z**2 / 2 + y / 3 + JUMP * x / 2,
        mu_minus=4 + y * cos(pi * x),
        mu_plus=exp(-z) * (2 + sin(pi * x)),
        level_set=level_set,
    )
    return known, known.replace(walls={"x": nbm.Periodic(jump=JUMP)})


@pytest.mark.parametrize("level_set", [INSIDE, THROUGH_WALLS - 0.0012], ids=["inside", "through walls"])
def test_the_classical_solver_is_of_second_order(level_set):
    known, problem = known_with_period(level_set)
    rms = []
    for cells in (16, 32):
        solved = nbm.solve_on_grid(problem, cells)
        rms.append(np.sqrt(np.mean((solved.values - known.exact(solved.points)) ** 2)))
        u = solved.values.reshape(solved.shape)
        np.testing.assert_allclose(u[-1] - u[0], JUMP, atol=1e-12)
    assert 1.8 <= np.log2(rms[0] / rms[1]) <= 2.2


@pytest.mark.parametrize("level_set", [INSIDE, THROUGH_WALLS], ids=["inside", "through walls"])
def test_solve_is_far_more_accurate(level_set):
    known, problem = known_with_period(level_set)
    solution = nbm.solve(problem, seconds=3)
    points = np.random.default_rng(0).uniform(-1, 1, (2000, 3))
    error = np.sqrt(np.mean((solution(points) - known.exact(points)) ** 2)) / np.ptp(known.exact(points))
    assert error < 5e-6
    assert solution.certificate.trusted
    assert error < solution.certificate.estimated_rmse
    assert solution.certificate.boundary.relative < 1e-5


def test_a_jump_that_varies_beside_a_wall_that_exchanges():
    known = nbm.manufactured(
        u_minus=exp(z) * (1 + sin(pi * x) / 3) + (1 + y) * x / 2,
        u_plus=cos(pi * x) * sin(y) + z**2 / 2 + (1 + y) * x / 2,
        mu_plus=2 + sin(pi * x),
        level_set=INSIDE,
        walls={"y+": 2.0, "z-": 0.0},
    )
    problem = known.replace(walls={**known.walls, "x": nbm.Periodic(jump=1 + y)})
    rms = []
    for cells in (12, 24):
        solved = nbm.solve_on_grid(problem, cells)
        rms.append(np.sqrt(np.mean((solved.values - known.exact(solved.points)) ** 2)))
    assert 1.8 <= np.log2(rms[0] / rms[1]) <= 2.3


def test_u_that_other_walls_give_may_vanish_at_the_seam_up_to_rounding():
    problem = nbm.Problem(BOX, boundary=sin(pi * x) * y, walls={"x": nbm.Periodic()})
    u = nbm.solve_on_grid(problem, 8)
    np.testing.assert_allclose(u.values[u.points[:, 1] == 0.0], 0.0, atol=1e-9)


def test_a_source_on_the_seam_is_exact_on_any_grid():
    # -u'' = -F / 2 between two walls that together bring F into the box: u = F x^2 / 4, but for its mean.
    source = 3.0
    problem = nbm.Problem(BOX, plus=nbm.Medium(f=-source / 2), walls={**PERIODIC, "x": nbm.Periodic(source=source)})
    for cells in ((6, 4, 4), (5, 4, 3)):
        solved = nbm.solve_on_grid(problem, cells)
        exact = source * (solved.points[:, 0] ** 2 / 4)
        error = solved.values - exact
        np.testing.assert_allclose(error, error[0], atol=1e-9)


def ball_in_the_corner(contrast, fraction):
    radius = (6 * fraction / np.pi) ** (1 / 3)
    nearest = sqrt(sum((1 - Abs(c)) ** 2 for c in (x, y, z)))
    return nbm.Problem(BOX, nearest - radius, minus=nbm.Medium(mu=contrast))


def test_a_cubic_array_whose_balls_are_cut_by_the_walls():
    tensor = nbm.effective_conductivity(
        ball_in_the_corner(10.0, 0.3), walls="periodic", solver=lambda problem: nbm.solve_on_grid(problem, 32), cells=16
    )
    exact = rayleigh(10.0, 0.3, order=15)
    assert np.abs(tensor.value - exact * np.eye(3)).max() < min(1e-2 * exact, tensor.error)


def test_a_cubic_array_by_solve():
    problem = cell(100.0, 0.4).replace(walls={**PERIODIC, "x": nbm.Periodic(jump=2.0)})
    flux = nbm.solve(problem, seconds=3).quantities(problem, cells=16).flux("x+")
    exact = 4 * rayleigh(100.0, 0.4, order=21)
    assert abs(flux.value - exact) < min(1e-3 * exact, flux.error)


def test_rows_are_a_system_of_their_own():
    problem = cell(5.0, 0.3).replace(walls={**PERIODIC, "x": nbm.Periodic(jump=2.0)}, plus=nbm.Medium(k=0.1))
    system = nbm.rows.grid_system(problem, 8)
    solved = scipy.sparse.linalg.spsolve(system.matrix.tocsc(), system.rhs)
    np.testing.assert_allclose(nbm.solve_on_grid(problem, 8).values, solved, atol=1e-9)


def test_reactions_that_are_not_linear():
    exact = cos(pi * x) * sin(pi * y) / 2
    source = sinh(exact) + 2 * pi**2 * exact
    problem = nbm.Problem(BOX, plus=nbm.Medium(reaction=sinh(nbm.symbols.u), f=source), walls=PERIODIC)
    coarse, fine = (nbm.solve_on_grid(problem, (cells, cells, 4)) for cells in (12, 24))
    errors = [
        np.abs(s.values - np.cos(np.pi * s.points[:, 0]) * np.sin(np.pi * s.points[:, 1]) / 2).max()
        for s in (coarse, fine)
    ]
    assert 1.8 <= np.log2(errors[0] / errors[1]) <= 2.2


def test_layers_conduct_in_series_and_in_parallel():
    layers = nbm.Problem(BOX, Abs(z) - 0.5, minus=nbm.Medium(mu=9.0))
    tensor = nbm.effective_conductivity(
        layers, walls="periodic", solver=lambda problem: nbm.solve_on_grid(problem, (4, 4, 12)), cells=8
    )
    np.testing.assert_allclose(tensor.value, np.diag([5.0, 5.0, 2 / (1 + 1 / 9)]), atol=1e-7)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ({"walls": {"x": nbm.Neumann()}}, "walls: x: got Neumann, expected nbm.Periodic"),
        ({"walls": {"x-": nbm.Periodic()}}, "x-: nbm.Periodic.* ties both walls of an axis, give it for 'x'"),
        ({"walls": {"x": nbm.Periodic(), "x+": nbm.Neumann()}}, "x\\+ has two conditions"),
        ({"walls": PERIODIC, "plus": nbm.Medium(walls={"y+": nbm.Neumann()})}, "y\\+ has two conditions"),
        ({"plus": nbm.Medium(walls={"x": nbm.Periodic()})}, "a period holds on both sides"),
        ({"walls": PERIODIC, "plus": nbm.Medium(mu=2 + y)}, "walls.y: is periodic, but plus.mu is 1 on its lower wall"),
        ({"walls": PERIODIC, "level_set": R - 0.5 + x}, "walls.x: is periodic, but level_set is"),
        (
            {"walls": {"x": nbm.Periodic()}, "boundary": x},
            "walls.x: is periodic, but u less its jump is -1 on its lower",
        ),
    ],
)
def test_wrong_statements_are_one_sentence(statement, says):
    with pytest.raises(nbm.InvalidArgument, match=says):
        nbm.Problem(nbm.Box(), **{"level_set": INSIDE, **statement})


def test_unbalanced_data_say_so():
    heated = nbm.Problem(nbm.Box(), plus=nbm.Medium(f=1.0), walls=PERIODIC)
    with pytest.raises(nbm.InvalidArgument, match="they add up to 8, 100 % of their size"):
        nbm.solve(heated)


def test_statements_compare_and_travel(tmp_path):
    insulated = {"y-": nbm.Neumann(), "y+": nbm.Neumann()}
    stated = nbm.Problem(nbm.Box(), INSIDE, walls={"x": nbm.Periodic(jump=1 + y), "z": nbm.Periodic(), **insulated})
    assert pickle.loads(pickle.dumps(stated)).digest() == stated.digest()
    assert stated.digest() != stated.replace(walls={**stated.walls, "x": nbm.Periodic(jump=2 + y)}).digest()
    file = tmp_path / "cell.toml"
    file.write_text(
        '[problem]\nlevel_set = "sqrt(x**2 + y**2 + z**2) - 0.5"\n'
        '[walls]\nx = {jump = "1 + y"}\nz = {}\ny- = {flux = 0}\n"y+" = {flux = 0}\n'
    )
    assert nbm.problem_from_toml(file).digest() == stated.digest()
    for line, says in (
        ("x = {flux = 1}", "a period has a jump and a source"),
        ('"x+" = {jump = 1}', "give u, or flux"),
    ):
        file.write_text(f"[problem]\n[walls]\n{line}\n")
        with pytest.raises(nbm.ProblemFileError, match=says):
            nbm.problem_from_toml(file)
