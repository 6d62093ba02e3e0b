"""Certificates: good solutions are trusted, others are not; estimates stand in a known relation to errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nbm
from nbm import _core
from nbm.certificate import make_certificate
from nbm.symbols import exp, sqrt, x, y, z

H = 2 / 32
SAMPLING = nbm.Sampling(regular=1500, irregular=600, boundary=500, refresh=10)
RADIUS = sqrt(x**2 + y**2 + z**2)


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
    assert certificate.cells == (64, 64, 64)
    # docs/how-to-choose.md: between 1 and 30 times the error, mostly; more where residuals are rough between the nodes.
    true = solution.error(problem).rmse
    assert true / 2 < certificate.estimated_rmse < 100 * true
    assert certificate.verdict.startswith("trusted")
    assert certificate.verdict in str(certificate)


@pytest.mark.parametrize("discretization", ["bochkov_gibou", "direct_jump"])
def test_too_few_steps_are_not_trusted(discretization):
    certificate = trained(discretization, 1).certify(nbm.problems.sphere(), cells=32)
    assert not certificate.trusted
    assert "estimated RMS error" in certificate.reasons[0]
    assert certificate.verdict.startswith("not trusted")


def test_a_bad_start_is_not_trusted():
    trainer = nbm.Trainer(nbm.problems.sphere(), network=nbm.Siren(hidden=(5,)), cell_size=H, sampling=SAMPLING)
    trainer.parameters = np.zeros_like(trainer.parameters)  # all neurons alike: they stay so
    trainer.run()
    assert not trainer.solution().certify(nbm.problems.sphere(), cells=32).trusted


def test_parts_and_figures(solution):
    problem = nbm.problems.sphere()
    certificate = solution.certify(problem, cells=32, points=5000)
    assert set(certificate.parts) == {"grid", "change", "sources", "flux"}
    assert certificate.estimated_rmse >= 0.999 * math.hypot(*certificate.parts.values())
    points, _ = nbm.sampling.on_interface(problem, 500, seed=5)
    jump = solution.jump(points) - problem.native.jump_u.evaluate(points)
    # Two samples of one distribution, 500 and 1000 points: an RMS within 20 % or so, the more so for smooth residuals.
    assert certificate.jump_u.rms == pytest.approx(np.sqrt(np.mean(jump**2)), rel=0.2)
    grid = nbm.solve_on_grid(problem, 32)
    assert certificate.range == pytest.approx(np.ptp(grid.values), rel=0.01)


def test_what_the_grid_would_add_is_the_error_of_a_shifted_solution():
    problem = nbm.problems.sphere()
    good = nbm.solve(problem, seconds=1)
    shifted = nbm.manufactured(
        u_minus=exp(z) + 0.25, u_plus=problem.exact_plus + 0.25, mu_minus=problem.minus.mu,
        mu_plus=problem.plus.mu, level_set=RADIUS - 0.5,
    )  # fmt: skip
    certificate = good.certify(shifted, cells=32)
    assert certificate.parts["grid"] == pytest.approx(0.25, rel=1e-3)
    assert not certificate.trusted


def test_a_loaded_model_is_certified_alike(tmp_path, solution):
    problem = nbm.problems.sphere()
    solution.save(tmp_path / "model.safetensors")
    loaded = nbm.load(tmp_path / "model.safetensors").certify(problem, cells=32)
    assert loaded.estimated_rmse == solution.certify(problem, cells=32).estimated_rmse


def test_a_limit_of_ones_own(solution):
    problem = nbm.problems.sphere()
    certificate = solution.certify(problem, cells=32, tolerance=1e-12)
    assert not certificate.trusted
    assert solution.certify(problem, cells=32, tolerance=1.0).trusted


def test_a_source_narrower_than_the_cells_is_named():
    at = (0.3, -0.2, 0.1)
    square = (x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2
    width = 0.01
    source = 5.0 / ((2 * math.pi) ** 1.5 * width**3) * exp(-square / (2 * width**2))
    problem = nbm.Problem(
        nbm.Box((-1, -1, -1), (1, 1, 1)), plus=nbm.Medium(f=source), boundary=5.0 / (4 * math.pi * sqrt(square))
    )
    with pytest.warns(nbm.NotTrustedWarning, match="source near"):
        solution = nbm.solve(problem, seconds=1)
    certificate = solution.certificate
    assert not certificate.trusted
    assert certificate.places["sources"] == pytest.approx(at, abs=0.05)


def test_a_charged_piece_between_the_nodes_is_not_overlooked():
    at = sqrt((x + 0.6) ** 2 + (y + 0.6) ** 2 + (z + 0.6) ** 2)
    radius = 0.005
    problem = nbm.Problem(nbm.Box((-1, -1, -1), (1, 1, 1)), at - radius, jump_flux=-0.5 / radius**2, boundary=0.5 / at)
    grid = nbm.solve_on_grid(problem, 32)  # none of its nodes is inside
    certificate = grid.certify(problem, cells=32)
    assert not certificate.trusted
    assert certificate.places["flux"] == pytest.approx((-0.6, -0.6, -0.6), abs=0.1)


def test_no_interface():
    problem = nbm.manufactured(u_minus=0, u_plus=x * y, box=nbm.Box((0, 0, 0), (1, 1, 2)))
    certificate = nbm.solve(problem, seconds=1).certify(problem, cells=32)
    assert certificate.jump_u is None
    assert certificate.jump_flux is None
    assert certificate.parts["flux"] == 0.0
    assert certificate.trusted, certificate.reasons


@pytest.mark.parametrize(
    ("arguments", "name"), [({"points": 10}, "points"), ({"tolerance": 0.0}, "tolerance"), ({"cells": 8}, "cells")]
)
def test_bad_arguments_name_themselves(solution, arguments, name):
    with pytest.raises(nbm.InvalidArgument) as caught:
        solution.certify(nbm.problems.sphere(), **arguments)
    assert caught.value.name == name


def test_a_problem_on_another_box_is_refused(solution):
    with pytest.raises(nbm.InvalidArgument, match="box"):
        solution.certify(nbm.manufactured(u_minus=0, u_plus=x, box=nbm.Box((0, 0, 0), (1, 1, 1))))


@pytest.mark.parametrize(("rms", "refused"), [(0.019, False), (0.021, True)])
def test_flat_solutions_with_a_peak_are_held_to_their_deviation(solution, rms, refused):
    """A range of 4 and a deviation of 0.5: half a per cent of the range is 4 % of the deviation."""
    problem = nbm.problems.sphere()
    estimate = _core.estimate_error(problem.native, solution.native, 32, 1) | {
        "range": 4.0,
        "deviation": 0.5,
        "rms": rms,
    }
    certificate = make_certificate(solution, problem, estimate, points=500)
    assert certificate.trusted is not refused
    assert any("standard deviation" in reason for reason in certificate.reasons) is refused
