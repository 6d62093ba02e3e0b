"""nbm.solve without options: what it decides, says and leaves behind, on problems as people have them."""

from __future__ import annotations

import numpy as np
import pytest

import nbm
from nbm.symbols import cos, pi, sin, sqrt, x, y, z

CUBE = nbm.Box((-1, -1, -1), (1, 1, 1))
RADIUS = sqrt(x**2 + y**2 + z**2)


def points_in(box: nbm.Box, count: int = 3000) -> np.ndarray:
    return np.random.default_rng(7).uniform(box.lower, box.upper, (count, 3))


def ball_in_a_field(contrast: float = 100.0, radius: float = 0.5, unit: float = 1.0, offset: float = 0.0):
    """The textbook dielectric sphere: 3 z / (contrast + 2) inside, z (1 - a / r^3) outside; u in ``unit``."""
    a = (contrast - 1) / (contrast + 2) * radius**3
    problem = nbm.Problem(
        CUBE, RADIUS - radius, minus=nbm.Medium(mu=contrast), boundary=offset + unit * (z - a * z / RADIUS**3)
    )
    points = points_in(CUBE)
    r = np.linalg.norm(points, axis=1)
    outside = points[:, 2] * (1 - a / np.maximum(r, radius) ** 3)
    return problem, points, offset + unit * np.where(r < radius, 3 * points[:, 2] / (contrast + 2), outside)


def error_of(solution: nbm.Solution, points: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((solution(points) - truth) ** 2)) / np.ptp(truth))


@pytest.fixture(scope="module")
def solved_ball() -> nbm.Solution:
    return nbm.solve(ball_in_a_field()[0])


def test_a_ball_in_a_field_to_seven_digits_and_it_says_so(solved_ball):
    _, points, truth = ball_in_a_field()
    solution = solved_ball
    error = error_of(solution, points, truth)
    assert error < 1e-7  # order-5 finite elements on a fitted mesh: 3.5e-6
    certificate = solution.certificate
    assert certificate.trusted
    assert error < certificate.relative < 300 * error
    text = solution.summary()
    assert "expansion" in text
    assert certificate.verdict in text
    assert solution.info["solved_by"].startswith("expansion")


@pytest.mark.parametrize(("unit", "offset"), [(1e-6, 0.0), (1e4, 0.0), (1.0, 300.0)])
def test_other_units_give_the_same_error(unit, offset):
    problem, points, truth = ball_in_a_field(unit=unit, offset=offset)
    assert error_of(nbm.solve(problem, seconds=5), points, truth) < 1e-7


def test_a_thin_shell():
    # A r | B r + C / r^2 | r + D / r^2, times cos(theta): u and the flux continuous at both radii.
    a, b, m = 0.45, 0.5, 0.01
    rows = [[a, -a, -(a**-2), 0], [1, -m, 2 * m * a**-3, 0], [0, b, b**-2, -(b**-2)], [0, m, -2 * m * b**-3, 2 * b**-3]]
    A, B, C, D = np.linalg.solve(rows, [0, 0, b, 1.0])
    problem = nbm.Problem(
        CUBE, nbm.symbols.Abs(RADIUS - (a + b) / 2) - (b - a) / 2, minus=nbm.Medium(mu=m),
        boundary=z * (1 + float(D) / RADIUS**3),
    )  # fmt: skip
    points = points_in(CUBE)
    r = np.linalg.norm(points, axis=1)
    inside = np.where(r < b, B + C / np.maximum(r, a) ** 3, 1 + D / np.maximum(r, b) ** 3)
    truth = points[:, 2] * np.where(r < a, A, inside)
    solution = nbm.solve(problem, seconds=5)
    assert error_of(solution, points, truth) < 1e-6
    assert solution.certificate.trusted


def test_no_interface():
    box = nbm.Box((0, 0, 0), (1, 1, 1))
    u = sin(3 * pi * x) * sin(2 * pi * y) * sin(pi * z)
    problem = nbm.Problem(box, plus=nbm.Medium(k=1.0, f=(1 + 14 * pi**2) * u))
    points = points_in(box)
    truth = np.sin(3 * np.pi * points[:, 0]) * np.sin(2 * np.pi * points[:, 1]) * np.sin(np.pi * points[:, 2])
    assert error_of(nbm.solve(problem), points, truth) < 2e-6


def test_interfaces_that_meet_the_walls():
    q, ratio, at = 4.0, 10.0, 0.13
    up, down = sin(q * x) * nbm.symbols.exp(-q * (z - at)), sin(q * x) * nbm.symbols.exp(q * (z - at))
    problem = nbm.Problem(
        CUBE, z - at, minus=nbm.Medium(mu=ratio, boundary=down), plus=nbm.Medium(mu=1, boundary=up),
        jump_flux=-(1 + ratio) * q * sin(q * x),
    )  # fmt: skip
    points = points_in(CUBE)
    truth = np.sin(q * points[:, 0]) * np.exp(-q * np.abs(points[:, 2] - at))
    assert error_of(nbm.solve(problem), points, truth) < 1e-5


def test_variable_coefficients_and_a_difficult_shape():
    problem = nbm.problems.star()
    solution = nbm.solve(problem)
    assert solution.error(problem).rmse < 1e-5  # networks of 1882 parameters: 2e-5 (L-infinity) after 50 seconds
    assert solution.certificate.trusted


