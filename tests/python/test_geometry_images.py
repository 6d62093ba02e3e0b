"""Solids in voxel images."""

import numpy as np
import pytest
from scipy import ndimage

import nbm
from nbm import geometry
from nbm.geometry.filled_voxels import fractions, volume_of
from nbm.geometry.image_files import Voxels
from nbm.geometry.isosurface import isosurface, redistance
from shape_files import ball_image

pytest.importorskip("igl")


def ball(cells, kind, radius=0.6):
    distance, edge = ball_image(cells, radius)
    values = (
        (distance < radius).astype(np.uint8) if kind == "label" else np.clip(0.5 + (radius - distance) / edge, 0, 1)
    )
    return Voxels(values, np.full(3, edge), np.full(3, -1 + edge / 2))


def errors(image, radius=0.6):
    points = np.random.default_rng(0).normal(size=(4000, 3))
    points *= radius / np.linalg.norm(points, axis=1, keepdims=True)
    return np.abs(image(points))


def test_grey_images_are_second_order():
    found = []
    for cells in (16, 32):
        distance, edge = ball_image(cells)
        voxels = Voxels(1 / (1 + np.exp((distance - 0.6) / 0.2)), np.full(3, edge), np.full(3, -1 + edge / 2))
        found.append(errors(geometry.image_of(voxels, threshold=0.5)).max())
    assert found[1] < found[0] / 3
    assert found[1] < (2 / 32) ** 2


def filled(shape, cells):
    """An image of [-1, 1]^3 whose voxels hold how much of them a shape fills."""
    axis = -1 + 2 * (np.arange(4 * cells) + 0.5) / (4 * cells)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    parts = np.clip(0.5 - shape(points) * 2 * cells, 0, 1).reshape(3 * (cells, 4))
    return Voxels(parts.mean(axis=(1, 3, 5)), np.full(3, 2 / cells), np.full(3, -1 + 1 / cells))


def test_partly_filled_voxels_tell_the_surface_to_second_order_and_the_volume():
    radius, found = 0.6, []
    for cells in (16, 32):
        voxels = filled(geometry.sphere(radius=radius), cells)
        image = geometry.image_of(voxels, threshold=0.5)
        found.append(np.sqrt(np.mean(errors(image, radius) ** 2)))
        inside = volume_of(np.asarray(image.field.values), voxels.spacing)
        assert inside == pytest.approx(voxels.values.sum(), rel=3 * 0.005 / (radius * cells / 2))  # 0.005 voxels off
    assert found[1] < 0.01 * 2 / 32  # of a voxel
    assert np.log2(found[0] / found[1]) > 1.5


@pytest.mark.parametrize("kind", ["filled", "label"])
def test_volume_and_area_to_a_percent_at_thirty_two_voxels(kind):
    big, small = 0.5, 0.25  # 32 voxels are 1.5 long, the tube has ten
    shape = geometry.torus((0.01, 0.02, 0.03), big, small)
    voxels = filled(shape, 43)
    if kind == "label":
        voxels = Voxels((voxels.values > 0.5).astype(np.uint8), voxels.spacing, voxels.origin)
    image = geometry.image_of(voxels, threshold=0.5 if kind == "filled" else None)
    measured = geometry.measure(image, 42, image.box())
    assert measured.volume == pytest.approx(2 * np.pi**2 * big * small**2, rel=0.01)
    assert measured.area == pytest.approx(4 * np.pi**2 * big * small, rel=0.01)


def test_which_images_hold_how_much_of_a_voxel_is_filled():
    sharp = filled(geometry.sphere(radius=0.6), 24).values
    assert fractions(1000 + 50 * sharp, 1025) == pytest.approx(sharp, abs=1e-12)  # whatever the ends are
    unsharp = ndimage.gaussian_filter(sharp, 1.0)
    noisy = sharp + np.random.default_rng(0).normal(scale=0.05, size=sharp.shape)
    for values, threshold in ((unsharp, 0.5), (noisy, 0.5), (sharp, 0.3), (np.round(sharp), 0.5)):
        assert fractions(values, threshold) is None


