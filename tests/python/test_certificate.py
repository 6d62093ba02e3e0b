"""Certificates: well-trained solutions are trusted, others are not; estimates stand in a known relation to errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nbm
from nbm.symbols import x, y

H = 2 / 32
SAMPLING = nbm.Sampling(regular=1500, irregular=600, boundary=500, refresh=10)


def trained(discretization: str, steps: int) -> nbm.Solution:
    return nbm.solve(
        nbm.problems.sphere(),
        network=nbm.Siren(hidden=(30,)),
        cell_size=H,
        discretization=discretization,
        optimizer=nbm.GaussNewton(steps=steps, starts=1, start_steps=steps),
        sampling=SAMPLING,
    )


@pytest.fixture(scope="module", params=["bochkov_gibou", "direct_jump"])
def solution(request) -> nbm.Solution:
    return trained(request.param, 60)


def test_a_good_training_is_trusted(solution):
    problem = nbm.problems.sphere()
    certificate = solution.certify(problem)
    assert certificate.trusted, certificate.reasons
    assert certificate.reasons == ()
    assert certificate.cell_size == (H, H, H)
    true = solution.error(problem).rmse
    # docs/how-to-choose.md: the estimate errs on the large side, most so where nothing but the scheme's error is left.
    assert true < certificate.estimated_rmse < 300 * true
    assert certificate.verdict.startswith("trusted")
    assert certificate.verdict in str(certificate)


@pytest.mark.parametrize("discretization", ["bochkov_gibou", "direct_jump"])
def test_too_few_steps_are_not_trusted(discretization):
    certificate = trained(discretization, 3).certify(nbm.problems.sphere())
    assert not certificate.trusted
    assert "estimated RMS error" in certificate.reasons[0]
    assert certificate.verdict.startswith("not trusted")


def test_a_bad_start_is_not_trusted():
    trainer = nbm.Trainer(nbm.problems.sphere(), network=nbm.Siren(hidden=(5,)), cell_size=H, sampling=SAMPLING)
    trainer.parameters = np.zeros_like(trainer.parameters)  # all neurons alike: they stay so
    trainer.run()
    assert not trainer.solution().certify(nbm.problems.sphere()).trusted


def test_groups_and_figures(solution):
    problem = nbm.problems.sphere()
    certificate = solution.certify(problem, points=5000)
    direct = "flux_jump" in certificate.residuals
    expected = {"regular", "value_jump", "flux_jump"} if direct else {"regular", "irregular"}
    assert set(certificate.residuals) == set(certificate.residuals_half) == expected
    assert all(0 < norms.rms <= norms.max for norms in certificate.residuals.values())
    assert certificate.estimated_rmse == pytest.approx(math.hypot(*certificate.contributions.values()))
    points, _ = nbm.sampling.on_interface(problem, 500, seed=5)
    jump = solution.jump(points) - problem.native.jump_u.evaluate(points)
    # Two samples of one distribution, 500 and 1000 points: an RMS within 20 % or so, the more so for smooth residuals.
    assert certificate.jump_u.rms == pytest.approx(np.sqrt(np.mean(jump**2)), rel=0.2)
    assert str(solution.certify(problem, points=5000)) == str(certificate)
    assert solution.certify(problem, points=5000, seed=1).residuals != certificate.residuals


def test_the_grid_estimate_is_near_the_true_error(solution):
    problem = nbm.problems.sphere()
    certificate = solution.certify(problem, grid_cells=24)
    grid = nbm.solve_on_grid(problem, 24)
    difference = np.abs(solution(grid.points) - grid.values)
    assert certificate.grid.linf == pytest.approx(difference.max(), rel=1e-3)
    assert certificate.grid.rmse == pytest.approx(np.sqrt(np.mean(difference**2)), rel=1e-3)
    true = solution.error(problem, points=grid.points).rmse
    assert abs(certificate.grid.rmse - true) <= grid.node_error.rmse * 1.001  # triangle inequality


def test_a_loaded_model_is_certified_alike(tmp_path, solution):
    problem = nbm.problems.sphere()
    solution.save(tmp_path / "model.safetensors")
    loaded = nbm.load(tmp_path / "model.safetensors").certify(problem)
    assert loaded.estimated_rmse == solution.certify(problem).estimated_rmse
    assert loaded.cell_size == (H, H, H)


def test_another_problem_is_not_certified(solution):
    assert not solution.certify(nbm.problems.star()).trusted


def test_a_limit_of_ones_own(solution):
    problem = nbm.problems.sphere()
    certificate = solution.certify(problem, tolerance=1e-12)
    assert not certificate.trusted
    assert solution.certify(problem, tolerance=1.0).trusted


def test_fitting_the_points_alone_is_found():
    problem = nbm.problems.sphere()
    few = nbm.Sampling(regular=60, irregular=30, boundary=30, refresh=100)
    solution = nbm.solve(problem, cell_size=H, sampling=few, optimizer=nbm.GaussNewton(steps=30, starts=1))
    reasons = solution.certify(problem).reasons
    assert any("fresh points" in reason for reason in reasons), reasons


def test_no_interface():
    problem = nbm.manufactured(u_minus=0, u_plus=x * y, box=nbm.Box((0, 0, 0), (1, 1, 2)))
    solution = nbm.solve(
        problem, network=nbm.Siren(hidden=(15,)), cell_size=1 / 16, optimizer=nbm.GaussNewton(steps=40, starts=1)
    )
    certificate = solution.certify(problem)
    assert certificate.jump_u is None
    assert set(certificate.contributions) == {"equation", "boundary"}
    assert certificate.trusted, certificate.reasons


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"points": 10}, "points"),
        ({"cell_size": -1.0}, "cell_size"),
        ({"cell_size": "small"}, "cell_size"),
        ({"discretization": "finite"}, "discretization"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"grid_cells": 1}, "cells"),
    ],
)
def test_bad_arguments_name_themselves(solution, arguments, name):
    with pytest.raises(nbm.InvalidArgument) as caught:
        solution.certify(nbm.problems.sphere(), **arguments)
    assert caught.value.name == name


def test_a_problem_on_another_box_is_refused(solution):
    with pytest.raises(nbm.InvalidArgument, match="box"):
        solution.certify(nbm.manufactured(u_minus=0, u_plus=x, box=nbm.Box((0, 0, 0), (1, 1, 1))))