def test_gradients_jumps_and_files_of_an_expansion(solved_ball, tmp_path):
    problem, points, _ = ball_in_a_field()
    solution = solved_ball
    a = (100 - 1) / (100 + 2) * 0.125
    far = points[np.linalg.norm(points, axis=1) > 0.55]
    r = np.linalg.norm(far, axis=1)[:, None]
    gradient = np.array([0, 0, 1.0]) * (1 - a / r**3) + 3 * a * far[:, 2:] * far / r**5
    np.testing.assert_allclose(solution.gradient(far), gradient, atol=1e-5)
    on, normals = nbm.sampling.on_interface(problem, 200)
    np.testing.assert_allclose(solution.jump(on), 0.0, atol=1e-6)
    np.testing.assert_allclose(solution.flux_jump(problem, on, normals), 0.0, atol=1e-4)
    solution.save(tmp_path / "model.safetensors")
    again = nbm.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again(points), solution(points))
    np.testing.assert_array_equal(again.minus(on), solution.minus(on))
    np.testing.assert_array_equal(solution.networks(points), 0.0)


def test_the_same_bits_for_any_number_of_threads():
    problem, points, _ = ball_in_a_field()
    one, two = (nbm.solve(problem, seconds=3, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one(points), two(points))


def test_bad_answers_warn():
    at = sqrt((x - 0.11) ** 2 + (y - 0.07) ** 2 + (z + 0.05) ** 2)
    problem = nbm.Problem(CUBE, plus=nbm.Medium(f=1e6 * nbm.symbols.exp(-((at / 0.006) ** 2))))
    with pytest.warns(nbm.NotTrustedWarning):
        nbm.solve(problem, seconds=1)


def test_an_expansion_that_no_grid_can_look_at_is_returned_and_not_trusted():
    problem, points, truth = ball_in_a_field(contrast=1e14)
    with pytest.warns(nbm.NotTrustedWarning, match="no estimate: the grid solver stopped"):
        solution = nbm.solve(problem, seconds=3)
    assert error_of(solution, points, truth) < 1e-7
    assert not solution.certificate.trusted
    assert "the grid solver stopped" in solution.summary()
    assert solution.report.attempts[solution.report.chosen].estimated_rmse == np.inf


def test_progress_is_printed_on_standard_error(capsys):
    problem, _, _ = ball_in_a_field()
    nbm.solve(problem, seconds=1, progress=True)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "expansion: estimated RMS error" in printed.err


def test_options_of_training_train_networks():
    problem = nbm.manufactured(u_minus=0, u_plus=cos(x) * y, box=nbm.Box((0, 0, 0), (1, 1, 1)))
    solution = nbm.solve(problem, network=nbm.Siren(hidden=(10,)), optimizer=nbm.GaussNewton(steps=5, starts=1))
    assert solution.report is None
    assert solution.stop_reason is not None
    assert "certify" in solution.summary()
    # No interface: regular rows of small cells.
    assert solution.info["discretization"] == "direct_jump"


@pytest.mark.parametrize(
    "arguments", [{"seconds": 0.0}, {"seconds": "long"}, {"seconds": 5, "network": nbm.Siren()}, {"threads": -1}]
)
def test_bad_arguments_are_refused(arguments):
    problem, _, _ = ball_in_a_field()
    with pytest.raises(nbm.InvalidArgument):
        nbm.solve(problem, **arguments)


def test_a_start_saves_the_search_for_a_basis():
    first = nbm.solve(ball_in_a_field(10.0)[0])
    problem, points, truth = ball_in_a_field(12.0)
    again = nbm.solve(problem, start=first)
    assert again.report.basis == first.report.basis
    assert again.certificate.trusted
    assert error_of(again, points, truth) < 1e-7


def test_networks_start_from_the_values_of_a_grid():
    problem, points, truth = ball_in_a_field(1e4)
    options = {"network": nbm.Siren(hidden=(14, 14)), "discretization": "direct_jump", "seed": 1}
    few = nbm.GaussNewton(steps=15, starts=1, stop_fraction=0.0)
    grid = nbm.solve_on_grid(problem, cells=32)
    guided, random = (nbm.Trainer(problem, optimizer=few, start=start, **options) for start in (grid, None))
    at_start = error_of(guided.solution(), points, truth)
    assert at_start < 5 * error_of(grid, points, truth)
    guided.run()
    random.run()
    assert guided.steps_done == 15
    assert error_of(guided.solution(), points, truth) < error_of(random.solution(), points, truth)


def test_networks_start_from_those_of_a_solution():
    problem = nbm.problems.sphere()
    options = {"network": nbm.Siren(hidden=(8,)), "optimizer": nbm.Adam(steps=3)}
    first = nbm.solve(problem, **options)
    assert np.array_equal(nbm.Trainer(problem, **options, start=first).parameters, first.parameters)
    with pytest.raises(nbm.InvalidArgument, match="start: its networks have"):
        nbm.Trainer(problem, network=nbm.Siren(hidden=(9,)), start=first)
    with pytest.raises(nbm.InvalidArgument, match="start"):
        nbm.solve(problem, start=3)
