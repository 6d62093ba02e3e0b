import sys

import numpy as np
import pytest

import nbm
from nbm.error_norms import low_discrepancy_points, points_near_interface
from solution_helpers import LOWER, UPPER, both_sides, level_set, make_level_set, make_solution, some_points
from test_vtk_image import read_vti

EPS = np.finfo(np.float64).eps
# Some 40 roundings in the two layers, amplified by row sums of the weights of at most 10.
TOLERANCE = 400 * EPS


def test_u_is_the_network_of_each_points_side():
    solution, points = make_solution(), some_points()
    minus, plus = both_sides(points)
    inside = level_set(points) < 0
    assert 100 < inside.sum() < len(points) - 100
    np.testing.assert_array_equal(solution.side(points), np.where(inside, 0, 1))
    assert solution.side(points).dtype == np.int8
    np.testing.assert_allclose(solution(points), np.where(inside, minus, plus), rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(solution.minus(points), minus, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(solution.plus(points), plus, rtol=0, atol=TOLERANCE)
    np.testing.assert_array_equal(solution.jump(points), solution.plus(points) - solution.minus(points))
    np.testing.assert_allclose(solution.level_set(points), level_set(points), rtol=0, atol=8 * EPS * 10)


def test_gradients_are_those_of_the_values():
    solution, points = make_solution(), some_points(200)
    h = 1e-5  # error h^2/6 |u'''| + eps |u| / h: below 1e-6 for |u'''| < 1e4
    for values, gradient in ((solution.minus, solution.gradient_minus), (solution.plus, solution.gradient_plus)):
        slopes = [(values(points + h * e) - values(points - h * e)) / (2 * h) for e in np.eye(3)]
        np.testing.assert_allclose(gradient(points), np.stack(slopes, axis=1), rtol=0, atol=1e-6)
    inside = (level_set(points) < 0)[:, None]
    expected = np.where(inside, solution.gradient_minus(points), solution.gradient_plus(points))
    np.testing.assert_array_equal(solution.gradient(points), expected)
    u, gradient = solution.value_and_gradient(points)
    np.testing.assert_allclose(u, solution(points), rtol=0, atol=TOLERANCE)
    np.testing.assert_array_equal(gradient, expected)


def test_float32_arithmetic_is_close_and_float32_points_are_converted():
    solution, points = make_solution(), some_points(100).astype(np.float32)
    single = solution(points, precision="float32")
    assert single.dtype == np.float64
    # The double tolerance with the other epsilon.
    np.testing.assert_allclose(single, solution(points), rtol=0, atol=400 * np.finfo(np.float32).eps)
    with pytest.raises(nbm.InvalidArgument) as caught:
        solution(points, precision="half")
    assert caught.value.name == "precision"


def test_threads_do_not_change_a_bit():
    solution, points = make_solution(), some_points(30000)
    solution.threads = 1
    alone = solution(points)
    solution.threads = 3
    np.testing.assert_array_equal(solution(points), alone)
    solution.threads = -1
    with pytest.raises(nbm.InvalidArgument):
        solution(points)


def test_no_points_give_no_values():
    solution = make_solution()
    assert solution(np.empty((0, 3))).shape == (0,)
    assert solution.gradient(np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("method", ["__call__", "gradient", "minus", "plus", "side", "jump", "level_set"])
def test_points_of_another_shape_are_refused(method):
    with pytest.raises(nbm.InvalidArgument, match=r"points: .*\(2,\).*\(\.\.\., 3\)"):
        getattr(make_solution(), method)([0.0, 0.0])


@pytest.mark.parametrize("method", ["__call__", "gradient", "minus", "gradient_plus", "side", "jump", "level_set"])
def test_points_of_any_shape_and_one_point(method):
    evaluate = getattr(make_solution(), method)
    points = some_points(24)
    expected = evaluate(points)
    grid = evaluate(points.reshape(2, 3, 4, 3))
    assert grid.shape == (2, 3, 4, *expected.shape[1:])
    np.testing.assert_array_equal(grid.reshape(expected.shape), expected)
    assert evaluate(points[5]).shape == expected.shape[1:]
    np.testing.assert_array_equal(evaluate(points[5]), expected[5])
    assert evaluate(np.zeros((0, 3))).shape == (0, *expected.shape[1:])


METHODS = ["__call__", "gradient", "value_and_gradient", "minus", "plus", "gradient_minus", "gradient_plus", "jump"]


@pytest.mark.parametrize("method", METHODS)
def test_points_outside_of_the_box(method):
    solution = make_solution()
    evaluate = getattr(solution, method)
    inside, outside = np.array(LOWER, dtype=float), np.add(UPPER, [0, 0, 0.1])
    points = np.array([inside, outside])
    evaluate(inside)  # a warning would be an error here; so is the boundary inside, up to round-off
    evaluate(np.nextafter(inside, -np.inf))
    with pytest.warns(nbm.OutsideWarning, match="1 of 2 lie outside") as caught:
        warned = evaluate(points)
    assert caught[0].filename == __file__
    with pytest.raises(nbm.InvalidArgument, match="1 of 2 lie outside"):
        evaluate(points, outside="raise")
    silent, blank = evaluate(points, outside="extrapolate"), evaluate(points, outside="nan")
    pairs = zip(warned, silent, blank, strict=True) if method == "value_and_gradient" else [(warned, silent, blank)]
    for first, second, third in pairs:
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(third[0], first[0])
        assert np.all(np.isnan(third[1]))
    with pytest.raises(nbm.InvalidArgument, match="outside: got 'ignore'"):
        evaluate(points, outside="ignore")


def test_box_parameters_and_info():
    solution = make_solution()
    assert solution.box.lower == tuple(LOWER)
    assert solution.box.upper == tuple(UPPER)
    assert solution.info == {"made by": "a test"}
    solution.info = {"a": "b", "n": 3}
    assert solution.info == {"a": "b", "n": "3"}
    solution.parameters[:] = 0  # a copy
    assert np.abs(solution.parameters).max() > 0
    assert solution.history is None
    assert solution.stop_reason is None


def test_error_norms_of_a_known_difference():
    solution = make_solution()
    points = some_points(50)
    exact = solution(points)
    exact[7] += 0.25
    norms = solution.error(lambda _: exact, points=points)
    assert norms.linf == pytest.approx(0.25, rel=1e-12)
    assert norms.rmse == pytest.approx(0.25 / np.sqrt(50), rel=1e-12)
    assert norms.relative_linf == pytest.approx(0.25 / np.abs(exact).max(), rel=1e-12)
    assert norms.points == 50


def test_errors_are_measured_near_the_interface_too():
    solution, seen = make_solution(), []

    def exact(points):
        seen.append(points)
        return solution(points) + 1.0

    norms = solution.error(exact)
    assert norms.points == 55_000
    assert norms.linf == pytest.approx(1.0, abs=1e-12)
    near = seen[0][50_000:]
    distance = np.abs(np.linalg.norm(near, axis=1) - 0.9)
    # |phi|/|grad phi| is the distance to first order: relative error distance / radius / 2.
    assert distance.max() < 3.0 / 64 * 1.06
    assert ((seen[0] >= LOWER) & (seen[0] <= UPPER)).all()


def test_without_an_interface_there_are_no_points_near_it():
    near = points_near_interface(lambda points: np.ones(len(points)), LOWER, UPPER, 0.1, 10, most_candidates=10_000)
    assert near.shape == (0, 3)


def test_low_discrepancy_points_fill_every_octant_evenly():
    points = low_discrepancy_points(np.zeros(3), np.ones(3), 4096)
    counts = np.bincount((points * 8).astype(int) @ [64, 8, 1], minlength=512)
    # 8 a cell on average; random ones would give 0 and 17 among 512 cells.
    assert counts.min() >= 4
    assert counts.max() <= 12
    np.testing.assert_array_equal(low_discrepancy_points(np.zeros(3), np.ones(3), 96, first=4000), points[4000:])


def test_flux_jumps_take_coefficients_and_normals():
    box = nbm.Box(tuple(LOWER), tuple(UPPER))
    x = nbm.symbols.x
    problem = nbm.Problem(box, make_level_set(), minus=nbm.Medium(mu=3.0), plus=nbm.Medium(mu=x + 5))
    solution, points = make_solution(), some_points(50)
    normals = points / np.linalg.norm(points, axis=1, keepdims=True)
    plus = (points[:, 0] + 5) * (solution.gradient_plus(points) * normals).sum(axis=1)
    minus = 3.0 * (solution.gradient_minus(points) * normals).sum(axis=1)
    size = np.abs(plus).max() + np.abs(minus).max()
    np.testing.assert_allclose(solution.flux_jump(problem, points, normals), plus - minus, rtol=0, atol=16 * EPS * size)
    with pytest.raises(nbm.InvalidArgument) as caught:
        solution.flux_jump(problem, points, normals[:7])
    assert caught.value.name == "normals"


def test_an_exact_solution_must_fit():
    with pytest.raises(nbm.InvalidArgument, match="exact: got float"):
        make_solution().error(1.0)
    with pytest.raises(nbm.InvalidArgument, match=r"exact: .*\(3,\)"):
        make_solution().error(lambda _: np.zeros(3), points=some_points(4))
    with pytest.raises(nbm.InvalidField) as caught:
        make_solution().error(lambda points: np.full(len(points), np.nan), points=some_points(4))
    assert caught.value.field == "exact"


def test_vtk_files_hold_the_values_of_their_nodes(tmp_path):
    solution, shape = make_solution(), (5, 4, 3)
    solution.to_vtk(tmp_path / "u.vti", shape=shape, fields=("gradient", "u", "side", "level_set"))
    fields, origin, spacing, nodes = read_vti(tmp_path / "u.vti")
    assert nodes == list(shape)
    assert list(fields) == ["gradient", "u", "side", "level_set"]
    k, j, i = np.indices(shape[::-1])
    points = (np.array(origin) + np.stack([i, j, k], axis=-1) * np.array(spacing)).reshape(-1, 3)
    np.testing.assert_allclose(points[[0, -1]], [LOWER, UPPER], rtol=0, atol=8 * EPS)
    # Nodes differ by round-off from the writer's; u has slopes of at most 100.
    np.testing.assert_allclose(fields["u"].ravel(), solution(points), rtol=0, atol=100 * 8 * EPS)
    np.testing.assert_allclose(fields["gradient"].reshape(-1, 3), solution.gradient(points), rtol=0, atol=1e4 * 8 * EPS)
    np.testing.assert_array_equal(fields["side"].ravel(), solution.side(points))
    np.testing.assert_allclose(fields["level_set"].ravel(), level_set(points), rtol=0, atol=10 * 8 * EPS)


@pytest.mark.parametrize("options", [{"shape": (1, 4, 4)}, {"shape": (4, 4)}, {"fields": ("u", "v")}])
def test_vtk_options_are_checked(tmp_path, options):
    with pytest.raises(nbm.InvalidArgument) as caught:
        make_solution().to_vtk(tmp_path / "u.vti", **options)
    assert caught.value.name in options


def test_pictures(tmp_path):
    pytest.importorskip("matplotlib")
    solution = make_solution()
    for axis in "xyz":
        solution.plot_slice(tmp_path / f"{axis}.png", axis=axis, resolution=20)
        assert (tmp_path / f"{axis}.png").read_bytes().startswith(b"\x89PNG")
    for bad in ({"axis": "t"}, {"position": 7.0}, {"resolution": 1}):
        with pytest.raises(nbm.InvalidArgument) as caught:
            solution.plot_slice(tmp_path / "bad.png", **bad)
        assert caught.value.name in bad
    with pytest.raises(nbm.InvalidArgument):
        solution.plot_slice(tmp_path / "bad.nothing", resolution=4)
    with pytest.raises(nbm.FileError):
        solution.plot_slice(tmp_path / "no" / "folder.png", resolution=4)


def test_without_matplotlib_pictures_say_what_is_missing(tmp_path, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(nbm.BackendUnavailable, match="pip install") as caught:
        make_solution().plot_slice(tmp_path / "u.png", resolution=4)
    assert caught.value.backend == "matplotlib"
