"""Observations: how they are given, read and weighed, and what training makes of them."""

from __future__ import annotations

import numpy as np
import pytest

import nbm

FEW = nbm.Sampling(regular=200, irregular=60, boundary=60, refresh=5)


def points(count, seed=0):
    return np.random.default_rng(seed).uniform(-0.95, 0.95, size=(count, 3))


def trainer(**options):
    given = {
        "network": nbm.Siren(hidden=(12,)),
        "cell_size": 2 / 16,
        "sampling": FEW,
        "optimizer": nbm.GaussNewton(steps=30, starts=1, stop_fraction=0.0),
        "record_every": 1,
        "device": "cpu",
    }
    return nbm.Trainer(nbm.problems.sphere(), **{**given, **options})


def sensors(count=60, **options):
    at = points(count)
    return nbm.Observations(at, nbm.problems.sphere().exact(at), **options)


def test_a_group_of_rows_of_their_own():
    training = trainer(observations=sensors(name="sensors", per_draw=25))
    training.run()
    first, last = training.history[0], training.history[-1]
    assert last.rows["sensors"] == 25
    assert last.groups["sensors"] < 0.01 * first.groups["sensors"]


def test_alone_they_are_a_fit():
    nothing = dict.fromkeys(("regular", "irregular", "boundary"), 0.0)
    training = trainer(observations=sensors(2000, per_draw=400), weights=nothing)
    training.run()
    assert set(training.history[-1].rows) == {"data"}
    assert training.history[-1].groups["data"] < 1e-4


def test_sigma_divides_the_residual():
    def first_loss(sigma):
        training = trainer(observations=sensors(sigma=sigma))
        training.step(1)
        return training.history[0].groups["data"]

    assert first_loss(0.1) == pytest.approx(100 * first_loss(1.0), rel=1e-12)
    half = np.where(np.arange(60) < 30, 1.0, 1e6)
    assert first_loss(half) < first_loss(1.0)


def test_gradients_and_derivatives_along_directions():
    problem, at = nbm.problems.sphere(), points(80)
    gradients = problem.exact_gradient(at)
    whole = trainer(observations=nbm.Observations(at, gradients))
    parts = nbm.Observations(np.repeat(at, 3, axis=0), gradients.ravel(), directions=np.tile(np.eye(3), (80, 1)))
    split = trainer(observations=parts)
    for training in (whole, split):
        training.run()
    assert whole.history[-1].rows["data"] == 240
    np.testing.assert_array_equal(whole.parameters, split.parameters)
    assert whole.history[-1].groups["data"] < 0.05 * whole.history[0].groups["data"]


def test_a_side_can_be_asked_for():
    at = points(50)
    problem = nbm.problems.sphere()
    # The solution of the plus side, also where its network is not used.
    values = problem.native.plus.boundary.evaluate(at)
    nothing = dict.fromkeys(("regular", "irregular", "boundary"), 0.0)
    training = trainer(observations=nbm.Observations(at, values, side="plus"), weights=nothing)
    before = training.parameters.copy()
    training.run()
    after = training.parameters
    half = len(after) // 2
    np.testing.assert_array_equal(after[:half], before[:half])
    assert np.abs(after[half:] - before[half:]).max() > 0


def test_weights_change_between_stages():
    training = trainer(observations=sensors(), weights={"data": 2.0, "boundary": 0.0})
    assert training.weights == {
        "regular": 1.0,
        "irregular": 1.0,
        "boundary": 0.0,
        "value_jump": 1.0,
        "flux_jump": 1.0,
        "data": 2.0,
    }
    training.step(3)
    assert "boundary" not in training.history[-1].rows
    training.set_weights({"regular": 0.1})
    training.step(3)
    assert training.history[-1].rows["boundary"] == 60
    with pytest.raises(nbm.InvalidArgument, match=r"'sensors'.*'regular'.*'data'"):
        training.set_weights({"sensors": 1.0})


def test_a_stage_goes_on_after_a_plateau():
    training = trainer(optimizer=nbm.GaussNewton(steps=200, starts=1), observations=sensors(), weights={"regular": 0.0})
    assert training.run() == "plateau"
    training.set_weights({})
    assert training.stop_reason == "running"
    assert training.step(2) == "running"


