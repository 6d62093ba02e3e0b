"""Boxes, fields of every kind, and the statement of problems."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import nbm
from nbm import _core
from nbm.fields import as_field
from nbm.symbols import cos, exp, log, sin, sqrt, x, y, z
from nbm.sympy_nodes import compile_expression

RADIUS = sqrt(x**2 + y**2 + z**2)
SPHERE = RADIUS - 0.5


def random_points(n: int = 500) -> np.ndarray:
    return np.random.default_rng(2).uniform(-1, 1, (n, 3))


def grid_of(function, shape, box):
    axes = [np.linspace(a, b, n) for a, b, n in zip(box.lower, box.upper, shape, strict=True)]
    return function(*np.meshgrid(*axes, indexing="ij"))


def test_box_holds_tuples():
    box = nbm.Box([0, 0, 0], np.array([1, 2, 3]))
    assert box.lower == (0.0, 0.0, 0.0)
    assert box.edge == (1.0, 2.0, 3.0)
    assert box == nbm.Box((0, 0, 0), (1, 2, 3))
    assert hash(box) == hash(nbm.Box((0, 0, 0), (1, 2, 3)))
    assert tuple(box.native.upper) == (1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ((0, 0, 0), (1, 0, 1)),
        ((0, 0, 2), (1, 1, 1)),
        ((0, 0), (1, 1)),
        ((0, 0, float("nan")), (1, 1, 1)),
        ((0, 0, 0), (1, 1, float("inf"))),
        ("abc", (1, 1, 1)),
        (None, (1, 1, 1)),
        (0, 1),
    ],
)
def test_bad_boxes_are_refused(lower, upper):
    with pytest.raises(nbm.InvalidArgument):
        nbm.Box(lower, upper)


def test_every_kind_of_field_evaluates():
    points = random_points()
    truth = np.sin(points[:, 0]) * points[:, 1]
    np.testing.assert_array_equal(as_field(2, "f").evaluate(points), np.full(500, 2.0))
    np.testing.assert_array_equal(as_field(np.float32(0.5), "f").evaluate(points), np.full(500, 0.5))
    np.testing.assert_allclose(as_field(sin(x) * y, "f").evaluate(points), truth, rtol=1e-15, atol=1e-16)
    np.testing.assert_array_equal(as_field(lambda p: np.sin(p[:, 0]) * p[:, 1], "f").evaluate(points), truth)
    box = nbm.Box()
    grid = nbm.GridField(grid_of(lambda a, b, c: np.sin(a) * b, (41, 41, 5), box), box)
    # Cubic: the third derivative is at most 1, the error at most h^3 with h = 1/20, here with a constant below 0.1.
    np.testing.assert_allclose(as_field(grid, "f").evaluate(points), truth, atol=0.1 / 20**3)
    np.testing.assert_array_equal(grid(points), as_field(grid, "f").evaluate(points))


@pytest.mark.parametrize("value", ["x + 1", None, [1.0], True, 1j, int, np.ones(3)])
def test_other_values_are_no_fields(value):
    with pytest.raises(nbm.InvalidArgument, match=r"plus\.f") as caught:
        nbm.Problem(nbm.Box(), plus=nbm.Medium(f=value))
    assert caught.value.name == "plus.f"


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (np.ones((4, 4)), {}),
        (np.ones((4, 4, 3)), {}),
        (np.ones((4, 2, 4)), {"interpolation": "quadratic_eno"}),
        (np.ones((4, 4, 4)), {"interpolation": "spline"}),
        (np.full((4, 4, 4), np.nan), {}),
        (np.ones((4, 4, 4), dtype=complex), {}),
        (np.full((4, 4, 4), "a"), {}),
        (None, {}),
    ],
)
def test_bad_grids_are_refused(values, options):
    with pytest.raises(nbm.InvalidArgument):
        nbm.GridField(values, nbm.Box(), **options)


def test_grid_keeps_its_own_values():
    values = np.ones((4, 4, 4), dtype=np.float32, order="F")
    grid = nbm.GridField(values, nbm.Box())
    values[:] = 7
    assert grid.values.dtype == np.float64
    assert grid(np.zeros((1, 3)))[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        grid.values[0, 0, 0] = 3.0


@pytest.mark.parametrize(("interpolation", "order"), [("linear", 2), ("cubic", 3), ("quadratic_eno", 3)])
def test_gridded_level_set_converges(interpolation, order):
    box = nbm.Box((-1, -1, -1), (1, 2, 1))
    points = np.random.default_rng(3).uniform(box.lower, box.upper, (3000, 3))

    def smooth(a, b, c):
        return np.sin(2 * a + b) * np.exp(c / 2)

    errors = []
    for n in (17, 33):
        grid = nbm.GridField(grid_of(smooth, (n, n, n), box), box, interpolation)
        errors.append(np.abs(grid(points) - smooth(*points.T)).max())
    assert np.log2(errors[0] / errors[1]) > order - 0.35  # the maximum over random points wavers


def test_problem_builds_natively():
    problem = nbm.Problem(
        nbm.Box(),
        SPHERE,
        minus=nbm.Medium(k=1, mu=y**2 * log(x + 2) + 4, f=exp(z)),
        plus=nbm.Medium(mu=exp(-z), f=lambda p: p[:, 0] ** 2),
        jump_u=cos(x),
        jump_flux=x / RADIUS,
        boundary=z,
    )
    native = problem.native
    assert (native.minus.k.kind, native.minus.mu.kind, native.plus.f.kind) == ("constant", "expression", "callback")
    points = random_points(5)
    np.testing.assert_array_equal(native.plus.boundary.evaluate(points), points[:, 2])
    assert _core.has_interface(native, 1)


def test_media_may_have_their_own_boundary_values():
    problem = nbm.Problem(nbm.Box(), z, minus=nbm.Medium(boundary=x), boundary=y)
    points = random_points(5)
    np.testing.assert_array_equal(problem.native.minus.boundary.evaluate(points), points[:, 0])
    np.testing.assert_array_equal(problem.native.plus.boundary.evaluate(points), points[:, 1])


@pytest.mark.parametrize("level_set", [None, 1.0])
def test_no_interface_is_a_plain_problem(level_set):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        problem = nbm.Problem(nbm.Box(), level_set, plus=nbm.Medium(f=1))
    assert not _core.has_interface(problem.native, 1)


def test_a_small_interface_is_an_interface():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nbm.Problem(nbm.Box(), RADIUS - 0.02)


@pytest.mark.parametrize("level_set", [RADIUS + 0.5, -RADIUS - 1, lambda p: np.ones(len(p))])
def test_level_set_of_one_sign_warns(level_set):
    with pytest.warns(nbm.NoInterfaceWarning, match="level_set"):
        nbm.Problem(nbm.Box(), level_set)


def test_bad_diffusion_is_located():
    with pytest.raises(nbm.InvalidField) as caught:
        nbm.Problem(nbm.Box(), SPHERE, plus=nbm.Medium(mu=x))
    error = caught.value
    assert error.field == "plus.mu"
    assert error.value == error.point[0] <= 0
    assert np.linalg.norm(error.point) >= 0.5
    with pytest.raises(nbm.InvalidField, match=r"minus\.mu"):
        nbm.Problem(nbm.Box(), SPHERE, minus=nbm.Medium(mu=0))


@pytest.mark.parametrize("name", ["level_set", "minus.k", "plus.f", "jump_u", "jump_flux", "plus.boundary"])
def test_nan_is_located(name):
    bad = log(-2 - x**2)
    side, _, key = name.rpartition(".")
    fields = {"level_set": SPHERE, "minus": {}, "plus": {}}
    if side:
        fields[side] = {key: bad}
    else:
        fields[name] = bad
    media = {s: nbm.Medium(**fields.pop(s)) for s in ("minus", "plus")}
    with pytest.raises(nbm.InvalidField) as caught:
        nbm.Problem(nbm.Box(), fields.pop("level_set"), **media, **fields)
    assert caught.value.field == name
    assert np.isnan(caught.value.value)


def test_wrong_arguments_are_named():
    for options in ({"box": (0, 1)}, {"minus": 3}, {"plus": {"mu": 1}}):
        with pytest.raises(nbm.InvalidArgument) as caught:
            nbm.Problem(**{"box": nbm.Box(), **options})
        assert caught.value.name == next(iter(options))


def test_grids_must_cover_the_box():
    small = nbm.GridField(np.ones((4, 4, 4)), nbm.Box((-1, -1, -1), (1, 1, 0.5)))
    with pytest.raises(nbm.InvalidArgument, match="cover") as caught:
        nbm.Problem(nbm.Box(), plus=nbm.Medium(k=small))
    assert caught.value.name == "plus.k"


@pytest.mark.parametrize(
    "function",
    [
        lambda p: np.full(len(p), 2, dtype=np.float32),
        lambda p: np.full(len(p), 2),
        lambda p: np.full((len(p), 1), 2.0),
        lambda p: [2.0] * len(p),
        lambda p: 2,
        lambda p: np.float64(2.0),
        lambda x, y, z: 2.0 + 0 * x,
        lambda x, y, z, shift=2: shift,
        lambda p, shift=2, other=0: shift,
        lambda *points: 2.0,
        np.vectorize(lambda p: 2.0, signature="(n)->()"),
    ],
)
def test_functions_may_return_what_is_meant(function):
    np.testing.assert_array_equal(as_field(function, "minus.f").evaluate(random_points(7)), np.full(7, 2.0))


def test_functions_of_coordinates_get_them_in_order():
    points = random_points(7)
    field = as_field(lambda x, y, z: x + 10 * y + 100 * z, "minus.f")
    np.testing.assert_allclose(field.evaluate(points), points @ [1, 10, 100], rtol=1e-15)


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (lambda p: p, "shape"),
        (lambda p: np.ones(len(p) - 1), "shape"),
        (lambda p: np.ones((1, len(p))), "shape"),
        (lambda p: np.ones(len(p), dtype=complex), "complex"),
        (lambda p: "two", "<U3"),
        (lambda p: None, "object"),
    ],
)
def test_functions_must_return_real_numbers(function, word):
    with pytest.raises(nbm.InvalidArgument, match=word) as caught:
        as_field(function, "minus.f").evaluate(random_points(7))
    assert caught.value.name == "minus.f"


def test_functions_of_another_number_of_arguments_are_refused():
    with pytest.raises(nbm.InvalidArgument, match="takes 2 arguments, expected one, points") as caught:
        nbm.Problem(nbm.Box(), plus=nbm.Medium(mu=lambda x, y: 1.0))
    assert caught.value.name == "plus.mu"


def test_numbers_beyond_double_precision_are_refused():
    with pytest.raises(nbm.InvalidArgument, match="expected a finite number"):
        nbm.Problem(nbm.Box(), plus=nbm.Medium(mu=10**400))


def test_exceptions_of_functions_pass_through():
    class OwnError(Exception):
        pass

    def fails(points):
        raise OwnError("mine")

    with pytest.raises(OwnError, match="mine"):
        nbm.Problem(nbm.Box(), SPHERE, plus=nbm.Medium(f=fails))


def test_functions_see_points_and_may_return_views():
    seen = []

    def function(points):
        seen.append((points.dtype, points.shape, points.flags.c_contiguous))
        return points[:, 1]

    points = random_points(9)
    np.testing.assert_array_equal(as_field(function, "f").evaluate(points), points[:, 1])
    assert seen == [(np.dtype(np.float64), (9, 3), True)]


def test_functions_run_on_other_threads():
    field = as_field(lambda p: p[:, 0] * 2, "f")
    points = random_points(1000)
    results = [np.empty(0)] * 4

    def work(i):
        results[i] = field.evaluate(points)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for values in results:
        np.testing.assert_array_equal(values, points[:, 0] * 2)


def test_digest_tells_statements_apart():
    grid = nbm.GridField(np.ones((4, 4, 4)), nbm.Box())
    other = nbm.GridField(np.ones((4, 4, 4)) * 2, nbm.Box())

    def digest(box=None, level_set=SPHERE, **options):
        return nbm.Problem(box or nbm.Box(), level_set, **options).digest()

    variants = [
        digest(),
        digest(nbm.Box((-1, -1, -1), (1, 1, 2))),
        digest(level_set=RADIUS - 0.4),
        digest(jump_u=1.0),
        digest(jump_flux=1.0),
        digest(boundary=1.0),
        digest(minus=nbm.Medium(mu=2)),
        digest(plus=nbm.Medium(mu=2)),
        digest(plus=nbm.Medium(mu=x + 3)),
        digest(plus=nbm.Medium(mu=grid)),
        digest(plus=nbm.Medium(mu=other)),
        digest(plus=nbm.Medium(mu=lambda p: np.ones(len(p)))),
    ]
    assert len(set(variants)) == len(variants)
    assert digest() == digest()
    assert digest(plus=nbm.Medium(mu=1.0 + 0 * x)) == digest(plus=nbm.Medium(mu=1))
    assert len(digest()) == 64


def test_digest_is_that_of_any_process_and_of_what_is_read_back():
    """SymPy's sets change their order with the hash seed; the digest, which model files carry, must not."""
    program = "import nbm; print(nbm.problems.star().digest())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert digests == {nbm.problems.star().digest()}
    source = compile_expression(nbm.problems.star().minus.f, "f")
    assert type(source).from_nodes(*source.nodes()).nodes() == source.nodes()


def test_a_method_as_boundary_serves_both_sides():
    class Outside:
        def value(self, points):
            return 2 * points[:, 0]

    problem = nbm.Problem(nbm.Box(), nbm.symbols.x - 0.1, boundary=Outside().value)
    for side in (problem.native.minus, problem.native.plus):
        assert side.boundary.evaluate(np.array([[1.0, 0.0, 0.0]])) == pytest.approx([2.0])
