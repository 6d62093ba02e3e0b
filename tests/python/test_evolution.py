"""Time steps: orders in dt, moving interfaces, series that are written and gone on with."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

import nbm
from nbm.symbols import cos, pi, u, x, z

BOX = nbm.Box()
MU = {"minus": 1.0, "plus": 3.0}
CAPACITY = (2.0, 1.0)


def waving(t):
    return math.cos(2 * t), -2 * math.sin(2 * t)


def at(t, velocity=0.0, reaction=None, factor=waving):
    """u is linear in space, which the scheme in space has exactly, times a factor of t, given with its derivative."""
    g, rate = factor(t)
    shapes = {"minus": 1 + z, "plus": 2 - z + x}
    media = {}
    for side, c in zip(("minus", "plus"), CAPACITY, strict=True):
        of_reaction = 0 if reaction is None else reaction.subs(u, shapes[side] * g)
        media[side] = nbm.Medium(
            mu=MU[side], f=c * shapes[side] * rate + of_reaction, boundary=shapes[side] * g, reaction=reaction
        )
    flux = g * (MU["plus"] * -1 - MU["minus"] * 1)
    jump = g * (shapes["plus"] - shapes["minus"])
    return nbm.Problem(BOX, z - 0.1 - velocity * t, **media, jump_u=jump, jump_flux=flux)


def exact(points, t, velocity=0.0):
    px, _, pz = points.T
    return np.where(pz < 0.1 + velocity * t, 1 + pz, 2 - pz + px) * math.cos(2 * t)


def grid(problem):
    return nbm.solve_on_grid(problem, 8)


def run(steps, scheme="bdf2", velocity=0.0, reaction=None, **options):
    return nbm.evolve(
        lambda t: at(t, velocity, reaction),
        steps,
        0.8 / steps,
        initial=(1 + z, 2 - z + x),
        capacity=CAPACITY,
        scheme=scheme,
        solver=grid,
        **options,
    )


def error(series, velocity=0.0):
    points = np.random.default_rng(0).uniform(-1, 1, (2000, 3))
    return np.abs(series.last(points) - exact(points, series.times[-1], velocity)).max()


@pytest.mark.parametrize(
    ("scheme", "velocity", "reaction", "order"),
    [("euler", 0.0, None, 1), ("bdf2", 0.0, None, 2), ("bdf2", 0.3, None, 2), ("bdf2", 0.0, u**3, 2)],
    ids=["euler", "bdf2", "moving", "nonlinear"],
)
def test_order_in_dt(scheme, velocity, reaction, order):
    errors = [error(run(n, scheme, velocity, reaction), velocity) for n in ((10, 20) if reaction is None else (6, 12))]
    assert order - 0.2 < np.log2(errors[0] / errors[1]) < order + 0.3, errors


def test_a_mode_decays_by_the_factor_of_the_scheme():
    mode = cos(pi * x / 2) * cos(pi * z / 2) * cos(pi * nbm.symbols.y / 2)
    series = nbm.evolve(
        nbm.Problem(BOX), 4, 0.05, initial=mode, scheme="euler", solver=lambda p: nbm.solve_on_grid(p, 24)
    )
    rate = 3 * np.pi**2 / 4
    values = [step.solution([0.0, 0.0, 0.0]) for step in series]
    # Second order in the cell of 1/12: the eigenvalue is off by (pi h / 2)^2 / 12.
    np.testing.assert_allclose(values, (1 + 0.05 * rate) ** -np.arange(1.0, 5.0), rtol=2e-3)
    assert series.times == pytest.approx([0.05, 0.1, 0.15, 0.2])
    # The flux of a step through a wall, with an error that covers that of the grid.
    flux = series[-1].solution.flux(series[-1].problem, "z+", cells=16)
    expected = -np.pi / 2 * (4 / np.pi) ** 2 * (1 + 0.05 * rate) ** -4.0
    assert abs(flux.value - expected) < flux.error < 0.05 * abs(expected)
    assert pickle.loads(pickle.dumps(series))[0].problem is None


def test_series_are_written_and_gone_on_with(tmp_path):
    whole = run(4)
    seen = []
    part = nbm.evolve(
        at, 2, 0.2, initial=(1 + z, 2 - z + x), capacity=CAPACITY, solver=grid, folder=tmp_path / "run",
        progress=lambda time, solution: seen.append(time),
    )  # fmt: skip
    assert seen == part.times
    again = run(4, folder=tmp_path / "run", resume=True)
    assert again.times == whole.times
    points = np.random.default_rng(0).uniform(-1, 1, (100, 3))
    np.testing.assert_allclose(again.last(points), whole.last(points), atol=1e-8)
    loaded = nbm.Evolution.load(tmp_path / "run")
    assert len(loaded) == 4
    np.testing.assert_array_equal(loaded[-1].solution(points), again.last(points))
    assert pickle.loads(pickle.dumps(loaded)).times == loaded.times
    loaded.save(tmp_path / "copy")
    loaded.to_vtk(tmp_path / "series.pvd", shape=(5, 5, 5))
    assert (tmp_path / "series.pvd").read_text().count("<DataSet") == 4
    for options, name in (({}, "folder"), ({"resume": True, "scheme": "euler"}, "scheme")):
        with pytest.raises(nbm.InvalidArgument, match=name):
            run(4, folder=tmp_path / "run", **options)
    (tmp_path / "run" / "series.json").write_text("{}")
    with pytest.raises(nbm.FileError, match="index"):
        nbm.Evolution.load(tmp_path / "run")


def test_any_solver_will_do():
    # What grows at a constant rate has no error in time.
    series = nbm.evolve(
        lambda t: at(t, factor=lambda t: (1 + t, 1.0)),
        1,
        0.05,
        initial=(1 + z, 2 - z + x),
        capacity=CAPACITY,
        solver=lambda problem: nbm.solve(problem, seconds=3),
    )
    points = np.random.default_rng(0).uniform(-1, 1, (2000, 3))
    np.testing.assert_allclose(series.last(points), 1.05 * exact(points, 0.0), atol=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"dt": -1.0},
        {"scheme": "rk4"},
        {"capacity": (1.0, 2.0, 3.0)},
        {"initial": "hot"},
        {"problem": 3},
        {"problem": lambda t: t},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_wrong_arguments(wrong):
    arguments = {"problem": nbm.Problem(BOX), "steps": 1, "dt": 0.1, "solver": grid, **wrong}
    with pytest.raises(nbm.InvalidArgument):
        nbm.evolve(arguments.pop("problem"), arguments.pop("steps"), arguments.pop("dt"), **arguments)
