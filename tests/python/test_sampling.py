"""Sampling seen from Python: against NumPy and SciPy, with shares, groups, options and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

import nbm
from nbm import sampling
from nbm.symbols import sqrt, x, y, z

CELL = (0.05, 0.04, 0.06)
SEMI_AXES = np.array([0.7, 0.5, 0.3])
BOX = nbm.Box((-1, -1, -1), (1, 1, 1))
ELLIPSOID = (x / 0.7) ** 2 + (y / 0.5) ** 2 + (z / 0.3) ** 2 - 1


def ellipsoid(points):
    return np.sum((points / SEMI_AXES) ** 2, axis=-1) - 1.0


@pytest.fixture(scope="module")
def problem():
    return nbm.Problem(BOX, ELLIPSOID)


@pytest.fixture(scope="module")
def plain_problem():
    return nbm.Problem(BOX, 1.0)


@pytest.fixture(scope="module")
def sampler(problem):
    return sampling.Sampler(problem, seed=3)


def kinds_by_numpy(points, h):
    h = np.asarray(h)
    corners = np.stack([points + h * (np.array([i, j, k]) - 0.5) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    star = np.stack([points] + [points + s * h * np.eye(3)[axis] for axis in range(3) for s in (-1, 1)])
    phi = ellipsoid(corners)
    small = np.abs(phi) < 1e-12 * h.min()
    minus = np.concatenate([np.where(small, 1.0, phi), ellipsoid(star)]) < 0
    count = minus.sum(axis=0)
    return np.where(count == 0, 1, np.where(count == 15, 0, 2))


def test_classify_agrees_with_numpy(problem):
    points = np.random.default_rng(0).uniform(-0.9, 0.9, (3000, 3))
    kinds = sampling.classify(problem, points, CELL)
    assert kinds.dtype == np.uint8
    np.testing.assert_array_equal(kinds, kinds_by_numpy(points, CELL))
    assert set(np.unique(kinds)) == {0, 1, 2}


def test_every_point_is_of_its_kind(sampler):
    samples = sampler.draw(0, CELL)
    assert (kinds_by_numpy(samples.regular_minus, CELL) == 0).all()
    assert (kinds_by_numpy(samples.regular_plus, CELL) == 1).all()
    assert (kinds_by_numpy(samples.irregular, CELL) == 2).all()
    assert (ellipsoid(samples.boundary_plus) >= 0).all()
    assert samples.boundary_minus.shape == (0, 3)
    h = np.array(CELL)
    for points in (samples.regular_minus, samples.regular_plus):
        assert (np.abs(points) <= 1 - h / 2 + 1e-12).all(), "cells stay in the box"
    assert (np.sum(np.abs(samples.boundary_plus) == 1, axis=1) == 1).all()


def test_counts_are_about_those_asked_for(sampler):
    counts = sampler.draw(0, CELL).counts
    # Five standard deviations of the measured acceptance (4096 probes) for random points.
    assert counts["regular_minus"] + counts["regular_plus"] == pytest.approx(4096, rel=0.05)
    assert counts["irregular"] == pytest.approx(2048, rel=0.05)
    assert counts["boundary_minus"] + counts["boundary_plus"] == 1024


def test_regular_points_fill_both_sides_by_volume(problem, sampler):
    samples = sampling.Sampler(problem, regular=65536, irregular=0, boundary=0, seed=1).draw(0, 0.02)
    inside = len(samples.regular_minus) / (len(samples.regular_minus) + len(samples.regular_plus))
    # Of the box less h/2 without the irregular cells: a shell of width between h/2 and h on each side of area A.
    volume = 4 / 3 * np.pi * SEMI_AXES.prod()
    area = sampler.interface_area
    assert (volume - 0.02 * area) / 1.98**3 < inside < (volume - 0.005 * area) / (1.98**3 - 0.04 * area)


def test_interface_points_and_normals(problem):
    points, normals = sampling.on_interface(problem, 2000, seed=5)
    assert points.shape == normals.shape == (2000, 3)
    # 1e-10 edges times the slope, at most 2 / 0.3.
    assert np.abs(ellipsoid(points)).max() < 2e-10 * 2 / 0.3
    gradient = 2 * points / SEMI_AXES**2
    exact = gradient / np.linalg.norm(gradient, axis=1, keepdims=True)
    # Central differences are exact for a quadratic but for round-off: eps / step = 1e-11, times a few.
    assert np.abs(normals - exact).max() < 1e-9


def test_interface_area_of_the_sphere():
    sampler = sampling.Sampler(nbm.Problem(BOX, sqrt(x**2 + y**2 + z**2) - 0.5))
    assert sampler.interface_area == pytest.approx(np.pi, rel=(2 / 96 / 0.5) ** 2)


@pytest.mark.parametrize("ranks", [2, 5])
def test_shares_join_to_the_whole(sampler, ranks):
    whole = sampler.draw(4, CELL)
    shares = [sampler.draw(4, CELL, rank=rank, ranks=ranks) for rank in range(ranks)]
    for name in whole.counts:
        joined = np.concatenate([getattr(share, name) for share in shares])
        np.testing.assert_array_equal(joined, getattr(whole, name))


def test_threads_give_the_same_bits(problem):
    one, three = (sampling.draw(problem, cell_size=0.05, seed=2, draw=7, threads=threads) for threads in (1, 3))
    for name in one.counts:
        np.testing.assert_array_equal(getattr(one, name), getattr(three, name))
    other = sampling.draw(problem, cell_size=0.05, seed=2, draw=8)
    assert not np.array_equal(one.regular_plus, other.regular_plus)


def test_without_interface_only_plus_points_remain(plain_problem):
    sampler = sampling.Sampler(plain_problem)
    assert not sampler.has_interface
    assert sampler.interface_area == 0
    assert sampler.draw(0, 0.1).counts == {
        "regular_minus": 0, "regular_plus": 4096, "irregular": 0, "boundary_minus": 0, "boundary_plus": 1024,
    }  # fmt: skip
    assert sampling.on_interface(plain_problem, 10)[0].shape == (0, 3)


def test_a_host_function_as_level_set_gives_the_points_of_the_expression(problem):
    by_function = nbm.Problem(BOX, ellipsoid)
    expected, got = (sampling.draw(p, cell_size=0.05, threads=2) for p in (problem, by_function))
    # Signs differ only where a cell touches the interface to round-off.
    assert got.counts == expected.counts
    np.testing.assert_allclose(got.irregular, expected.irregular, atol=1e-9)


def test_an_epoch_of_the_grid_has_every_node_once(problem):
    grid = sampling.GridBatches(problem, nodes=21, batch=2000, seed=1)
    batches = [grid.draw(0, batch, 0.1) for batch in range(grid.batches_per_epoch)]
    points = np.concatenate([getattr(batch, name) for batch in batches for name in batch.counts])
    axis = np.linspace(-1, 1, 21)
    nodes = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    order = np.lexsort(np.round(points, 9).T[::-1])
    np.testing.assert_allclose(points[order], nodes, atol=1e-12)
    assert not np.array_equal(grid.draw(1, 0, 0.1).regular_plus, batches[0].regular_plus)


def test_low_discrepancy_points_are_as_even_as_scipys():
    points = sampling.low_discrepancy(1024, 3, seed=1)
    assert points.shape == (1024, 3)
    discrepancy = [qmc.discrepancy(sampling.low_discrepancy(1024, 3, seed=seed)) for seed in range(8)]
    peers = [qmc.discrepancy(qmc.Sobol(3, seed=seed).random(1024)) for seed in range(8)]
    random = [qmc.discrepancy(np.random.default_rng(seed).random((1024, 3))) for seed in range(8)]
    assert np.mean(discrepancy) < 1.5 * np.mean(peers)
    assert np.mean(discrepancy) < np.mean(random) / 20
    np.testing.assert_array_equal(sampling.low_discrepancy(24, 3, first=1000, seed=1), points[1000:])
    assert not np.array_equal(sampling.low_discrepancy(1024, 3, seed=1, draw=1), points)


def test_resolution_schedules():
    assert sampling.Resolution(levels=3).schedule(7) == [0, 0, 0, 1, 1, 2, 2]
    assert sampling.Resolution(levels=3, order="cycle").schedule(5) == [0, 1, 2, 0, 1]
    random = sampling.Resolution(levels=3, order="random")
    assert set(random.schedule(100)) == {0, 1, 2}
    assert random.schedule(100, seed=1) == random.schedule(100, seed=1) != random.schedule(100, seed=2)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"mode": "stale"}, "mode"),
        ({"regular": -1}, "regular"),
        ({"irregular": 1.5}, "irregular"),
        ({"boundary": True}, "boundary"),
        ({"regular": 0, "irregular": 0, "boundary": 0}, "regular"),
        ({"refresh": 0}, "refresh"),
        ({"grid_nodes": 1}, "grid_nodes"),
        ({"batch": 0}, "batch"),
    ],
)
def test_sampling_options_are_checked(options, name):
    with pytest.raises(nbm.InvalidArgument) as error:
        sampling.Sampling(**options)
    assert error.value.name == name


@pytest.mark.parametrize(
    ("options", "name"), [({"levels": 0}, "levels"), ({"levels": 33}, "levels"), ({"order": "up"}, "order")]
)
def test_resolution_options_are_checked(options, name):
    with pytest.raises(nbm.InvalidArgument) as error:
        sampling.Resolution(**options)
    assert error.value.name == name


@pytest.mark.parametrize("cell_size", [0, -0.1, 2.0, float("nan"), (0.1, 0.1), (0.1, 0.1, 3.0), (0.1, 0.0, 0.1)])
def test_cell_sizes_are_checked(sampler, cell_size):
    with pytest.raises(nbm.InvalidArgument) as error:
        sampler.draw(0, cell_size)
    assert error.value.name == "cell_size"


def test_other_arguments_are_checked(problem, sampler):
    for call in (
        lambda: sampling.Sampler(problem, regular=-1),
        lambda: sampling.Sampler(problem, regular=2**40),
        lambda: sampling.Sampler(problem, seed=-1),
        lambda: sampling.Sampler(problem, threads=-1),
        lambda: sampler.draw(-1, 0.1),
        lambda: sampler.draw(0, 0.1, rank=2, ranks=2),
        lambda: sampler.on_interface(0, -1),
        lambda: sampling.GridBatches(problem, nodes=1),
        lambda: sampling.GridBatches(problem, nodes=8).draw(0, 1, 0.1),
        lambda: sampling.low_discrepancy(8, 7),
        lambda: sampling.classify(problem, np.zeros((3, 2)), 0.1),
    ):
        with pytest.raises(nbm.InvalidArgument):
            call()


def test_a_level_set_that_is_not_finite_is_named():
    outside = nbm.Problem(BOX, lambda points: np.where(points[:, 0] > 1.2, np.nan, points[:, 0]))
    with pytest.raises(nbm.InvalidField) as error:
        sampling.classify(outside, np.full((1, 3), 1.15), 0.2)
    assert error.value.field == "level_set"
    assert error.value.point[0] > 1.2
