"""Solids inside of meshes: distances, signs, what is mended."""

import gzip

import numpy as np
import pytest

import nbm
from nbm import geometry
from shape_files import binary_stl, icosphere, text_obj, text_ply

pytest.importorskip("igl")
pytest.importorskip("trimesh")
POINTS = np.random.default_rng(1).uniform(-1.5, 1.5, (5000, 3))
RADIUS = np.linalg.norm(POINTS, axis=1)


def plain_distance(vertices, faces, points):
    """The distance to triangles the slow way: the closest of densely spread points of each, so an upper bound."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    n = 24
    weights = np.array([(i, j, n - i - j) for i in range(n + 1) for j in range(n + 1 - i)]) / n
    spread = np.einsum("wk,kfa->fwa", weights, np.stack([a, b, c])).reshape(-1, 3)
    return np.array([np.linalg.norm(spread - p, axis=1).min() for p in points])


def test_the_distance_is_exact_and_signed():
    vertices, faces = icosphere(0.8, 1)
    mesh = geometry.Mesh(vertices, faces)
    slow = plain_distance(vertices, faces, POINTS[:200])
    size = 0.8 / 24  # of the spread points, of triangles shorter than 0.8
    found = np.abs(mesh(POINTS[:200]))
    assert np.all(found <= slow + 1e-12)
    assert np.all(slow <= np.sqrt(found**2 + size**2))
    assert np.all(mesh(POINTS)[RADIUS > 0.8] > 0)
    assert np.all(mesh(POINTS)[RADIUS < 0.7] < 0)
    assert mesh.notes == ()


def test_volume_and_area_are_those_of_the_triangles():
    mesh = geometry.Mesh(*icosphere(1.0, 4))
    assert mesh.volume == pytest.approx(4 / 3 * np.pi, rel=0.01)
    assert mesh.area == pytest.approx(4 * np.pi, rel=0.01)


def test_what_is_turned_listed_twice_or_without_area_is_mended():
    vertices, faces = icosphere(1.0, 3)
    whole = geometry.Mesh(vertices, faces)(POINTS)
    random = np.random.default_rng(2)
    broken = faces.copy()
    turned = random.choice(len(faces), 60, replace=False)
    broken[turned] = broken[turned][:, ::-1]
    broken = np.concatenate([broken, broken[:30], faces[:5, [0, 0, 1]]])
    broken = np.concatenate([broken, [[0, 1, 2], [2, 1, 0]]])  # a fin that encloses nothing
    mesh = geometry.Mesh(vertices, broken)
    assert mesh(POINTS) == pytest.approx(whole)
    assert any("60 triangles turned round" in note for note in mesh.notes)
    assert any("30 triangles listed more than once" in note for note in mesh.notes)
    assert any("1 pairs of triangles" in note for note in mesh.notes)
    assert any("5 triangles without area" in note for note in mesh.notes)


def test_a_mesh_inside_out_is_turned():
    vertices, faces = icosphere()
    mesh = geometry.Mesh(vertices, faces[:, ::-1])
    assert mesh([[0, 0, 0]])[0] < 0
    assert any("inside out" in note for note in mesh.notes)


def test_cavities_stay_cavities():
    outer, inner = icosphere(1.0), icosphere(0.5)
    vertices = np.concatenate([outer[0], inner[0]])
    faces = np.concatenate([outer[1], inner[1][:, ::-1] + len(outer[0])])
    inside = geometry.Mesh(vertices, faces)([[0, 0, 0], [0.75, 0, 0], [2, 0, 0]]) < 0
    assert inside.tolist() == [False, True, False]


def test_parts_that_overlap_are_one_solid():
    vertices, faces = icosphere()
    both = np.concatenate([vertices, vertices + np.array([0.7, 0, 0])])
    mesh = geometry.Mesh(both, np.concatenate([faces, faces + len(vertices)]))
    true = np.minimum(RADIUS, np.linalg.norm(POINTS - [0.7, 0, 0], axis=1)) - 1
    clear = np.abs(true) > 0.02  # the facets lie up to 0.008 inside of the spheres
    assert np.array_equal(mesh.is_inside(POINTS)[clear], true[clear] < 0)


def test_the_sign_bears_missing_triangles():
    vertices, faces = icosphere(1.0, 4)
    closed = geometry.Mesh(vertices, faces)
    missing = np.random.default_rng(3).choice(len(faces), len(faces) // 100, replace=False)
    holey = geometry.Mesh(vertices, np.delete(faces, missing, axis=0))
    assert np.array_equal(holey.is_inside(POINTS), closed.is_inside(POINTS))
    assert any("holes of 1" in note for note in holey.notes)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("ball.stl", binary_stl),
        ("ball.ply", text_ply),
        ("ball.obj", text_obj),
        ("ball.PLY.gz", lambda v, f: gzip.compress(text_ply(v, f))),
    ],
)
def test_files_of_every_kind(tmp_path, name, write):
    vertices, faces = icosphere(2.0, 2)
    (tmp_path / name).write_bytes(write(vertices, faces))
    mesh = geometry.read(tmp_path / name, scale=0.5, translate=(1, 0, 0))
    assert len(mesh.faces) == len(faces)
    assert len(mesh.vertices) == len(vertices)
    inside = mesh([[1, 0, 0], [1.8, 0, 0], [0, 0, 1]]) < 0
    assert inside.tolist() == [True, True, False]


def test_arrays_of_other_shapes_are_refused():
    vertices, faces = icosphere()
    for bad in ((vertices[:, :2], faces), (vertices, faces[:0]), (vertices[:5], faces), (vertices * np.nan, faces)):
        with pytest.raises(nbm.InvalidArgument):
            geometry.Mesh(*bad)
