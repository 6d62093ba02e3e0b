"""Problems in other units: of lengths, u and mu, with a constant added to u, and with the box elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import nbm
from nbm.symbols import cos, exp, log, sin, sqrt, x, y, z


@dataclass(frozen=True)
class Units:
    length: float = 1.0
    u: float = 1.0
    mu: float = 1.0
    added: float = 0.0
    edges: float = 0.0  # by which the box is moved


# Every extreme once, alone and together.
COPIES = [
    Units(length=1e-9),
    Units(length=1e3),
    Units(u=1e-6),
    Units(u=1e4),
    Units(added=300.0),
    Units(mu=1e-12),
    Units(mu=1e9, u=1e4, length=1e-9),
    Units(edges=100.0, length=1e3),
]


def coordinates(units):
    """The coordinates of the first problem, from those of its copy."""
    at = 2 * units.length * units.edges
    return (x - at) / units.length, (y - at) / units.length, (z - at) / units.length


def box_of(units):
    at = 2 * units.length * units.edges
    return nbm.Box((at - units.length,) * 3, (at + units.length,) * 3)


def sphere(units):
    a, b, c = coordinates(units)
    return nbm.manufactured(
        u_minus=units.u * exp(c) + units.added,
        u_plus=units.u * cos(a) * sin(b) + units.added,
        mu_minus=units.mu * (b**2 * log(a + 2) + 4),
        mu_plus=units.mu * exp(-c),
        level_set=units.length * (sqrt(a**2 + b**2 + c**2) - 0.5),
        box=box_of(units),
    )


def heated_ball(units):
    """A uniform source in a ball of radius 1/2 and mu 0.1; truth in the first units."""
    a, b, c = coordinates(units)
    r = sqrt(a**2 + b**2 + c**2)
    medium = nbm.Medium(mu=0.1 * units.mu, f=units.u * units.mu / units.length**2)
    outside = units.added + units.u / (24 * r)
    return nbm.Problem(
        box_of(units), units.length * (r - 0.5), minus=medium, plus=nbm.Medium(mu=units.mu), boundary=outside
    )


def heated_truth(points):
    r = np.linalg.norm(points, axis=1)
    return np.where(r < 0.5, 1 / 12 + (0.25 - r**2) / 0.6, 1 / (24 * np.maximum(r, 0.5)))


def sphere_truth(points):
    inside = np.linalg.norm(points, axis=1) < 0.5
    return np.where(inside, np.exp(points[:, 2]), np.cos(points[:, 0]) * np.sin(points[:, 1]))


def relative_error(make, truth, units, discretization):
    """RMS error over the range of u after a short training."""
    points = np.random.default_rng(3).uniform(-0.99, 0.99, (4000, 3))
    problem = make(units)
    trainer = nbm.Trainer(
        problem,
        network=nbm.Siren(hidden=(8, 8)),
        cell_size=2 * units.length / 32,
        discretization=discretization,
        sampling=nbm.Sampling(regular=500, irregular=250, boundary=200, refresh=10),
        optimizer=nbm.GaussNewton(steps=15, starts=1, stop_fraction=0),
        value_scale="auto",
        value_shift="auto",
    )
    trainer.run()
    solution = trainer.solution()
    exact = truth(points)
    found = (solution(units.length * (points + 2 * units.edges)) - units.added) / units.u
    return np.sqrt(np.mean((found - exact) ** 2)) / np.ptp(exact)


@pytest.mark.parametrize("discretization", ["bochkov_gibou", "direct_jump"])
@pytest.mark.parametrize(("make", "truth"), [(sphere, sphere_truth), (heated_ball, heated_truth)])
def test_rescaled_copies_have_the_same_error(make, truth, discretization):
    expected = relative_error(make, truth, Units(), discretization)
    assert expected < 0.1
    for units in COPIES:
        assert relative_error(make, truth, units, discretization) == pytest.approx(expected, rel=0.1), units


def test_units_may_be_given():
    trainer = nbm.Trainer(nbm.problems.sphere(), value_scale=2.0, value_shift=(1.0, -1.0))
    assert trainer.value_units == (2.0, 1.0, -1.0)
    assert nbm.Trainer(nbm.problems.sphere(), value_scale=2.0, value_shift=3).value_units == (2.0, 3.0, 3.0)
    assert nbm.Trainer(nbm.problems.sphere()).value_units == (1.0, 0.0, 0.0)
    automatic = nbm.Trainer(nbm.problems.sphere(), value_scale="auto", value_shift="auto")
    scale, minus, plus = automatic.value_units
    assert scale > 0
    assert abs(minus - 1) < 0.1  # the mean of exp(z) on the sphere is near 1, that of cos(x) sin(y) is 0
    assert abs(plus) < 0.1
    for given in ({"value_scale": 0.0}, {"value_shift": "none"}, {"value_shift": (1.0, 2.0, 3.0)}):
        with pytest.raises(nbm.errors.InvalidArgument):
            nbm.Trainer(nbm.problems.sphere(), **given)


def test_parameters_are_those_of_u():
    trainer = nbm.Trainer(nbm.problems.sphere(), network=nbm.Siren(hidden=(5,)), value_scale=50.0, value_shift=7.0)
    points = np.random.default_rng(1).uniform(-1, 1, (20, 3))
    start = nbm.Trainer(nbm.problems.sphere(), network=nbm.Siren(hidden=(5,)), value_scale=1.0, value_shift=0.0)
    np.testing.assert_allclose(trainer.solution()(points), 7.0 + 50.0 * start.solution()(points), rtol=1e-12)
    trainer.parameters = start.parameters
    np.testing.assert_allclose(trainer.solution()(points), start.solution()(points), atol=1e-13)
