"""Networks that are periodic by construction: what holds exactly, orders of accuracy, jumps, what is refused."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nbm
from nbm.symbols import Abs, cos, exp, pi, sin, sqrt, x, y, z

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from cubic_arrays import cell, rayleigh

R = sqrt(x**2 + y**2 + z**2)
INSIDE = R - 0.5
THROUGH_WALLS = z - 0.3 * sin(pi * x) - 0.15 * y + 0.0488
JUMP = 0.7
OUTSIDE = Abs(x) - 1 + Abs(Abs(x) - 1)  # 0 in the box, not beyond the walls of the period
PERIODIC = {axis: nbm.Periodic() for axis in "xyz"}
SHAPE = nbm.Siren(hidden=(16, 16))
HELD = slice(0, 3 * SHAPE.hidden[0], 3)  # of each network: the waves along x
OUTPUT_LAYER = {
    "steps": 14,
    "network": nbm.Siren(hidden=(200,), trained="output"),
    "cell_size": 1 / 512,
    "discretization": "direct_jump",
    "sampling": nbm.Sampling(regular=1500, irregular=500, boundary=500),
}
POINTS = np.random.default_rng(0).uniform(-1, 1, (2000, 3))


def known_with_period(level_set):
    known = nbm.manufactured(
        u_minus=exp(z) * (1 + sin(pi * x) / 3) + JUMP * x / 2,
        u_plus=cos(pi * x) * sin(y) + z**2 / 2 + y / 3 + JUMP * x / 2,
        mu_minus=4 + y * cos(pi * x),
        mu_plus=exp(-z) * (2 + sin(pi * x)),
        level_set=level_set,
    )
    return known, known.replace(walls={"x": nbm.Periodic(jump=JUMP)})


def trainer(problem, steps=4, **options):
    given = {
        "network": SHAPE,
        "cell_size": 1 / 8,
        "sampling": nbm.Sampling(regular=200, irregular=80, boundary=60),
        "optimizer": nbm.GaussNewton(steps=steps, starts=1, stop_fraction=0),
        "precision": "float64",
        "threads": 2,
        "device": "cpu",
    }
    return nbm.Trainer(problem, **{**given, **options})


def trained(problem, **options):
    training = trainer(problem, **options)
    training.run()
    return training.solution()


def relative_error(solution, known):
    error = solution(POINTS) - known.exact(POINTS)
    return np.sqrt(np.mean(error**2)) / np.ptp(known.exact(POINTS))


def waves(parameters):
    return parameters.reshape(2, -1)[:, HELD]


def on_both_walls():
    lower, upper = POINTS.copy(), POINTS.copy()
    lower[:, 0], upper[:, 0] = -1, 1
    return lower, upper


def test_waves_are_held_and_periods_exact():
    _, problem = known_with_period(THROUGH_WALLS)
    training = trainer(
        problem,
        steps=12,
        cell_size=1 / 512,
        discretization="direct_jump",
        sampling=nbm.Sampling(regular=400, irregular=150, boundary=150),
    )
    first = waves(training.parameters)
    training.run()
    np.testing.assert_array_equal(waves(training.parameters), first)  # the waves are held, bit for bit
    solution = training.solution()
    lower, upper = on_both_walls()
    for side in (solution.minus, solution.plus):
        np.testing.assert_allclose(side(upper) - side(lower), JUMP, rtol=0, atol=1e-13)
        np.testing.assert_allclose(
            side(POINTS + np.array([2, 0, 0]), outside="extrapolate") - side(POINTS), JUMP, rtol=0, atol=1e-13
        )
    np.testing.assert_allclose(solution.gradient_minus(upper), solution.gradient_minus(lower), rtol=0, atol=1e-11)
    np.testing.assert_allclose(solution.gradient_plus(upper), solution.gradient_plus(lower), rtol=0, atol=1e-11)


def test_ramps_have_the_lengths_of_the_box():
    """Of unequal edges, off the origin: a period of 3, network coordinates that are not those of the box."""
    along = 2 * pi * x / 3
    known = nbm.manufactured(
        u_minus=exp(z) * (1 + sin(along) / 3) + JUMP * x / 3,
        u_plus=cos(along) * sin(y) + z**2 / 2 + JUMP * x / 3,
        mu_minus=4 + y * cos(along),
        level_set=z - 0.2 * sin(along) + 0.05,
        box=nbm.Box((1, -1, -0.5), (4, 1, 0.7)),
    )
    problem = known.replace(walls={"x": nbm.Periodic(jump=JUMP)})
    solution = trained(problem, **OUTPUT_LAYER)
    points = known.box.lower + np.random.default_rng(0).uniform(0, 1, (1000, 3)) * np.asarray(known.box.edge)
    exact = known.exact(points)
    assert np.abs(solution(points) - exact).max() < 1e-4 * np.ptp(exact)
    lower, upper = points.copy(), points.copy()
    lower[:, 0], upper[:, 0] = 1, 4
    np.testing.assert_allclose(solution(upper) - solution(lower), JUMP, rtol=0, atol=1e-12)


@pytest.mark.parametrize("level_set", [INSIDE, THROUGH_WALLS], ids=["inside", "through walls"])
def test_output_layers_alone_reach_a_millionth(level_set):
    known, problem = known_with_period(level_set)
    solution = trained(problem, **OUTPUT_LAYER)
    assert relative_error(solution, known) < 1e-6


def test_cut_cells_are_of_second_order():
    known, problem = known_with_period(THROUGH_WALLS)
    errors = [
        relative_error(
            trained(
                problem,
                steps=45,
                cell_size=cell_size,
                sampling=nbm.Sampling(regular=1200, irregular=600, boundary=400),
            ),
            known,
        )
        for cell_size in (1 / 6, 1 / 12)
    ]
    assert 1.8 <= np.log2(errors[0] / errors[1]) <= 2.2


@pytest.mark.parametrize("discretization", ["bochkov_gibou", "direct_jump"])
def test_fields_beyond_the_walls_are_those_a_period_back(discretization):
    clean = known_with_period(THROUGH_WALLS)[1].replace(resistance=0.1 + y**2, surface_reaction=z)
    other = clean.replace(
        level_set=THROUGH_WALLS + 9 * OUTSIDE,
        minus=replace(clean.minus, mu=clean.minus.mu + OUTSIDE, f=clean.minus.f + 5 * OUTSIDE),
        plus=replace(clean.plus, mu=clean.plus.mu + OUTSIDE),
        jump_u=clean.jump_u + OUTSIDE,
        jump_flux=clean.jump_flux + OUTSIDE,
        resistance=clean.resistance + OUTSIDE,
        surface_reaction=clean.surface_reaction + OUTSIDE,
    )
    first, second = (trained(problem, discretization=discretization) for problem in (clean, other))
    # The formulas round otherwise, which steps amplify.
    np.testing.assert_allclose(first.parameters, second.parameters, rtol=0, atol=1e-5)


def test_a_cell_with_a_mean_gradient_on_all_sides():
    problem = cell(10.0, 0.3).replace(walls={**PERIODIC, "x": nbm.Periodic(jump=2.0)})
    solution = trained(
        problem,
        steps=60,
        network=nbm.Siren(hidden=(20, 20)),
        cell_size=1 / 128,
        discretization="direct_jump",
        sampling=nbm.Sampling(regular=1200, irregular=600, boundary=0),
    )
    exact = 4 * rayleigh(10.0, 0.3, order=15)
    flux = solution.quantities(problem, cells=16).flux("x+")
    assert abs(flux.value - exact) < min(2e-2 * exact, flux.error)
    corrected = solution.correct(problem, cells=32)
    assert corrected.certify(problem).trusted
    assert abs(corrected.quantities(problem, cells=16).flux("x+").value - exact) < 5e-3 * exact
    nodes = np.stack(np.meshgrid(*3 * [np.linspace(-1, 1, 49)], indexing="ij"), -1).reshape(-1, 3)
    weight = np.prod(np.where(np.abs(nodes) == 1, 0.5, 1.0), axis=1)
    assert abs(weight @ solution(nodes)) < 1e-9 * weight.sum()


def test_files_checkpoints_and_other_trainings_keep_jump_and_waves(tmp_path):
    _, problem = known_with_period(INSIDE)
    training = trainer(problem)
    training.step(2)
    training.save_checkpoint(tmp_path / "half.safetensors")
    training.run()
    solution = training.solution()
    solution.save(tmp_path / "model.safetensors")
    loaded = nbm.load(tmp_path / "model.safetensors")
    for ours, theirs in zip(solution.value_and_gradient(POINTS), loaded.value_and_gradient(POINTS), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    again = trainer(problem)
    again.load_checkpoint(tmp_path / "half.safetensors")
    again.run()
    np.testing.assert_array_equal(again.parameters, training.parameters)
    further = trainer(problem, start=loaded)
    further.run()
    np.testing.assert_array_equal(waves(further.parameters), waves(loaded.parameters))
    plain = trainer(problem.replace(walls={}))
    for call in (
        lambda: trainer(problem, start=plain.solution()),
        lambda: plain.load_checkpoint(tmp_path / "half.safetensors"),
    ):
        with pytest.raises(nbm.InvalidArgument, match=r"without the periods of the problem|written with other options"):
            call()


@pytest.mark.parametrize("optimizer", [nbm.Adam(steps=300), nbm.GaussNewton(steps=20)], ids=["adam", "gauss_newton"])
def test_units_observations_and_a_guided_start(optimizer):
    known, problem = known_with_period(INSIDE)
    observed = nbm.Observations(POINTS[:200], known.exact(POINTS[:200]), sigma=0.01)
    options = {"optimizer": optimizer, "observations": observed, "precision": "float32"}
    training = trainer(problem, value_scale="auto", value_shift="auto", **options)
    training.run()
    assert relative_error(training.solution(), known) < 0.05
    assert training.history[-1].groups["data"] < 1e2


def test_a_guided_start_has_the_values_of_the_grid():
    known, problem = known_with_period(INSIDE)
    start = nbm.solve_on_grid(problem, 16)
    guided = trainer(problem, start=start).solution()
    assert relative_error(guided, known) < 1e-2


@pytest.mark.parametrize(
    ("walls", "says"),
    [
        ({"x": nbm.Periodic(jump=1 + y)}, "walls.x: its jump varies over the wall, which trained networks do not"),
        ({"x": nbm.Periodic(source=1.0)}, "walls.x: has a source, which trained networks do not meet"),
    ],
)
def test_what_networks_do_not_meet_is_one_sentence(walls, says):
    problem = nbm.Problem(nbm.Box(), INSIDE, boundary=walls["x"].jump * x / 2 if walls["x"].jump else 0, walls=walls)
    with pytest.raises(nbm.InvalidArgument, match=says):
        trainer(problem)


@pytest.mark.parametrize("discretization", ["bochkov_gibou", "direct_jump"])
def test_pieces_go_on_through_periodic_walls(discretization):
    across = sqrt((1 - Abs(x)) ** 2 + y**2 + z**2) - 0.35  # a ball that the walls of the period cut in halves
    known = nbm.manufactured(
        u_minus=2 + sin(pi * x) * y / 2 + z,
        u_plus=cos(pi * x) * sin(y) + z**2 / 2,
        mu_minus=3.0,
        level_set=(across + R - 0.35 - Abs(across - R + 0.35)) / 2,  # the lesser of both
    )
    problem = known.replace(walls={"x": nbm.Periodic()})
    solution = trained(
        problem,
        steps=60,
        networks="pieces",
        network=nbm.Siren(hidden=(12, 12)),
        discretization=discretization,
        sampling=nbm.Sampling(regular=700, irregular=400, boundary=150),
    )
    assert solution.network_counts == (2, 1)
    halves = np.array([[-0.99, 0.1, 0.1], [0.99, 0.1, 0.1], [0, 0, 0]])
    assert solution.network_at(halves).tolist() == [0, 0, 1]
    assert relative_error(solution, known) < 5e-3
    lower, upper = on_both_walls()
    inside = np.hypot(lower[:, 1], lower[:, 2]) < 0.3
    np.testing.assert_allclose(solution(upper[inside]), solution(lower[inside]), rtol=0, atol=1e-13)
    # Sines of arguments as large as the largest bias, 1e4 or so after these steps, have its rounding.
    rounding = 10 * np.finfo(float).eps * np.abs(solution.parameters).max()
    assert rounding < 1e-9
    np.testing.assert_allclose(
        solution.gradient(upper[inside]), solution.gradient(lower[inside]), rtol=0, atol=rounding
    )
