"""Walls whose flux is given, or exchanged with surroundings: orders of accuracy, balance, wrong statements."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import nbm
from nbm.symbols import cos, exp, log, sin, sqrt, x, y, z

R = sqrt(x**2 + y**2 + z**2)
INSIDE = R - 0.5
THROUGH_WALLS = z - 0.3 * x - 0.15 * y - 0.1 * sin(2 * x) + 0.05
MIXED = {"x-": 0.0, "x+": 1 + y**2, "y-": 0.0, "z+": 2.0}
ALL_FACES = ("x-", "x+", "y-", "y+", "z-", "z+")


def problem(level_set, walls):
    return nbm.manufactured(
        u_minus=exp(z) * (1 + x / 3),
        u_plus=cos(x) * sin(y) + z**2 / 2 + x / 4,
        mu_minus=y**2 * log(x + 2) + 4,
        mu_plus=exp(-z),
        level_set=level_set,
        walls=walls,
    )


def means(shape):
    """Return the shares of the nodes in the box."""
    weights = np.ones(shape)
    for axis in range(3):
        for end in (0, -1):
            weights[(slice(None),) * axis + (end,)] *= 0.5
    return weights.ravel() / weights.sum()


def rmse(solved, known, floating):
    error = solved.values - known.exact(solved.points)
    if floating:
        assert abs(means(solved.shape) @ solved.values) < 1e-9
        error -= means(solved.shape) @ error
    return np.sqrt(np.mean(error**2))


@pytest.mark.parametrize(
    ("level_set", "walls"),
    [
        (INSIDE, MIXED),
        (THROUGH_WALLS, MIXED),
        (INSIDE, dict.fromkeys(ALL_FACES, 0.0)),
        (THROUGH_WALLS, dict.fromkeys(ALL_FACES, 1e-2)),
    ],
    ids=["inside", "through walls", "flux everywhere", "hardly held"],
)
def test_the_classical_solver_is_of_second_order(level_set, walls):
    known = problem(level_set, walls)
    floating = walls == dict.fromkeys(ALL_FACES, 0.0)
    coarse, fine = (rmse(nbm.solve_on_grid(known, cells), known, floating) for cells in (16, 32))
    assert 1.8 <= np.log2(coarse / fine) <= 2.2


@pytest.mark.parametrize(
    ("level_set", "walls"),
    [(INSIDE, MIXED), (THROUGH_WALLS, MIXED), (THROUGH_WALLS, dict.fromkeys(ALL_FACES, 0.0))],
    ids=["inside", "through walls", "flux everywhere"],
)
def test_solve_is_far_more_accurate(level_set, walls):
    known = problem(level_set, walls)
    solution = nbm.solve(known, seconds=3)
    points = np.random.default_rng(0).uniform(-1, 1, (2000, 3))
    error = solution(points) - known.exact(points)
    size = np.ptp(known.exact(points))
    assert np.std(error) < 1e-6 * size
    assert solution.certificate.trusted
    assert np.std(error) < solution.certificate.estimated_rmse < 1e-6 * size
    assert solution.certificate.boundary.relative < 1e-5
    if len(walls) < 6:
        assert abs(np.mean(error)) < 1e-6 * size


def test_a_slab_with_convection_is_exact_on_any_grid():
    # mu u' is constant: from u = 1 at z = -1 to h (u - 5) at z = 1, in layers of mu 2 and 3.
    h, lower, upper = 4.0, 2.0, 3.0
    layer = nbm.Problem(
        nbm.Box((-1, -1, -1), (1, 1, 1)),
        z - 0.21,
        minus=nbm.Medium(mu=lower),
        plus=nbm.Medium(mu=upper),
        boundary=1.0,
        walls={face: nbm.Neumann() for face in ALL_FACES[:4]} | {"z+": nbm.Robin(h=h, u=5.0)},
    )
    solved = nbm.solve_on_grid(layer, (3, 4, 17))
    flux = (5.0 - 1.0) / (1.21 / lower + 0.79 / upper + 1 / h)
    height = solved.points[:, 2] + 1
    exact = 1 + flux * np.where(height < 1.21, height / lower, 1.21 / lower + (height - 1.21) / upper)
    np.testing.assert_allclose(solved.values, exact, atol=1e-9)


@pytest.mark.parametrize("other", [0.0, lambda p: 0 * p[:, 0]], ids=["expression", "function"])
def test_faces_have_values_of_their_own(other):
    # u = x z: on each face of the four across x and z another field.
    u = {"x-": -z, "x+": z, "z-": -x, "z+": x}
    insulated = {"y-": nbm.Neumann(), "y+": nbm.Neumann()}
    walls = {face: nbm.Dirichlet(value) for face, value in u.items()} | insulated
    solved = nbm.solve_on_grid(nbm.Problem(nbm.Box(), boundary=other, walls=walls), 6)
    np.testing.assert_allclose(solved.values, solved.points[:, 0] * solved.points[:, 2], atol=1e-9)


def test_networks_train_on_walls():
    known = nbm.manufactured(u_minus=0, u_plus=sin(x) * cos(y) + z, mu_plus=2 + x, walls=dict.fromkeys(ALL_FACES, 0.0))
    solution = nbm.solve(known, network=nbm.Siren(hidden=(20,)), optimizer=nbm.GaussNewton(steps=30, starts=1))
    points = np.random.default_rng(0).uniform(-1, 1, (2000, 3))
    error = solution(points) - known.exact(points)
    assert np.std(error) < 1e-4
    assert abs(np.mean(solution(points))) < 0.05  # the mean over the box is 0, that of the points nearly


def test_sides_may_have_conditions_of_their_own():
    shared = nbm.Problem(nbm.Box(), INSIDE, walls={"z+": nbm.Robin(h=1.0, u=2.0)})
    own = nbm.Medium(walls={"z+": nbm.Robin(h=1.0, u=2.0)})
    assert nbm.Problem(nbm.Box(), INSIDE, minus=own, plus=own).digest() == shared.digest()
    assert pickle.loads(pickle.dumps(shared)).digest() == shared.digest()
    assert shared.digest() != nbm.Problem(nbm.Box(), INSIDE).digest()


@pytest.mark.parametrize(
    ("statement", "error", "says"),
    [
        ({"walls": {"left": nbm.Neumann()}}, nbm.InvalidArgument, "walls: got face 'left', expected one of x-"),
        ({"walls": {"x-": 1.0}}, nbm.InvalidArgument, "x-: got float, expected nbm.Dirichlet"),
        ({"walls": {"x-": nbm.Robin(h=-1.0)}}, nbm.InvalidField, "walls.x-.h is -1.0.*must not be negative"),
        ({"walls": {"x-": nbm.Neumann(1 / (y - y))}}, nbm.InvalidArgument, "walls.x-.flux"),
        (
            {"plus": nbm.Medium(walls={"y+": nbm.Neumann()})},
            nbm.InvalidArgument,
            "y\\+ has a flux on this side only",
        ),
    ],
)
def test_wrong_statements_are_one_sentence(statement, error, says):
    with pytest.raises(error, match=says):
        nbm.Problem(nbm.Box(), INSIDE, **statement)


@pytest.mark.parametrize("solve", [nbm.solve_on_grid, nbm.solve, nbm.Trainer])
def test_unbalanced_data_say_by_how_much(solve):
    insulated = {face: nbm.Neumann() for face in ALL_FACES}
    heated = nbm.Problem(nbm.Box(), plus=nbm.Medium(f=1.0), walls=insulated)
    with pytest.raises(nbm.InvalidArgument, match="they add up to 8, 100 % of their size"):
        solve(heated)


@pytest.mark.parametrize("surroundings", [0.0, 300.0])
def test_a_heated_conductor_where_exchange_alone_holds_u(surroundings):
    """Its constant is that of no wall and not of the whole box: the grid solver has to find it."""
    air = {face: nbm.Robin(h=0.5, u=surroundings) for face in ALL_FACES}
    box = nbm.Box((-3, -3, -2), (3, 3, 2))
    problem = nbm.Problem(box, sqrt(x**2 + y**2 + z**2) - 1, minus=nbm.Medium(mu=1000.0, f=1.0), walls=air)
    grid = nbm.solve_on_grid(problem, 48)
    # What is heated, 4 pi / 3, leaves through the walls: h times the integral of u less the surroundings.
    total = 0.0
    for axis in range(3):
        others = [a for a in range(3) if a != axis]
        middles = [np.linspace(box.lower[a], box.upper[a], 81)[:-1] + box.edge[a] / 160 for a in others]
        at = np.empty((80 * 80, 3))
        at[:, others] = np.stack(np.meshgrid(*middles, indexing="ij"), axis=-1).reshape(-1, 2)
        at[:, axis] = box.upper[axis]
        total += 2 * 0.5 * float(np.mean(grid(at) - surroundings)) * float(np.prod([box.edge[a] for a in others]))
    assert total == pytest.approx(4 / 3 * np.pi, rel=0.01)


def test_problem_files_say_the_same(tmp_path):
    file = tmp_path / "walls.toml"
    file.write_text(
        '[problem]\nlevel_set = "z - 0.1"\n[minus.walls]\nx- = {flux = 2}\n'
        '[walls]\nx- = {flux = "y"}\n"z+" = {h = "1 + x**2", u = 3}\n'
    )
    walls = {"x-": nbm.Neumann(y), "z+": nbm.Robin(h=1 + x**2, u=3)}
    stated = nbm.Problem(nbm.Box(), z - 0.1, minus=nbm.Medium(walls={"x-": nbm.Neumann(2)}), walls=walls)
    assert nbm.problem_from_toml(file).digest() == stated.digest()
    file.write_text("[problem]\n[walls]\nx- = {flux = 1, h = 2}\n")
    with pytest.raises(nbm.ProblemFileError, match="give u, or flux, or h and u"):
        nbm.problem_from_toml(file)