def test_checkpoints_have_the_weights(tmp_path):
    whole, half, rest = (trainer(observations=sensors(per_draw=20)) for _ in range(3))
    for training in (whole, half):
        training.step(4)
        training.set_weights({"data": 0.5})
        training.step(4)
    half.save_checkpoint(tmp_path / "half.safetensors")
    rest.load_checkpoint(tmp_path / "half.safetensors")
    assert rest.weights == whole.weights
    whole.run()
    rest.run()
    np.testing.assert_array_equal(rest.parameters, whole.parameters)


def test_csv_files(tmp_path):
    file = tmp_path / "sensors.csv"
    file.write_text("x, y, z, value, sigma\n0, 0.5, 0, 1.5, 0.1\n\n0.25, 0, 0, 2, 0.2\n", encoding="utf-8")
    read = nbm.Observations.from_csv(file, name="sensors")
    np.testing.assert_array_equal(read.points, [[0, 0.5, 0], [0.25, 0, 0]])
    np.testing.assert_array_equal(read.values, [1.5, 2])
    np.testing.assert_array_equal(read.sigma, [0.1, 0.2])
    assert read.name == "sensors"
    assert len(read) == 2
    file.write_text("x,y,z,value,nx,ny,nz\n0,0,0,1,0,0,1\n", encoding="utf-8")
    np.testing.assert_array_equal(nbm.Observations.from_csv(file).directions, [[0, 0, 1]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y,value\n1,2,3\n", "lacks z"),
        ("x,y,z,value,colour\n", "has colour"),
        ("x,y,z,value\n1,2,3\n", "line 2: expected 4 numbers"),
        ("x,y,z,value\n1,2,3,four\n", "line 2"),
        ("x,y,z,value,nx\n1,2,3,4,5\n", "direction"),
        ("", "lacks x, y, z, value"),
    ],
)
def test_csv_files_that_cannot_be_used(tmp_path, text, message):
    file = tmp_path / "sensors.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(nbm.FileError, match=message):
        nbm.Observations.from_csv(file)
    with pytest.raises(nbm.FileError):
        nbm.Observations.from_csv(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: nbm.Observations([[0, 0]], [1]), "points"),
        (lambda: nbm.Observations([[0, 0, 0]], [1, 2]), "values"),
        (lambda: nbm.Observations([[0, 0, 0]], ["warm"]), "values"),
        (lambda: nbm.Observations([[0, 0, 0]], [1], sigma=[1, 2]), "sigma"),
        (lambda: nbm.Observations([[0, 0, 0]], [1], side="left"), "side"),
        (lambda: nbm.Observations([[0, 0, 0]], [1], directions=[[1, 0]]), "directions"),
        (lambda: nbm.Observations([[0, 0, 0]], [1], per_draw=0), "per_draw"),
        (lambda: trainer(observations=nbm.Observations([[0, 0, 3]], [1])), "points"),
        (lambda: trainer(observations=sensors(sigma=0.0)), "sigma"),
        (lambda: trainer(observations=[sensors(), sensors()]), "observations"),
        (lambda: trainer(observations=3), "observations"),
        (lambda: trainer(observations=["data"]), "observations"),
        (lambda: trainer(weights={"data": 1.0}), "weights"),
        (lambda: trainer(weights={"regular": -1.0}), "weights"),
        (lambda: trainer(weights={"regular": "much"}), "weights"),
    ],
)
def test_what_cannot_be_used_names_itself(make, name):
    with pytest.raises(nbm.InvalidArgument) as caught:
        make()
    assert caught.value.name == name


def test_problem_files_name_csv_files(tmp_path):
    from nbm.toml_problem import read_problem

    (tmp_path / "sensors.csv").write_text("x,y,z,value\n0,0,0.9,1\n", encoding="utf-8")
    text = """\
[manufactured]
u_minus = "x"
u_plus = "y"
level_set = "x**2 + y**2 + z**2 - 0.25"

[training.weights]
boundary = 0.5

[[observations]]
file = "sensors.csv"
sigma = 0.5
"""
    file = tmp_path / "problem.toml"
    file.write_text(text, encoding="utf-8")
    options = read_problem(file).options()
    assert options["weights"] == {"boundary": 0.5}
    (group,) = options["observations"]
    assert (group.name, group.sigma, group.values.tolist()) == ("data", 0.5, [1.0])
    file.write_text(text.replace("sensors.csv", "none.csv"), encoding="utf-8")
    with pytest.raises(nbm.ProblemFileError, match=r"none\.csv"):
        read_problem(file).options()
