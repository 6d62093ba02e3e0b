"""Training of output layers alone: what stays, how far it gets, what it needs of other options."""

from __future__ import annotations

import numpy as np
import pytest

import nbm
from nbm.symbols import cos, exp, log, sin, sqrt, x, y, z

WIDE = nbm.Siren(hidden=(200,), trained="output")
GAUSS_NEWTON = nbm.GaussNewton(steps=16, starts=1, stop_fraction=0)
POINTS = np.random.default_rng(0).uniform(-1, 1, (2000, 3))


def known():
    return nbm.manufactured(
        u_minus=exp(z) * (1 + x / 3),
        u_plus=cos(x) * sin(y) + z**2 / 2 + x / 4,
        mu_minus=y**2 * log(x + 2) + 4,
        mu_plus=exp(-z),
        level_set=sqrt(x**2 + y**2 + z**2) - 0.5,
        surface_reaction=3 + y,
    )


def trainer(network, optimizer=GAUSS_NEWTON, **options):
    given = {"cell_size": 1 / 512, "discretization": "direct_jump", "precision": "float64", "device": "cpu"}
    given["sampling"] = nbm.Sampling(regular=1500, irregular=500, boundary=500)
    return nbm.Trainer(known(), network=network, optimizer=optimizer, **{**given, **options})


def error(training):
    exact = known().exact(POINTS)
    return np.sqrt(np.mean((training.solution()(POINTS) - exact) ** 2)) / np.ptp(exact)


def test_hidden_layers_stay_bit_for_bit():
    for optimizer in (nbm.GaussNewton(steps=3, starts=1), nbm.Adam(steps=5)):
        training = trainer(nbm.Siren(hidden=(9, 7), trained="output"), optimizer)
        before = training.parameters.copy()
        training.run()
        hidden = np.arange(before.size) % (before.size // 2) < before.size // 2 - 8
        np.testing.assert_array_equal(training.parameters[hidden], before[hidden])
        assert (training.parameters[~hidden] != before[~hidden]).any()


@pytest.mark.parametrize("seed", [0, 1])
def test_output_layers_have_no_valley_to_end_in(seed):
    output = trainer(WIDE, seed=seed)
    output.run()
    assert error(output) < 1e-5


def test_unknowns_decide_the_optimizer():
    assert WIDE.unknowns == 2 * 201
    assert WIDE.parameters == 2 * 1001
    wide = nbm.Siren(hidden=(1000,), trained="output")
    assert isinstance(nbm.TrainingOptions(network=wide).chosen_optimizer(), nbm.GaussNewton)
    assert isinstance(nbm.TrainingOptions(network=nbm.Siren(hidden=(1000,))).chosen_optimizer(), nbm.Adam)


def test_a_training_of_all_layers_goes_on_from_it_but_not_its_checkpoint(tmp_path):
    output = trainer(nbm.Siren(hidden=(30,), trained="output"))
    output.step(4)
    output.save_checkpoint(tmp_path / "checkpoint")
    whole = trainer(nbm.Siren(hidden=(30,)))
    with pytest.raises(nbm.NbmError, match="options"):
        whole.load_checkpoint(tmp_path / "checkpoint")
    whole.parameters = output.parameters
    loss = output.history[-1].loss
    whole.run()
    assert whole.history[-1].loss < loss


def test_another_word_is_refused():
    with pytest.raises(nbm.InvalidArgument, match=r'trained: got .last., expected one of "all", "output"'):
        nbm.Siren(trained="last")
