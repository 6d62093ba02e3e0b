"""[geometry] in problem files, and nbm geometry inspect."""

import numpy as np
import pytest
from typer.testing import CliRunner

import nbm
from nbm import geometry
from nbm.cli import app
from nbm.toml_problem import read_problem
from shape_files import ball_image, binary_stl, icosphere

pytest.importorskip("igl")
pytest.importorskip("trimesh")

STATED = """\
[geometry]
file = "ball.stl"
scale = 0.001
cells = 24
[minus]
mu = 10
[training]
cells = 32
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ball.stl").write_bytes(binary_stl(*icosphere(500.0, 3)))  # millimetres
    return tmp_path


def write(folder, text):
    (folder / "problem.toml").write_text(text)
    return folder / "problem.toml"


def test_an_interface_from_a_file(folder):
    source = read_problem(write(folder, STATED))
    problem = source.problem()
    assert problem.box.upper == pytest.approx((0.75, 0.75, 0.75))  # a quarter of the edge more on each side
    assert problem.level_set([[0, 0, 0], [0.7, 0, 0]]) == pytest.approx([-0.5, 0.2], abs=0.02)
    assert source.options()["cell_size"] == pytest.approx(1.5 / 32)
    moved = read_problem(folder / "problem.toml", folder=folder)
    assert moved.shape().volume == pytest.approx(source.shape().volume)


def test_box_offset_and_inversion(folder):
    text = STATED.replace("cells = 24", "cells = 24\noffset = 0.1\ninvert = true") + "[box]\nlower = [-1, -1, -1]\n"
    problem = read_problem(write(folder, text)).problem()
    assert problem.box == nbm.Box()
    assert problem.level_set([[0, 0, 0], [0.9, 0, 0]]) == pytest.approx([0.6, -0.3], abs=0.02)


def test_a_known_solution_on_a_shape(folder):
    text = STATED.replace("[minus]\nmu = 10", '[manufactured]\nu_minus = "x"\nu_plus = "y"\nmu_minus = 3')
    problem = read_problem(write(folder, text)).problem()
    points = np.random.default_rng(0).normal(size=(200, 3))
    normals = points / np.linalg.norm(points, axis=1, keepdims=True)
    flux = normals[:, 1] - 3 * normals[:, 0]
    # The facets of the ball, an eighth of a radius long, are turned by up to a sixteenth against its normals.
    assert problem.jump_flux(0.5 * normals) == pytest.approx(flux, abs=(1 + 3) / 8)
    assert np.sqrt(np.mean((problem.jump_flux(0.5 * normals) - flux) ** 2)) < 0.1


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (('"ball.stl"', '"none.stl"'), 2, "cannot be read"),
        (("scale = 0.001", 'scale = "a"'), 3, "expected"),
        (("scale = 0.001", "treshold = 3"), 3, "did you mean threshold"),
        (("scale = 0.001", "threshold = 3"), 3, "is no option of a mesh"),
        (("[minus]", '[problem]\nlevel_set = "x"\n[minus]'), None, "not both"),
    ],
)
def test_what_is_wrong_has_its_line(folder, change, line, words):
    with pytest.raises(nbm.ProblemFileError, match=words) as caught:
        read_problem(write(folder, STATED.replace(*change))).problem()
    if line is not None:
        assert caught.value.line == line


def test_millimetres_for_metres_are_told(folder):
    text = STATED.replace("scale = 0.001\n", "translate = [600, 0, 0]\n") + "[box]\nlower = [-1, -1, -1]\n"
    with pytest.raises(nbm.ProblemFileError, match="millimetres"):
        read_problem(write(folder, text)).problem()


def test_inspect_says_what_is_there_and_draws_it(folder):
    arguments = [str(folder / "ball.stl"), "--scale", "0.001", "--cells", "24", "--picture", str(folder / "ball.png")]
    run = CliRunner().invoke(app, ["geometry", "inspect", *arguments])
    assert run.exit_code == 0, run.output
    volume = next(float(line.split()[1]) for line in run.output.splitlines() if line.startswith("volume"))
    # Facets and marching cubes on cells of a ninth of the radius: 1 % each.
    assert volume == pytest.approx(4 / 3 * np.pi * 0.5**3, rel=0.03)
    for word in ("bounds", "area", "pieces      1", "thinnest", "box", "cells"):
        assert word in run.output
    assert (folder / "ball.png").read_bytes().startswith(b"\x89PNG")


def test_inspect_of_an_image_and_its_errors(folder):
    np.save(folder / "ct.npy", ball_image(16)[0] < 0.6)
    arguments = ["geometry", "inspect", str(folder / "ct.npy"), "--cells", "16", "--picture", str(folder / "a.png")]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 0, run.output
    assert "voxels of 1 are assumed" in run.output
    run = CliRunner().invoke(app, [*arguments, "--threshold", "5"])
    assert run.exit_code == 2
    assert "threshold: got 5" in run.output


def test_shapes_are_read_by_their_endings(tmp_path):
    (tmp_path / "a.pqr").write_text("ATOM 1 N ALA 1 0 0 0 1 2\n")
    assert isinstance(geometry.read(tmp_path / "a.pqr"), geometry.Molecule)
    with pytest.raises(nbm.InvalidArgument, match="is no option of a molecule"):
        geometry.read(tmp_path / "a.pqr", threshold=1)