def test_labels_put_the_surface_between_voxels_and_keep_the_volume():
    for cells in (16, 32):
        image = geometry.image_of(ball(cells, "label"))
        assert errors(image).max() < 0.6 * 2 / cells  # at worst half a voxel, and a little by the blur
        measured = geometry.measure(image, 64, image.box())
        voxels = (image.voxels.values > 0).sum() * image.voxels.spacing.prod()
        # Between the samples of the signed distance the surface is off by the sagitta of a voxel.
        assert measured.volume == pytest.approx(voxels, rel=3 * (2 / cells / 0.6) ** 2 / 8 + 0.005)


def test_labels_do_not_round_off_what_is_as_small_as_ten_voxels():
    def knobs(points):
        return np.linalg.norm(points, axis=1) - 0.6 - 0.1 * np.sin(12 * points + 0.3).prod(axis=1)

    box = nbm.Box((-1,) * 3, (1,) * 3)
    exact, found = geometry.measure(geometry.Shape(knobs, [-0.7] * 3, [0.7] * 3, name="knobs"), 96, box), {}
    axis = -1 + (np.arange(43) + 0.5) * 2 / 43
    centres = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    for smoothing in (None, 1.0):
        off = []
        for shift in nbm.sampling.low_discrepancy(2) * 2 / 43:  # what the voxels happen to say averages out
            labels = (knobs(centres + shift) < 0).astype(np.uint8).reshape(3 * (43,))
            voxels = Voxels(labels, np.full(3, 2 / 43), np.full(3, axis[0]))
            measured = geometry.measure(geometry.image_of(voxels, smoothing=smoothing), 64, box)
            off.append([measured.volume / exact.volume - 1, measured.area / exact.area - 1])
        found[smoothing] = np.abs(np.mean(off, axis=0))
    assert np.all(found[None] < 0.01)
    assert found[1.0][1] > 0.04


def test_what_a_gaussian_leaves_nothing_of_is_an_error():
    labels = np.zeros((9, 9, 9), dtype=np.uint8)
    labels[4, 4, 4] = 1
    for values, left in ((labels, "inside"), (1 - labels, "outside")):
        with pytest.raises(nbm.InvalidArgument, match=f"nothing {left}.*smoothing = 0"):
            geometry.image_of(values)
    assert geometry.image_of(labels, smoothing=0)([[4.5, 4.5, 4.5]]) < 0


def test_smoothing_makes_terraces_flat():
    rough, smooth = (geometry.image_of(ball(32, "label"), smoothing=s) for s in (0, 1.5))
    assert np.sqrt(np.mean(errors(smooth) ** 2)) < 0.6 * np.sqrt(np.mean(errors(rough) ** 2))


def test_anisotropic_voxels():
    distance = np.linalg.norm(
        np.stack(
            np.meshgrid(*(np.arange(n) * s - 1 for n, s in ((41, 0.05), (21, 0.1), (11, 0.2))), indexing="ij"), -1
        ),
        axis=-1,
    )
    voxels = Voxels(0.6 - distance, np.array([0.05, 0.1, 0.2]), np.full(3, -1.0))
    image = geometry.image_of(voxels, threshold=0.0)
    assert errors(image).max() < 0.2**2 / (8 * 0.6) * 2  # chords of the longest voxel edge
    assert image.box().lower == pytest.approx((-1, -1, -1))


def test_redistance_keeps_signs_and_has_slope_one():
    distance, edge = ball_image(32)
    bent = np.sinh(2 * (distance - 0.6))
    found = redistance(bent, np.full(3, edge))
    assert np.array_equal(found < 0, bent < 0)
    near = np.abs(distance - 0.6) < 3 * edge
    assert found[near] == pytest.approx((distance - 0.6)[near], abs=edge**2)
    assert found == pytest.approx(distance - 0.6, abs=edge)


