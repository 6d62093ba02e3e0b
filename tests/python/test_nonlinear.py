"""Reactions that are no multiple of u, by Newton's method."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

import nbm
from nbm.symbols import cos, exp, log, sin, sinh, sqrt, u, x, y, z

BOX = nbm.Box()
R = sqrt(x**2 + y**2 + z**2)
RADIUS, CORNER = 0.5, np.sqrt(3.0)


def points_in_box(count=20_000):
    return np.random.default_rng(0).uniform(-1, 1, (count, 3))


def poisson_boltzmann(kappa2=1.0, source=12.0):
    """A charged ball in an electrolyte, and its potential by collocation in r to 1e-8."""
    from scipy.integrate import solve_bvp

    flux = -source * RADIUS / 3
    radial = solve_bvp(
        lambda r, v: np.vstack([v[1], kappa2 * np.sinh(v[0]) - 2 / r * v[1]]),
        lambda a, b: np.array([a[1] - flux, b[0] - 0.1]),
        np.linspace(RADIUS, CORNER, 400),
        np.zeros((2, 400)),
        tol=1e-9,
        max_nodes=10**5,
    )
    assert radial.success
    assert radial.rms_residuals.max() < 1e-8

    def outside(points):
        return radial.sol(np.clip(np.linalg.norm(points, axis=1), RADIUS, CORNER))[0]

    def exact(points):
        r = np.linalg.norm(points, axis=1)
        inside = radial.sol(RADIUS)[0] + source * (RADIUS**2 - r**2) / (6 * 2.0)
        return np.where(r < RADIUS, inside, outside(points))

    plus = nbm.Medium(reaction=kappa2 * sinh(u), boundary=outside)
    return nbm.Problem(BOX, R - RADIUS, minus=nbm.Medium(mu=2.0, f=source), plus=plus), exact


def known(reaction_minus, reaction_plus):
    """A problem with reactions and a known solution."""
    linear = nbm.manufactured(
        level_set=R - RADIUS, u_minus=exp(z), u_plus=cos(x) * sin(y) + 1, mu_minus=3.0, mu_plus=1 + x**2
    )
    media = {}
    for side, reaction in (("minus", reaction_minus), ("plus", reaction_plus)):
        medium = getattr(linear, side)
        f = medium.f + reaction.subs(u, getattr(linear, f"exact_{side}"))
        media[side] = dataclasses.replace(medium, k=0.0, f=f, reaction=reaction)
    return linear.replace(**media), linear.exact


def error(solution, exact, norm=np.max):
    return float(norm(np.abs(solution(points_in_box()) - exact(points_in_box()))))


def test_poisson_boltzmann_against_one_dimension():
    problem, exact = poisson_boltzmann()
    solution = nbm.solve(problem, seconds=3)
    assert error(solution, exact) < 1e-5
    assert solution.certificate.trusted
    assert solution.certificate.estimated_rmse < 1e-5
    # What the linear form would have done, and the flux with its error.
    linear = problem.replace(plus=dataclasses.replace(problem.plus, k=1.0, reaction=None))
    assert error(nbm.solve_on_grid(linear, 16), exact) > 1e-2
    flux = solution.flux(problem, side="minus", cells=16)
    exact_flux = -12.0 * 4 / 3 * np.pi * RADIUS**3
    assert abs(flux.value - exact_flux) < flux.error < 1e-3 * abs(exact_flux)
    with pytest.raises(nbm.InvalidArgument, match="energy"):
        solution.quantities(problem).energy()


def test_the_grid_is_of_second_order():
    problem, exact = known(u**3 + x * u, exp(-1 / u**2))
    errors = [error(nbm.solve_on_grid(problem, cells), exact, np.mean) for cells in (16, 32)]
    assert 1.8 < np.log2(errors[0] / errors[1]) < 2.2


def conducting(mu_minus, mu_plus):
    """A problem whose mu depends on u, with a known solution."""
    shapes = {"minus": exp(z) + 1, "plus": cos(x) * sin(y) + 2}
    of_x = {f"mu_{side}": mu.subs(u, shapes[side]) for side, mu in (("minus", mu_minus), ("plus", mu_plus))}
    stated = nbm.manufactured(level_set=R - RADIUS, u_minus=shapes["minus"], u_plus=shapes["plus"], **of_x)
    media = {
        side: dataclasses.replace(getattr(stated, side), mu=mu) for side, mu in (("minus", mu_minus), ("plus", mu_plus))
    }
    return stated.replace(**media), stated.exact


def test_conduction_that_depends_on_u():
    problem, exact = conducting(1 + u**2, (2 + x) * exp(u / 4))
    assert not problem.is_linear
    errors = [error(nbm.solve_on_grid(problem, cells), exact, np.mean) for cells in (16, 32)]
    assert 1.8 < np.log2(errors[0] / errors[1]) < 2.2
    # With a reaction too, and a linear one that is told from k.
    problem, exact = known(u**3, sinh(u))
    plain = nbm.solve_on_grid(problem, 12)
    both = problem.replace(minus=dataclasses.replace(problem.minus, mu=3.0 + 0 * x + u - u))
    np.testing.assert_allclose(nbm.solve_on_grid(both, 12).values, plain.values, atol=1e-7)


def test_solve_takes_conduction_that_depends_on_u():
    problem, exact = conducting(1 + u / 4, 2 + u / 8)
    assert error(nbm.solve(problem, seconds=3), exact) < 1e-4


def test_a_linear_reaction_is_k():
    problem, _ = known(2 * u, (1 + y**2) * u)
    media = {
        side: dataclasses.replace(getattr(problem, side), k=k, reaction=None)
        for side, k in (("minus", 2.0), ("plus", 1 + y**2))
    }
    by_newton, by_k = nbm.solve_on_grid(problem, 16), nbm.solve_on_grid(problem.replace(**media), 16)
    np.testing.assert_allclose(by_newton.values, by_k.values, atol=1e-8)


def test_steps_are_shortened_where_full_ones_lead_astray():
    # From u = 1 on the walls, Newton's full steps of a steep reaction overshoot.
    problem = nbm.Problem(BOX, plus=nbm.Medium(reaction=100 * nbm.symbols.atan(20 * u), boundary=1.0))
    solution = nbm.solve_on_grid(problem, 16)
    # The equation holds: differences of the solution at its nodes against the reaction.
    v = solution.on_grid()
    laplacian = sum(np.roll(v, s, a) for a in range(3) for s in (1, -1))[1:-1, 1:-1, 1:-1] - 6 * v[1:-1, 1:-1, 1:-1]
    reaction = 100 * np.arctan(20 * v[1:-1, 1:-1, 1:-1])
    assert np.abs(laplacian * 8**2 - reaction).max() < 1e-5 * reaction.max()


def test_reactions_need_not_be_defined_at_zero():
    problem = nbm.Problem(BOX, plus=nbm.Medium(reaction=log(u) + sin(x), boundary=2.0))
    assert np.all(nbm.solve_on_grid(problem, 12).values > 0.5)


def test_divergence_says_where():
    # Bratu's problem has no solution beyond some strength.
    problem = nbm.Problem(BOX, plus=nbm.Medium(reaction=-20 * exp(u)))
    with pytest.raises(nbm.NotConverged, match=r"at \(") as caught:
        nbm.solve_on_grid(problem, 12)
    assert np.all(np.abs(caught.value.point) < 1)
    assert pickle.loads(pickle.dumps(caught.value)).point == caught.value.point


def test_statements():
    problem, _ = poisson_boltzmann()
    assert not problem.is_linear
    assert problem.digest() != problem.replace(plus=nbm.Medium(reaction=2 * sinh(u))).digest()
    again = pickle.loads(pickle.dumps(problem.replace(plus=nbm.Medium(reaction=sinh(u)))))
    assert again.plus.reaction == sinh(u)
    for make in (
        lambda: nbm.Problem(BOX, plus=nbm.Medium(k=1.0, reaction=sinh(u))),
        lambda: nbm.solve_on_grid(nbm.Problem(BOX, plus=nbm.Medium(reaction=nbm.symbols.symbols("w") * u)), 12),
        lambda: nbm.Problem(BOX, plus=nbm.Medium(f=u)),
        lambda: nbm.Problem(BOX, plus=nbm.Medium(reaction="sinh(u)")),
        lambda: problem.native,
        lambda: nbm.solve(problem, network=nbm.Siren(hidden=(4,))),
    ):
        with pytest.raises(nbm.InvalidArgument):
            make()


def test_problem_files(tmp_path):
    file = tmp_path / "pb.toml"
    file.write_text(
        '[parameters]\nkappa2 = 4.0\n[problem]\nlevel_set = "x**2 + y**2 + z**2 - 0.25"\n'
        '[plus]\nreaction = "kappa2 * sinh(u)"\n[minus]\nf = 1.0\n'
    )
    assert nbm.problem_from_toml(file).plus.reaction == 4.0 * sinh(u)
    file.write_text('[plus]\nreaction = "sinh(v)"\n')
    with pytest.raises(nbm.ProblemFileError, match="unknown name"):
        nbm.problem_from_toml(file)
    file.write_text('[plus]\nk = "u"\n')
    with pytest.raises(nbm.ProblemFileError, match="unknown name"):
        nbm.problem_from_toml(file)
