"""Manufactured problems satisfy their own equations, checked by finite differences in 40 digits."""

from __future__ import annotations

import time

import mpmath
import numpy as np
import pytest
import sympy as sp

import nbm
from nbm.differentiation import Differentiator
from nbm.symbols import Abs, Max, Piecewise, atan2, cos, cosh, exp, log, sin, sinh, sqrt, tan, x, y, z
from reference.problems_reference import reference_problem

PROBLEMS = {
    "sphere": nbm.problems.sphere,
    "star": nbm.problems.star,
    "ellipsoid": nbm.problems.ellipsoid,
    "contrast": lambda: nbm.problems.sphere_contrast(1e4),
    "no_interface": nbm.problems.no_interface,
}
SIDES = ("minus", "plus")


@pytest.fixture(scope="module", params=PROBLEMS)
def problem(request):
    return PROBLEMS[request.param]()


def some_points(n: int = 4) -> np.ndarray:
    return np.random.default_rng(4).uniform(-0.9, 0.9, (n, 3))


def in_digits(expression):
    """The expression as a function of three mpmath numbers."""
    return sp.lambdify((x, y, z), expression, "mpmath")


def gradient_at(function, point, step):
    result = []
    for axis in range(3):
        ahead, behind = list(point), list(point)
        ahead[axis] += step
        behind[axis] -= step
        result.append((function(*ahead) - function(*behind)) / (2 * step))
    return result


def expression_of(value):
    return sp.sympify(value)


@pytest.mark.parametrize("side", SIDES)
def test_source_is_that_of_the_equation(problem, side):
    medium = getattr(problem, side)
    u, mu, k = (in_digits(expression_of(e)) for e in (getattr(problem, f"exact_{side}"), medium.mu, medium.k))
    step = mpmath.mpf(10) ** -8
    with mpmath.workdps(40):
        for point in some_points():
            p = [mpmath.mpf(float(c)) for c in point]
            divergence = mpmath.mpf(0)
            for axis in range(3):
                for sign in (1, -1):
                    half, full = list(p), list(p)
                    half[axis] += sign * step / 2
                    full[axis] += sign * step
                    divergence += mu(*half) * (u(*full) - u(*p)) / step**2
            truth = k(*p) * u(*p) - divergence
            native = getattr(problem.native, side).f.evaluate(point[None])[0]
            # Truncation step^2 times fourth derivatives (below 1e5) is 1e-11; float64 round-off 1e-12 of the terms.
            assert abs(native - float(truth)) < 1e-9 * (1 + abs(float(truth)))


def test_jumps_are_those_of_the_solution(problem):
    if problem.level_set is None:
        assert (problem.jump_u, problem.jump_flux) == (0.0, 0.0)
        return
    phi, um, up, mm, mp = (
        in_digits(expression_of(e))
        for e in (problem.level_set, problem.exact_minus, problem.exact_plus, problem.minus.mu, problem.plus.mu)
    )
    step = mpmath.mpf(10) ** -12
    with mpmath.workdps(40):
        for point in some_points():
            p = [mpmath.mpf(float(c)) for c in point]
            normal = gradient_at(phi, p, step)
            length = mpmath.sqrt(sum(n**2 for n in normal))
            flux = [
                mp(*p) * a - mm(*p) * b for a, b in zip(gradient_at(up, p, step), gradient_at(um, p, step), strict=True)
            ]
            beta = float(sum(f * n for f, n in zip(flux, normal, strict=True)) / length)
            alpha = float(up(*p) - um(*p))
            # Contrast 1e4 and oscillating coefficients of size 10 scale float64 round-off.
            assert problem.native.jump_u.evaluate(point[None])[0] == pytest.approx(alpha, rel=1e-13, abs=1e-13)
            assert problem.native.jump_flux.evaluate(point[None])[0] == pytest.approx(beta, rel=1e-11, abs=1e-11)


def test_exact_is_the_solution_of_the_side(problem):
    points = np.random.default_rng(5).uniform(-1, 1, (400, 3))
    phi = problem.native.level_set.evaluate(points)
    sides = [sp.lambdify((x, y, z), getattr(problem, f"exact_{s}"), "numpy")(*points.T) for s in SIDES]
    truth = np.where(phi < 0, *sides)
    np.testing.assert_allclose(problem.exact(points), truth, rtol=1e-13, atol=1e-14)
    for side, values in zip(SIDES, sides, strict=True):
        boundary = getattr(problem.native, side).boundary.evaluate(points)
        np.testing.assert_allclose(boundary, values + np.zeros(400), rtol=1e-13, atol=1e-14)


def test_exact_gradient(problem):
    points = some_points(50)
    points = points[np.abs(problem.native.level_set.evaluate(points)) > 1e-3]
    step = 1e-5
    differences = np.stack(
        [(problem.exact(points + step * e) - problem.exact(points - step * e)) / (2 * step) for e in np.eye(3)], axis=1
    )
    # step^2 times third derivatives (below 100), and eps / step of round-off.
    np.testing.assert_allclose(problem.exact_gradient(points), differences, atol=1e-8)