def test_isosurfaces_look_outward():
    distance, edge = ball_image(24)
    vertices, faces = isosurface(distance - 0.6, np.full(3, -1 + edge / 2), np.full(3, edge))
    corners = [vertices[faces[:, i]] for i in range(3)]
    volume = np.einsum("ij,ij->", corners[0], np.cross(corners[1], corners[2])) / 6
    assert volume == pytest.approx(4 / 3 * np.pi * 0.6**3, rel=0.02)
    assert len(isosurface(np.ones((5, 5, 5)), np.zeros(3), np.ones(3))[1]) == 0


def test_files_of_every_kind(tmp_path):
    tifffile, nrrd, pyvista = (pytest.importorskip(name) for name in ("tifffile", "nrrd", "pyvista"))
    values = ball(16, "label").values
    values[2:4, 2:4, 2:6] = 1  # so that the axes differ
    np.save(tmp_path / "a.npy", values)
    tifffile.imwrite(tmp_path / "a.tif", values.transpose(2, 1, 0))
    nrrd.write(str(tmp_path / "a.nrrd"), values, {"spacings": [0.1, 0.2, 0.3]})
    grid = pyvista.ImageData(dimensions=[n + 1 for n in values.shape], spacing=(0.1, 0.2, 0.3))
    grid.cell_data["label"] = values.ravel(order="F")
    grid.save(tmp_path / "a.vti")
    plain = geometry.image_of(Voxels(values, np.array([0.1, 0.2, 0.3]), np.array([0.05, 0.1, 0.15])))
    points = np.random.default_rng(0).uniform((0, 0, 0), (1.6, 3.2, 4.8), (500, 3))
    for name in ("a.npy", "a.tif"):
        image = geometry.read(tmp_path / name, spacing=(0.1, 0.2, 0.3))
        assert image(points) == pytest.approx(plain(points))
    for name in ("a.nrrd", "a.vti"):
        assert geometry.read(tmp_path / name)(points) == pytest.approx(plain(points))
    assert "voxels of 1" in geometry.read(tmp_path / "a.npy").notes[0]


def test_labels_in_two_colours():
    values = np.zeros((24, 24, 24), dtype=np.uint8)
    values[4:20, 4:20, 4:20] = 1
    values[8:12, 8:12, 8:12] = 2
    values[14:18, 14:18, 14:18] = 3
    colours = geometry.two_colours(Voxels(values, np.ones(3), np.full(3, 0.5)))
    assert (colours.minus, colours.plus) == ((1,), (0, 2, 3))
    plus = colours.medium("plus", {0: nbm.Medium(mu=1.0), 2: nbm.Medium(mu=5.0), 3: nbm.Medium(mu=9.0)})
    assert plus.mu([[10, 10, 10], [16, 16, 16], [1, 1, 1]]) == pytest.approx([5, 9, 1])
    assert (plus.k, plus.f) == (0.0, 0.0)
    assert colours.medium("minus", {1: nbm.Medium(mu=7.0)}).mu == 7.0
    box = nbm.Box((0.5,) * 3, (23.5,) * 3)
    nbm.Problem(box, colours.shape.field, minus=nbm.Medium(mu=7.0), plus=plus)
    with pytest.raises(nbm.InvalidArgument, match="no medium for label 3"):
        colours.medium("plus", {0: nbm.Medium(), 2: nbm.Medium()})
    with pytest.raises(nbm.InvalidArgument, match="expected a number"):
        colours.medium("plus", {0: nbm.Medium(), 2: nbm.Medium(mu=nbm.symbols.x), 3: nbm.Medium()})


def test_three_labels_that_meet_need_more_than_two_sides():
    values = np.zeros((12, 12, 12), dtype=np.uint8)
    values[:, :6, 6:] = 1
    values[:, 6:, :] = 2
    with pytest.raises(nbm.InvalidArgument, match="two sides are not enough"):
        geometry.two_colours(Voxels(values, np.ones(3), np.full(3, 0.5)))
