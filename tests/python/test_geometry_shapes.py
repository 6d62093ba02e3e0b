"""Shapes by formula and their combinations, against distances that a hand can compute."""

import numpy as np
import pytest

import nbm
from nbm import geometry
from nbm.symbols import x, y, z

POINTS = np.random.default_rng(0).uniform(-2, 2, (4000, 3))
RADIUS = np.linalg.norm(POINTS, axis=1)


def test_primitives_are_distances():
    assert geometry.sphere(radius=0.7)(POINTS) == pytest.approx(RADIUS - 0.7, abs=1e-12)
    at = np.array([[2.0, 0, 0], [2, 2, 0], [0, 0, 0], [0.9, 0, 0], [0, 0, 3]])
    assert geometry.cuboid((-1, -1, -1), (1, 1, 1))(at) == pytest.approx([1, 2**0.5, -1, -0.1, 2])
    assert geometry.cylinder(radius=1, height=2, axis="x")(at) == pytest.approx([1, 2**0.5, -1, -0.1, 2])
    assert geometry.torus(radius=1, tube=0.25)(at) == pytest.approx([0.75, 8**0.5 - 1.25, 0.75, -0.15, 10**0.5 - 0.25])


def test_combinations_have_the_signs_of_sets():
    a, b = geometry.sphere(radius=1), geometry.cuboid((0, 0, 0), (2, 2, 2))
    inside_a, inside_b = a(POINTS) < 0, b(POINTS) < 0
    assert np.array_equal((a | b)(POINTS) < 0, inside_a | inside_b)
    assert np.array_equal((a & b)(POINTS) < 0, inside_a & inside_b)
    assert np.array_equal((a - b)(POINTS) < 0, inside_a & ~inside_b)
    assert np.array_equal((~a)(POINTS) > 0, inside_a)
    blended = a.blend(b, 0.3)(POINTS) < 0
    assert np.all(blended[inside_a | inside_b])
    assert blended.sum() > (inside_a | inside_b).sum()


def test_moves_turn_and_scale():
    ball = geometry.sphere(radius=0.5)
    assert ball.translate((1, 0, 0))(POINTS) == pytest.approx(np.linalg.norm(POINTS - [1, 0, 0], axis=1) - 0.5)
    assert ball.scale(3)(POINTS) == pytest.approx(RADIUS - 1.5)
    assert ball.offset(0.2)(POINTS) == pytest.approx(RADIUS - 0.7)
    assert ball.shell(0.2)(POINTS) == pytest.approx(np.abs(RADIUS - 0.5) - 0.1)
    turned = geometry.cuboid((0, 0, 0), (2, 1, 1)).rotate("z", 90)
    assert turned([[-0.5, 1.5, 0.5], [1.5, 0.5, 0.5]]) == pytest.approx([-0.5, 1.5])
    assert turned.lower == pytest.approx([-1, 0, 0])
    assert turned.upper == pytest.approx([0, 2, 1])


def test_an_array_is_the_union_of_its_copies():
    ball = geometry.sphere((-1, -1, -1), 0.3)
    copies = [ball.translate((0.7 * i, 0.8 * j, 0)) for i in range(3) for j in range(2)]
    union = np.min([copy(POINTS) for copy in copies], axis=0)
    assert ball.array((3, 2, 1), (0.7, 0.8, 1))(POINTS) == pytest.approx(union)
    with pytest.raises(nbm.InvalidArgument, match="at least the size"):
        ball.array((3, 1, 1), (0.5, 1, 1))


def test_formulas_take_symbols():
    shape = geometry.formula(x**2 + 4 * y**2 + z**2 - 1, (-1, -0.5, -1), (1, 0.5, 1))
    assert shape([[0.5, 0, 0], [0, 1, 0]]) == pytest.approx([-0.75, 3])


def test_a_shape_is_a_level_set():
    part = geometry.sphere(radius=0.5) - geometry.cylinder(radius=0.2, height=2)
    grid = part.on_grid(nbm.Box((-1, -1, -1), (1, 1, 1)), 32)
    assert grid.values.shape == (33, 33, 33)
    assert np.asarray(grid(POINTS / 2.1)) == pytest.approx(part(POINTS / 2.1), abs=0.05)  # a cell is 1/16
    nbm.Problem(grid.box, part)  # would warn where it found no interface


def test_measures_of_known_solids():
    measured = geometry.measure(geometry.torus(radius=1, tube=0.3).shell(0.1), 128)
    # A shell of thickness t about a torus: volume 4 pi^2 R r t, two surfaces of 4 pi^2 R (r -+ t/2).
    assert measured.volume == pytest.approx(4 * np.pi**2 * 0.3 * 0.1, rel=0.01)
    assert measured.area == pytest.approx(8 * np.pi**2 * 0.3, rel=0.01)
    assert (measured.pieces, measured.cavities) == (1, 1)
    # Marching cubes moves a flat wall by nothing and a curved one by h^2/8r.
    assert measured.thinnest_wall == pytest.approx(0.1, rel=0.1)
    assert measured.cells * measured.thinnest_wall / max(measured.box.edge) >= 3


def test_a_gap_is_measured():
    pair = geometry.sphere((-0.55, 0, 0), 0.5) | geometry.sphere((0.55, 0, 0), 0.5)
    measured = geometry.measure(pair, 96)
    assert measured.pieces == 2
    assert 0.1 <= measured.thinnest_gap < 0.16  # the half percent of the surface that is closest


@pytest.mark.parametrize(
    ("lower", "upper", "hint"),
    [((0, 0, 0), (0.2, 0.2, 0.2), "millimetres"), ((0, 0, 0), (0.01, 0.01, 0.01), "move or scale")],
)
def test_a_shape_that_misses_the_box_is_told(lower, upper, hint):
    part = geometry.cuboid((20, 20, 20), (120, 60, 90))
    with pytest.raises(nbm.InvalidArgument, match=hint) as caught:
        part.on_grid(nbm.Box(lower, upper))
    assert caught.value.name == "box"


def test_a_shape_smaller_than_a_cell_is_told():
    with pytest.raises(nbm.InvalidArgument, match=r"less than two cells.*metres"):
        geometry.sphere(radius=0.001).on_grid(nbm.Box(), 64)


def test_a_box_inside_of_the_shape_is_warned_of():
    with pytest.warns(nbm.NbmWarning, match="encloses"):
        geometry.sphere(radius=10).on_grid(nbm.Box(), 8)


@pytest.mark.parametrize(
    "make",
    [
        lambda: geometry.sphere(radius=-1),
        lambda: geometry.cuboid((0, 0, 0), (1, 1, -1)),
        lambda: geometry.torus(axis="w"),
        lambda: geometry.sphere().rotate((0, 0, 0), 3),
        lambda: geometry.sphere().rotate("q", 3),
        lambda: geometry.sphere().scale(0),
        lambda: geometry.sphere().translate((1, 2)),
        lambda: geometry.sphere().array((0, 1, 1), (3, 3, 3)),
        lambda: geometry.sphere() | 3,
        lambda: (~geometry.sphere()).box(),
        lambda: geometry.sphere().on_grid(cells=2),
    ],
)
def test_bad_arguments(make):
    with pytest.raises(nbm.InvalidArgument):
        make()