@pytest.mark.parametrize("name", ["sphere", "star", "ellipsoid"])
def test_fields_equal_independent_derivation(name):
    ours, theirs = PROBLEMS[name]().native, reference_problem(name)
    points = np.random.default_rng(6).uniform(-1, 1, (300, 3))
    pairs = [(ours.level_set, theirs.level_set), (ours.jump_u, theirs.jump_u), (ours.jump_flux, theirs.jump_flux)]
    for index, medium in enumerate((ours.minus, ours.plus)):
        pairs += [(medium.mu, theirs.mu[index]), (medium.f, theirs.f[index]), (medium.k, theirs.k[index])]
    for mine, reference in pairs:
        values = mine.evaluate(points)
        # Both in float64, written differently: round-off of terms some ten times the result.
        np.testing.assert_allclose(values, reference(*points.T), rtol=1e-11, atol=1e-12 * (1 + np.abs(values).max()))


def test_piecewise_and_fractional_powers_work():
    problem = nbm.manufactured(
        u_minus=sqrt(x**2 + y**2 + z**2 + 1) ** sp.Rational(7, 3),
        u_plus=Piecewise((sin(x), x < 0), (x * cos(x), True)),
        mu_plus=exp(x / 2),
        level_set=x**2 + y**2 + z**2 - 0.3,
    )
    values = problem.exact(some_points(20))
    assert np.isfinite(values).all()


def test_one_side_may_be_undefined_on_the_other():
    problem = nbm.manufactured(u_minus=sqrt(0.3 - x**2 - y**2 - z**2), u_plus=1, level_set=x**2 + y**2 + z**2 - 0.25)
    assert np.isfinite(problem.exact(np.random.default_rng(7).uniform(-1, 1, (200, 3)))).all()


@pytest.mark.parametrize("name", ["u_minus", "u_plus", "mu_minus", "mu_plus", "k_minus", "k_plus", "level_set"])
@pytest.mark.parametrize("value", ["x", lambda p: p, sp.Symbol("t"), True])
def test_only_expressions_are_taken(name, value):
    arguments = {"u_minus": x, "u_plus": y, "level_set": z, name: value}
    with pytest.raises(nbm.InvalidArgument) as caught:
        nbm.manufactured(**arguments)
    assert caught.value.name == name


def test_bad_coefficients_are_found():
    with pytest.raises(nbm.InvalidField, match=r"plus\.mu"):
        nbm.manufactured(u_minus=x, u_plus=y, mu_plus=x, level_set=z)
    with pytest.raises(nbm.InvalidArgument):
        nbm.problems.sphere_contrast(-1)


def test_products_of_many_factors_take_no_time():
    started = time.process_time()
    u = sp.Mul(*(sin((i + 1) * x / 40 + y) + 2 for i in range(80))) / 2**80
    deep = x
    for _ in range(30):
        deep = sin(deep + y)
    for expression in (u, deep):
        problem = nbm.manufactured(
            u_minus=expression, u_plus=1.0, mu_minus=1 + x**2, level_set=x**2 + y**2 + z**2 - 0.25
        )
        assert np.all(np.isfinite(problem.native.minus.f.evaluate(np.zeros((1, 3)))))
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "expression",
    [
        x * y * z * sin(x) * exp(y) / (z + 2),
        sqrt(x**2 + 1) ** y,
        log(x + 2) * cos(x * sin(y * z)) + tan(x / 3) ** 3,
        atan2(y, x + 3) * sinh(x) / cosh(x * y),
        Abs(x) * Max(x, y),
        (x + 2) ** (y * z) + 3**x,
    ],
)
def test_derivatives_are_those_of_sympy(expression):
    for coordinate in (x, y, z):
        by = Differentiator(coordinate)
        for ours, theirs in ((by(expression), sp.diff(expression, coordinate)), (by(by(expression)), None)):
            expected = sp.diff(expression, coordinate, 2) if theirs is None else theirs
            at = {x: 0.3, y: 0.7, z: -0.4}
            assert float(ours.subs(at)) == pytest.approx(float(expected.subs(at)), rel=1e-12, abs=1e-14)


def test_the_flux_on_a_rough_grid_goes_along_the_normals_of_the_rows():
    # Its second derivatives jump between cells, so that differences over other steps are other normals, by 1.6e-4.
    axis = np.linspace(-1, 1, 17)
    radius = np.linalg.norm(np.stack(np.meshgrid(axis, axis, axis, indexing="ij")), axis=0)
    rough = radius - 0.6 + 0.02 * np.random.default_rng(0).normal(size=radius.shape)
    problem = nbm.manufactured(u_minus=0, u_plus=x, level_set=nbm.GridField(rough, nbm.Box()))
    points, normals = nbm.sampling.on_interface(problem, 2000, seed=0)
    # Round-off: eps over the step of 2e-5 over the smallest slopes.
    assert problem.jump_flux(points) == pytest.approx(normals[:, 0], abs=1e-9)
