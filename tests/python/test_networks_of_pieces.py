"""A network for each connected piece of a side: networks="pieces"."""

import json

import numpy as np
import pytest

import nbm
from nbm.symbols import Abs, Min, Piecewise, cos, exp, sin, sqrt, x, y, z

BOX = nbm.Box((-1, -1, -1), (1, 1, 1))
R = sqrt(x**2 + y**2 + z**2 + 1e-30)
BALLS = {(-0.5, -0.4, 0.1): 0.3, (0.45, 0.5, -0.3): 0.35, (0.5, -0.5, 0.5): 0.25}
SMALL = nbm.Sampling(regular=600, irregular=300, boundary=200, refresh=2)


def balls(spheres=BALLS):
    level_sets = [sqrt((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2) - r for (a, b, c), r in spheres.items()]
    return Min(*level_sets)


def shell():
    """Core, shell and surroundings with solutions of their own."""
    return nbm.manufactured(
        u_minus=exp(z) / 2,
        u_plus=Piecewise((3 + sin(2 * x) * cos(y), R < 0.55), (cos(x) * sin(2 * y + z), True)),
        mu_minus=5.0,
        mu_plus=1.0,
        level_set=Abs(R - 0.55) - 0.12,
        box=BOX,
    )


def trainer(problem=None, **options):
    given = {"network": nbm.Siren(hidden=(6, 6)), "networks": "pieces", "sampling": SMALL, "threads": 1}
    chosen = {"optimizer": nbm.GaussNewton(steps=4, starts=1), "record_every": 1, **given, **options}
    return nbm.Trainer(shell() if problem is None else problem, **chosen)


def points_in(count, seed=3):
    return np.random.default_rng(seed).uniform(-1, 1, (count, 3))


@pytest.fixture(scope="module")
def solution():
    trained = trainer()
    trained.run()
    return trained.solution()


@pytest.mark.parametrize("discretization", ["bochkov_gibou", "direct_jump"])
def test_networks_of_their_own_solve_what_two_cannot(discretization):
    errors = {}
    at = points_in(4000)
    for networks in ("sides", "pieces"):
        options = {"networks": networks, "discretization": discretization, "cells": 64, "sampling": None}
        found = trainer(optimizer=nbm.GaussNewton(steps=25, starts=1, stop_fraction=0), **options)
        found.run()
        errors[networks] = np.abs(found.solution()(at) - shell().exact(at)).max()
    assert errors["sides"] > 0.5  # u is of order 1
    assert errors["pieces"] < 0.05


def test_points_of_one_piece_have_one_network_and_others_have_others():
    problem = nbm.Problem(BOX, balls(), minus=nbm.Medium(), plus=nbm.Medium())
    at, middles = points_in(20000), np.array(list(BALLS))
    ball = np.linalg.norm(at[:, None] - middles, axis=2) - np.array(list(BALLS.values()))
    piece = np.where(ball.min(axis=1) < 0, ball.argmin(axis=1), len(BALLS))
    numbers = trainer(problem, optimizer=nbm.Adam(steps=1)).solution().network_at(at)
    of_piece = [set(numbers[piece == k]) for k in range(len(BALLS) + 1)]
    assert all(len(found) == 1 for found in of_piece)
    assert set.union(*of_piece) == {0, 1, 2, 3}
    assert of_piece[-1] == {3}  # the minus side comes first


def test_core_and_surroundings_of_a_shell(solution):
    at = points_in(20000)
    r = np.linalg.norm(at, axis=1)
    piece = np.select([np.abs(r - 0.55) < 0.12, r < 0.55], [0, 1], 2)  # the first node of the plus side is beyond
    expected = np.array([0, 2, 1])[piece]
    np.testing.assert_array_equal(solution.network_at(at), expected)
    assert solution.network_counts == (1, 2)
    assert solution.parameters.size == 3 * nbm.Siren(hidden=(6, 6)).parameters // 2
    # Beyond its side a network is that of the nearest piece.
    near = np.array([[0.44, 0.0, 0.0], [0.66, 0.0, 0.0]])
    inside, outside = solution.plus(near)
    assert inside == pytest.approx(solution([[0.4299, 0, 0]])[0], abs=0.2)
    assert abs(inside - outside) > 1.0


def test_gradients_are_those_of_the_values(solution):
    at, h = points_in(200), 1e-5
    kept = at[np.abs(np.abs(np.linalg.norm(at, axis=1) - 0.55) - 0.12) > 2 * h]
    slopes = [(solution(kept + step) - solution(kept - step)) / (2 * h) for step in h * np.eye(3)]
    np.testing.assert_allclose(solution.gradient(kept), np.stack(slopes, axis=1), atol=1e-7)


def test_a_model_comes_back_bit_for_bit(solution, tmp_path):
    path, at = tmp_path / "pieces.safetensors", points_in(3000)
    solution.save(path)
    again = nbm.load(path)
    np.testing.assert_array_equal(again(at), solution(at))
    np.testing.assert_array_equal(again.gradient(at), solution.gradient(at))
    np.testing.assert_array_equal(again.plus(at), solution.plus(at))
    np.testing.assert_array_equal(again.network_at(at), solution.network_at(at))
    corrected = solution.correct(shell(), 16)
    corrected.save(path)
    np.testing.assert_array_equal(nbm.load(path)(at), corrected(at))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d["networks"].update(count=[1, 3]), "not that of the pieces"),
        (lambda d: d["networks"].update(count=[1, 1]), "labels"),
        (lambda d: d["networks"].update(cells=[3, 3, 3]), "grid"),
        (lambda d: d.pop("networks"), "networks"),
        (lambda d: d.update(format=4), "update nbm"),
    ],
)
def test_damaged_labels_are_refused(solution, tmp_path, change, says):
    safetensors, numpy_files = (pytest.importorskip(name) for name in ("safetensors", "safetensors.numpy"))
    path = tmp_path / "pieces.safetensors"
    solution.save(path)
    with safetensors.safe_open(path, framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        description = json.loads(file.metadata()["nbm"])
    assert description["format"] == 3
    change(description)
    numpy_files.save_file(tensors, path, metadata={"nbm": json.dumps(description)})
    with pytest.raises(nbm.FileError, match=says):
        nbm.load(path)


@pytest.mark.parametrize(
    ("optimizer", "discretization"),
    [(nbm.Adam(steps=6), "direct_jump"), (nbm.GaussNewton(steps=3, starts=2, start_steps=2), "bochkov_gibou")],
)
def test_a_checkpoint_goes_on_with_the_same_bits(tmp_path, optimizer, discretization):
    made = {"optimizer": optimizer, "discretization": discretization}
    whole, half, again = (trainer(**made, threads=threads) for threads in (1, 2, 1))
    whole.run()
    half.step(3)
    half.save_checkpoint(tmp_path / "half.safetensors")
    again.load_checkpoint(tmp_path / "half.safetensors")
    again.run()
    np.testing.assert_array_equal(again.parameters, whole.parameters)
    with pytest.raises(nbm.InvalidArgument, match="other options"):
        trainer(**made, networks="sides").load_checkpoint(tmp_path / "half.safetensors")


def test_a_side_of_one_piece_is_as_before():
    ball = nbm.problems.sphere()
    pieces, sides = (trainer(ball, networks=networks) for networks in ("pieces", "sides"))
    pieces.run()
    sides.run()
    np.testing.assert_array_equal(pieces.parameters, sides.parameters)


def test_units_of_u_are_those_of_the_side():
    plain, shifted = trainer(), trainer(value_shift=(0.5, 2.0), value_scale=3.0)
    biases = [t.parameters.reshape(3, -1)[:, -1] for t in (plain, shifted)]
    np.testing.assert_array_equal(biases[0], 0.0)
    np.testing.assert_array_equal(biases[1], [0.5, 2.0, 2.0])
    weights = [t.parameters.reshape(3, -1)[:, -7:-1] for t in (plain, shifted)]
    np.testing.assert_allclose(weights[1], 3 * weights[0], rtol=1e-15)


def test_a_start_is_of_the_same_networks(solution):
    again = trainer(start=solution)
    np.testing.assert_allclose(again.parameters, solution.parameters, rtol=0, atol=1e-15)
    with pytest.raises(nbm.InvalidArgument, match="networks have"):
        trainer(start=solution, networks="sides")


def test_a_certificate_estimates_the_error(solution):
    certificate = solution.certify(shell(), cells=32)
    at = points_in(4000)
    error = np.sqrt(np.mean((solution(at) - shell().exact(at)) ** 2))
    assert certificate.estimated_rmse == pytest.approx(error, rel=0.1)


# On either side of a node of no grid, 0.002 apart; and one beside the nodes.
TWO = {(-0.505, 0.0, 0.0): 0.3, (0.097, 0.0, 0.0): 0.3}
TINY = {(0.006, 0.006, -0.906): 0.002}


@pytest.mark.parametrize(
    ("level_set", "says"),
    [
        (balls(TWO), r"two pieces of the minus side near \(-0.2.*come closer"),
        (balls(BALLS | TINY), r"minus side near \(0.005.*is smaller than a cell"),
        (cos(25 * x) * cos(25 * y) * cos(25 * z) - 0.5, "at most 64"),
    ],
)
def test_pieces_that_cannot_have_networks(level_set, says):
    problem = nbm.Problem(BOX, level_set, minus=nbm.Medium(), plus=nbm.Medium())
    with pytest.raises(nbm.InvalidArgument, match=says) as error:
        trainer(problem)
    assert error.value.name == "networks"


def test_other_networks_are_refused():
    with pytest.raises(nbm.InvalidArgument, match='"sides", "pieces"') as error:
        trainer(networks="grains")
    assert error.value.name == "networks"
