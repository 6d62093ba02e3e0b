"""Interfaces that move by a speed: formulas of their place, the planar Stefan problem, series that are gone on with."""

from __future__ import annotations

import numpy as np
import pytest

import nbm
from nbm.symbols import sqrt, x, y, z

BOX = nbm.Box((-1, -1, -1), (1, 1, 1))
BALL = nbm.Problem(BOX, sqrt(x**2 + y**2 + z**2) - 0.3, boundary=z)

pytest.importorskip("igl")


def grid(problem):
    return nbm.solve_on_grid(problem, 8)


def move(steps, velocity, problem=BALL, **options):
    arguments = {"front_cells": 32, "solver": grid, **options}
    return nbm.evolve(problem, steps, 0.4 / steps, velocity=velocity, **arguments)


def directions(count=500):
    d = np.random.default_rng(0).normal(size=(count, 3))
    return d / np.linalg.norm(d, axis=1, keepdims=True)


def test_a_ball_grows_at_a_constant_speed():
    level_set = move(8, 0.5).last.level_set
    d = directions()
    assert np.abs(level_set(0.5 * d)).max() < 5e-4
    # It is the distance, near and far.
    np.testing.assert_allclose(level_set(0.7 * d), 0.2, atol=2e-3)
    np.testing.assert_allclose(level_set(0.9 * d), 0.4, atol=2 / 32)


def test_a_ball_shrinks_at_a_speed_that_depends_on_the_place():
    # r^2 = 0.09 - 0.08 t; the surface is interpolated to third order between the nodes.
    place = np.sqrt(0.09 - 0.08 * 0.4) * directions()
    errors = [
        np.abs(
            move(8, lambda state, p, n: -0.04 / np.linalg.norm(p, axis=1), front_cells=c).last.level_set(place)
        ).max()
        for c in (24, 48)
    ]
    assert errors[1] < errors[0] / 4
    assert errors[1] < 1e-3


def test_a_ball_is_carried_along():
    level_set = move(8, lambda state, points, normals: 0.5 * normals[:, 2]).last.level_set
    d = directions()
    assert np.abs(level_set([0, 0, 0.2] + 0.3 * d)).max() < 2e-3


def melting(height):
    """Liquid over a solid at 0 that fills z < height; the upper wall is at -1; no heat is stored."""
    return nbm.Problem(
        BOX,
        z - height,
        minus=nbm.Medium(mu=1e4, k=1e4, boundary=0.0),
        plus=nbm.Medium(boundary=-(z - height) / (1 - height)),
    )


def test_a_planar_front_freezes_as_its_formula_says():
    # u = -(z - h) / (1 - h), L h' = 1 / (1 - h).
    latent, steps, start, length = 2.0, 10, -0.3, 0.6
    height = [1 - np.sqrt((1 - start) ** 2 - 2 * length * n / steps / latent) for n in range(steps + 1)]
    series = nbm.evolve(
        lambda t: melting(height[round(t / length * steps)]),
        steps,
        length / steps,
        initial=(0.0, -(z - start) / (1 - start)),
        capacity=0.0,
        velocity=nbm.stefan_speed(latent, (0.0, 1.0)),
        front_cells=24,
        solver=lambda problem: nbm.solve_on_grid(problem, 16),
    )
    inner = np.random.default_rng(0).uniform(-0.5, 0.5, (200, 3))
    inner[:, 2] = height[-1]
    assert height[-1] - start > 0.25
    assert np.abs(series.last.level_set(inner)).max() < 0.02 * (height[-1] - start)


def test_series_of_moving_fronts_are_gone_on_with(tmp_path):
    def speed(state, points, normals):
        return 0.2 + state.plus(points)

    whole = move(4, speed)
    nbm.evolve(BALL, 2, 0.1, velocity=speed, front_cells=32, solver=grid, folder=tmp_path)
    again = move(4, speed, folder=tmp_path, resume=True)
    points = np.random.default_rng(0).uniform(-1, 1, (200, 3))
    np.testing.assert_allclose(again.last.level_set(points), whole.last.level_set(points), atol=1e-9)
    np.testing.assert_allclose(again.last(points), whole.last(points), atol=1e-8)


@pytest.mark.parametrize(
    ("velocity", "says"),
    [(10.0, "more than two cells"), (-0.8, "vanished"), ("fast", "velocity")],
)
def test_wrong_speeds(velocity, says):
    with pytest.raises(nbm.InvalidArgument, match=says):
        move(4, velocity)


def test_a_wrong_latent_heat():
    with pytest.raises(nbm.InvalidArgument, match="latent_heat"):
        nbm.stefan_speed(0.0, (1.0, 1.0))
